"""Likelihoods as they are written in `params.py`: names, and Gaussians of a standard deviation."""

from vae_tf.probability.likelihoods.layout import read_layout
from vae_tf.process.errors import UserError, shown, unknown
from vae_tf.process.numbers import is_number
from vae_tf.process.texts.literals import Call, read

NAMES = ("bernoulli", "continuous_bernoulli", "discretized_logistic", "gaussian", "laplace")
TABLE = "table"  # of the columns of a table, see layout.py; the data set fills them in
_WORDS = ("learned", "optimal")
_LEAST, _MOST = 1e-3, 1e3  # standard deviations, of pixels in [0, 1]


def read_likelihood(text: str) -> tuple[str, float | str | None]:
    """Reads a likelihood.

    Args:
        text: One of `NAMES`, or gaussian with a standard deviation: "gaussian(stddev=0.1)",
            "gaussian(stddev=learned)", "gaussian(stddev=optimal)"; "table", with the columns or
            without, see `layout`.

    Returns:
        The name, and the standard deviation: a number, "learned", "optimal", or None for the
        default.

    Raises:
        UserError: If it cannot be read, is unknown, or the standard deviation is impossible.

    Example:
        >>> read_likelihood("gaussian(stddev=0.1)"), read_likelihood("gaussian(stddev=learned)")
        (('gaussian', 0.1), ('gaussian', 'learned'))
    """
    if not isinstance(text, str):
        raise UserError(f"`likelihood` must be text, such as gaussian. Received: {shown(text)}")
    name, stddev = text.strip(), None
    if name == TABLE or name.startswith(f"{TABLE}("):
        if name != TABLE:
            read_layout(name)
        return TABLE, None
    for word in _WORDS:
        if name.replace(" ", "") == f"gaussian(stddev={word})":
            return "gaussian", word
    if "(" in name:
        try:
            call = read(name)
        except ValueError:
            call = None
        known = isinstance(call, Call) and not call.arguments and set(call.keywords) == {"stddev"}
        if not known or call.name != "gaussian":
            raise UserError(
                f"`likelihood` is a name, or gaussian(stddev=...) with a number, learned or "
                f"optimal. Received: likelihood={shown(text)}"
            )
        name, stddev = call.name, call.keywords["stddev"]
        if not (is_number(stddev) and _LEAST <= stddev <= _MOST):
            raise UserError(
                f"`stddev` of the likelihood must be a number from {_LEAST} to {_MOST:g}, learned "
                f"or optimal. Received: stddev={shown(stddev)}"
            )
    if name not in NAMES:
        raise unknown("likelihood", name, (*NAMES, TABLE))
    return name, stddev
