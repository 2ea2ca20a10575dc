"""Whether a training is likely to begin on a plateau, known before its first step.

On a plateau the decoder draws the mean image whatever the code. Runs of 1,000 steps from 24 starts
(experiments/starts.csv) stayed there where two things came together: the decoder began far from the
mean image, and its output hardly depended on the code. Both limits below apply to 6 starts: 3 never
 left the plateau and 3 took 150 to 490 steps. The other 18 left it within 220 steps.
"""

import numpy as np

from vae_tf.data.image_set import ImageSet
from vae_tf.models.template.generative_model import GenerativeModel

_FAR = 3.0  # times the loss of the mean image at which the decoder begins
_HARDLY = 0.3  # standard deviation of a logit over codes
_NUM_IMAGES = 256


def plateau_advice(model: GenerativeModel, images: ImageSet) -> str | None:
    """A warning for a start from which training may stay on a plateau; None for other starts.

    Args:
        model: The model before its first step. Models that are given labels are not judged.
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
        f"depends on the code (standard deviation {stddev:.2g}). The mean image costs "
        f"{mean_image:,.0f} nats: training may stay there for hundreds of steps. Begin at the "
        f"mean image: output_bias=mean. A decoder of your own begins there by the biases of its "
        f"last layer."
    )
