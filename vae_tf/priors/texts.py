"""Reads priors as they are written in `params.py`: names, and sizes of what is learned."""

from vae_tf.process.errors import UserError, shown, unknown
from vae_tf.process.numbers import is_whole
from vae_tf.process.texts.literals import Call, read

# Name -> its options and their defaults. 500 pseudo-images are from Tomczak & Welling 2018.
OPTIONS: dict[str, dict[str, int]] = {
    "normal": {},
    "flow": {"couplings": 6, "hidden_size": 64},
    "mixture": {"components": 10},
    "vamp": {"pseudo_images": 500},
}
_MOST = 100_000


def read_prior(text: str) -> tuple[str, dict[str, int]]:
    """Reads a prior.

    Args:
        text: normal, flow, mixture or vamp. All except normal may have sizes, such as
            "flow(couplings=8, hidden_size=128)", "mixture(components=20)",
            "vamp(pseudo_images=100)".

    Returns:
        The name, and all its options.

    Raises:
        UserError: If the text cannot be read, the prior is unknown, or a size is out of range.

    Example:
        >>> read_prior("normal"), read_prior("flow(couplings=8)")
        (('normal', {}), ('flow', {'couplings': 8, 'hidden_size': 64}))
    """
    if not isinstance(text, str):
        raise UserError(f"`prior` must be text, such as flow. Received: {shown(text)}")
    call = _call(text) if "(" in text else Call(text.strip(), [], {})
    if call.name not in OPTIONS:
        raise unknown("prior", call.name, OPTIONS)
    options = dict(OPTIONS[call.name])
    for name, value in call.keywords.items():
        if name not in OPTIONS[call.name]:
            raise unknown(f"option of the prior {call.name}", name, OPTIONS[call.name])
        if not (isinstance(value, int) and is_whole(value, 1, _MOST)):
            raise UserError(
                f"`{name}` of the prior must be a whole number from 1 to {_MOST:,}. "
                f"Received: {name}={shown(value)}"
            )
        options[name] = value
    return call.name, options


def _call(text: str) -> Call:
    try:
        call = read(text)
    except ValueError:
        call = None
    if not isinstance(call, Call) or call.arguments:
        raise UserError(
            f"`prior` is a name, or a name with sizes such as flow(couplings=8). "
            f"Received: prior={shown(text)}"
        )
    return call
