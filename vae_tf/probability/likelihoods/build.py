"""Makes a likelihood from its text."""

import keras

from vae_tf.probability.likelihoods.bernoulli import Bernoulli
from vae_tf.probability.likelihoods.beta_binomial import BetaBinomial
from vae_tf.probability.likelihoods.continuous_bernoulli import ContinuousBernoulli
from vae_tf.probability.likelihoods.discretized_logistic import DiscretizedLogistic
from vae_tf.probability.likelihoods.gaussian import Gaussian, LearnedGaussian, OptimalGaussian
from vae_tf.probability.likelihoods.laplace import Laplace
from vae_tf.probability.likelihoods.layout import read_layout
from vae_tf.probability.likelihoods.likelihood import Centered, Likelihood
from vae_tf.probability.likelihoods.mixture_logistics import MixtureLogistics
from vae_tf.probability.likelihoods.table import TableLikelihood
from vae_tf.probability.likelihoods.texts import BETA_BINOMIAL, MIXTURE, TABLE, read_likelihood
from vae_tf.process.errors import UserError

# Text -> class; `Gaussian` and `MixtureLogistics` also take a number.
LIKELIHOODS = {
    "bernoulli": Bernoulli,
    BETA_BINOMIAL: BetaBinomial,
    "continuous_bernoulli": ContinuousBernoulli,
    "discretized_logistic": DiscretizedLogistic,
    "gaussian": Gaussian,
    "gaussian(stddev=learned)": LearnedGaussian,
    "gaussian(stddev=optimal)": OptimalGaussian,
    "laplace": Laplace,
    MIXTURE: MixtureLogistics,
}


def make_likelihood(text: str, model: keras.Model) -> Likelihood:
    """Makes a likelihood from its text.

    Args:
        text: Text of a likelihood, such as "gaussian(stddev=0.1)", see `texts.py`.
        model: Model that stores the likelihood's weights, and has the `image_shape`. For vectors,
            the mean of a Gaussian or Laplace likelihood may be any real number.

    Raises:
        UserError: If the likelihood is unknown, or an option is out of range.
    """
    name, option = read_likelihood(text)
    if name == TABLE:
        return _of_table(text.strip(), model)
    if isinstance(option, str):
        likelihood = LIKELIHOODS[f"{name}(stddev={option})"](model)
    else:
        options = () if option is None else (option,)
        likelihood = LIKELIHOODS[name](model, *options)
    if isinstance(likelihood, Centered):
        likelihood.unit = len(getattr(model, "image_shape", ())) != 1
    return likelihood


def _of_table(text: str, model: keras.Model) -> Likelihood:
    if text == TABLE:
        raise UserError(
            "The likelihood 'table' takes its columns from a table. Received: other data. Set "
            "dataset=table:FILE.csv, name the columns, such as table(numeric=3), or choose another "
            "likelihood, such as gaussian(stddev=learned)."
        )
    return TableLikelihood(model, read_layout(text))
