"""Reads likelihoods as they are written in `params.py`: names and their options."""

from vae_tf.probability.likelihoods.layout import read_layout
from vae_tf.process.errors import UserError, shown, unknown
from vae_tf.process.numbers import is_number, is_whole
from vae_tf.process.texts.literals import Call, read

BETA_BINOMIAL = "beta_binomial"
MIXTURE = "mixture_logistics"
NAMES = (
    *("bernoulli", BETA_BINOMIAL, "continuous_bernoulli", "discretized_logistic"),
    *("gaussian", "laplace", MIXTURE),
)
TABLE = "table"  # of the columns of a table, see layout.py; the data set fills them in
_WORDS = ("learned", "optimal")
_LEAST, _MOST = 1e-3, 1e3  # standard deviations, of pixels in [0, 1]
_COMPONENTS, _MOST_COMPONENTS = 10, 100  # of a mixture; 10 in the paper


def read_likelihood(text: str) -> tuple[str, float | str | None]:
    """Reads a likelihood.

    Args:
        text: One of `NAMES`, or gaussian with a standard deviation: "gaussian(stddev=0.1)",
            "gaussian(stddev=learned)", "gaussian(stddev=optimal)"; or mixture_logistics with a
            number of components, 10 by default: "mixture_logistics(components=5)"; or "table", with
            or without its columns, see `layout`.

    Returns:
        The name, and its option: the standard deviation, which is a number, "learned", "optimal",
        or None for the default; or the number of components.

    Raises:
        UserError: If it cannot be read, is unknown, or an option is impossible.

    Example:
        >>> read_likelihood("gaussian(stddev=0.1)"), read_likelihood("gaussian(stddev=learned)")
        (('gaussian', 0.1), ('gaussian', 'learned'))
    """
    if not isinstance(text, str):
        raise UserError(f"`likelihood` must be text, such as gaussian. Received: {shown(text)}")
    name = text.strip()
    if name == TABLE or name.startswith(f"{TABLE}("):
        if name != TABLE:
            read_layout(name)
        return TABLE, None
    for word in _WORDS:
        if name.replace(" ", "") == f"gaussian(stddev={word})":
            return "gaussian", word
    if "(" in name:
        return _with_option(text, name)
    if name not in NAMES:
        raise unknown("likelihood", name, (*NAMES, TABLE))
    return name, _COMPONENTS if name == MIXTURE else None


def _with_option(text: str, name: str) -> tuple[str, float]:
    try:
        call = read(name)
    except ValueError:
        call = None
    options = call.keywords if isinstance(call, Call) and not call.arguments else {}
    if call and call.name == "gaussian" and set(options) == {"stddev"}:
        stddev = options["stddev"]
        if not (is_number(stddev) and _LEAST <= stddev <= _MOST):
            raise UserError(
                f"`stddev` of the likelihood must be a number from {_LEAST} to {_MOST:g}, learned "
                f"or optimal. Received: stddev={shown(stddev)}"
            )
        return call.name, stddev
    if call and call.name == MIXTURE and set(options) == {"components"}:
        components = options["components"]
        if not is_whole(components, 1, _MOST_COMPONENTS):
            raise UserError(
                f"`components` of the likelihood must be a whole number from 1 to "
                f"{_MOST_COMPONENTS}. Received: components={shown(components)}"
            )
        return call.name, components
    raise UserError(
        f"`likelihood` is a name, gaussian(stddev=...) with a number, learned or optimal, or "
        f"{MIXTURE}(components=...) with a whole number. Received: likelihood={shown(text)}"
    )
