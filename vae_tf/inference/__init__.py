"""Inference without the encoder: codes and posteriors by gradient descent through the decoder.

inversion.py   codes of images          gap.py          what the encoder's posteriors lose
descent.py     Adam, row by row         imputation.py   missing values
"""

from vae_tf.inference.gap import InferenceGap, inference_gap
from vae_tf.inference.imputation import Imputation, impute
from vae_tf.inference.inversion import Inversion, invert

__all__ = ["Imputation", "InferenceGap", "Inversion", "impute", "inference_gap", "invert"]
