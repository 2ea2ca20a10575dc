"""Makes the prior of a model from its text."""

from vae_tf.priors.flow import FlowPrior
from vae_tf.priors.learned import LearnedPrior
from vae_tf.priors.mixture import MixturePrior
from vae_tf.priors.texts import read_prior
from vae_tf.priors.vamp import VampPriorOfEncoder
from vae_tf.process.errors import UserError


def make_prior(text: str, encoder, seed: int) -> LearnedPrior | None:
    """Makes the prior of a model.

    Args:
        text: Text of a prior, see `texts`.
        encoder: Encoder of the model.
        seed: Seed of the prior's weights.

    Returns:
        The prior; None for N(0, I), which has no weights.

    Raises:
        UserError: If the text is not a prior, or the encoder does not fit.
    """
    name, options = read_prior(text)
    size = encoder.output_shape[0][-1]
    if name == "flow":
        return FlowPrior(size, seed=seed, name="flow_prior", **options)
    if name == "mixture":
        return MixturePrior(size, seed=seed, name="mixture_prior", **options)
    if name == "vamp":
        shape = tuple(encoder.input_shape[1:])
        if len(shape) == 1:
            raise UserError(
                f"The prior vamp learns pseudo-images. Received: vectors of {shape[0]}. Choose the "
                f"prior flow or mixture."
            )
        return VampPriorOfEncoder(shape, seed=seed, name="vamp_prior", **options)
    return None
