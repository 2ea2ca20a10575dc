"""Makes a likelihood from its text."""

import keras

from vae_tf.probability.likelihoods.bernoulli import Bernoulli
from vae_tf.probability.likelihoods.continuous_bernoulli import ContinuousBernoulli
from vae_tf.probability.likelihoods.discretized_logistic import DiscretizedLogistic
from vae_tf.probability.likelihoods.gaussian import Gaussian, LearnedGaussian, OptimalGaussian
from vae_tf.probability.likelihoods.laplace import Laplace
from vae_tf.probability.likelihoods.layout import read_layout
from vae_tf.probability.likelihoods.likelihood import Centered, Likelihood
from vae_tf.probability.likelihoods.table import TableLikelihood
from vae_tf.probability.likelihoods.texts import TABLE, read_likelihood
from vae_tf.process.errors import UserError

# Text -> class; another number as standard deviation makes a `Gaussian`, too.
LIKELIHOODS = {
    "bernoulli": Bernoulli,
    "continuous_bernoulli": ContinuousBernoulli,
    "discretized_logistic": DiscretizedLogistic,
    "gaussian": Gaussian,
    "gaussian(stddev=learned)": LearnedGaussian,
    "gaussian(stddev=optimal)": OptimalGaussian,
    "laplace": Laplace,
}


def make_likelihood(text: str, model: keras.Model) -> Likelihood:
    """Makes a likelihood from its text.

    Args:
        text: Text of a likelihood, such as "gaussian(stddev=0.1)", see `texts.py`.
        model: Model that keeps the weights of those that have some; where it works on vectors, by
            its `image_shape`, a Gaussian or a Laplace distribution is around any real numbers.

    Raises:
        UserError: If it is unknown, or its standard deviation is impossible.
    """
    name, stddev = read_likelihood(text)
    if name == TABLE:
        return _of_table(text.strip(), model)
    if isinstance(stddev, str):
        likelihood = LIKELIHOODS[f"{name}(stddev={stddev})"](model)
    else:
        likelihood = Gaussian(model, stddev) if stddev is not None else LIKELIHOODS[name](model)
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
