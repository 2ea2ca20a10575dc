"""Predict, before the first step, whether a training is likely to begin on a plateau.

On a plateau the decoder draws the mean image for every code. In runs of 1,000 steps from 24 starts
(experiments/starts.csv), two conditions together caused a long plateau: the decoder began far from
the mean image, and its output hardly depended on the code. Both limits below apply to 6 starts: 3
never left the plateau, and 3 took 150 to 490 steps. The other 18 starts left it within 220 steps.
"""

import numpy as np

from vae_tf.data.image_set import ImageSet
from vae_tf.models.template.generative_model import GenerativeModel

_FAR = 3.0  # limit of the initial reconstruction, divided by the reconstruction of the mean image
_HARDLY = 0.3  # standard deviation of a logit over codes
_NUM_IMAGES = 256


def plateau_advice(model: GenerativeModel, images: ImageSet) -> str | None:
    """Return a warning if training may begin on a plateau, else None.

    Args:
        model: The model before its first step. For a model that is given labels, the result is
            None.
        images: The training images.
    """
    if model.conditional:
        return None
    x = images.images(images.evenly_spaced(_NUM_IMAGES))
    mean_image = float(model.likelihood.collapsed(x).mean())
    z = model.sample_prior(len(x), np.random.default_rng(0))
    logits = model.render(z, {"image": x}, False)
    stddev = float(np.sqrt(np.var(logits, axis=0, dtype=np.float64).mean()))
    begins = float(np.mean(model.likelihood.reconstruction(x, logits)[0]))
    if not 0 < mean_image < begins / _FAR or stddev >= _HARDLY:
        return None
    return (
        f"Warning: the decoder begins at {begins:,.0f} nats per image, and its output hardly "
        f"depends on the code (standard deviation {stddev:.2g}). The mean image has "
        f"{mean_image:,.0f} nats: training may stay there for hundreds of steps. Begin at the "
        f"mean image: output_bias=mean. In your own decoder, set the biases of the last layer."
    )
