"""Networks as texts in `params.py`: the name of a kind, and sizes and options of it.

    encoder="residual(32, 64, 128)"     whole numbers in the order of the network, image inwards for
                                        an encoder, outwards for a decoder
    decoder="residual(128, 64, 32)"     options have names: kind(sizes, option=5)

A kind is a row of `KINDS` and a file of its name in this folder, which builds the networks:
`build_trunk(text, image_shape, activation, weights)`, an encoder without its heads, and
`build_decoder(text, image_shape, latent_size, activation, weights)`, where it has these.
"""

import importlib
from collections.abc import Mapping
from types import ModuleType
from typing import NamedTuple

from vae_tf.process.errors import UserError, shown, unknown
from vae_tf.process.numbers import is_whole
from vae_tf.process.texts.literals import Call, read

_MOST = 100_000
_MOST_SIZES = 20


class Kind(NamedTuple):
    """Options that the text of a kind may have.

    Attributes:
        networks: Networks that may be of this kind: "encoder", "decoder".
        example: Text for messages.
        sized: Whether it has sizes, at least one; else none.
        options: Names and defaults of its options, whole numbers.
        least: Least values of options; 1 for others.
        odd: Options that must be odd.
        wraps: Whether it is built around the mirror of the encoder, by no `build_decoder`.
    """

    networks: tuple[str, ...]
    example: str
    sized: bool = False
    options: Mapping[str, int] = {}
    least: Mapping[str, int] = {}
    odd: tuple[str, ...] = ()
    wraps: bool = False


KINDS: dict[str, Kind] = {
    "residual": Kind(("encoder", "decoder"), "residual(32, 64, 128)", sized=True),
    "pixel_cnn": Kind(
        ("decoder",),
        "pixel_cnn(layers=4, filters=32, kernel=5)",
        options={"layers": 4, "filters": 32, "kernel": 5},
        least={"layers": 0},
        odd=("kernel",),
        wraps=True,
    ),
}


class NetworkText(NamedTuple):
    """A text that was read.

    Attributes:
        kind: Name of a row of `KINDS`.
        sizes: Whole numbers of at least 1.
        options: All options of the kind.
    """

    kind: str
    sizes: tuple[int, ...]
    options: dict[str, int]

    def __str__(self):
        options = [f"{name}={value}" for name, value in self.options.items()]
        return f"{self.kind}({', '.join([*map(str, self.sizes), *options])})"

    @property
    def wraps(self) -> bool:
        """Whether the kind is built around the mirror of the encoder."""
        return KINDS[self.kind].wraps

    @property
    def builders(self) -> ModuleType:
        """The module that builds networks of this kind."""
        package = __name__.rpartition(".")[0]
        return importlib.import_module(f"{package}.{self.kind}")


def read_network(text: str, name: str) -> NetworkText:
    """Reads the text of a network.

    Args:
        text: Name of a kind, with sizes and options in parentheses.
        name: "encoder" or "decoder".

    Raises:
        UserError: If it cannot be read, the kind is unknown, or a size or an option is impossible.

    Example:
        >>> read_network("residual(32, 64)", "encoder")
        NetworkText(kind='residual', sizes=(32, 64), options={})
    """
    call = _call(text, name)
    kinds = {key: kind for key, kind in KINDS.items() if name in kind.networks}
    if call.name not in kinds:
        raise unknown(f"kind of {name}", call.name, kinds)
    kind = kinds[call.name]
    options = dict(kind.options)
    for option, value in call.keywords.items():
        if option not in options:
            raise unknown(f"option of {call.name}", option, options)
        options[option] = value  # type: ignore[assignment]
    for option, value in options.items():
        _check_option(kind, option, value, text)
    fits = all(is_whole(number, 1, _MOST) for number in call.arguments)
    count = len(call.arguments)
    if not fits or not (1 <= count <= _MOST_SIZES if kind.sized else count == 0):
        raise UserError(
            f"`{name}` of this kind is written {kind.example}, with whole numbers from 1 to "
            f"{_MOST:,}. Received: {name}={shown(text)}"
        )
    return NetworkText(call.name, tuple(call.arguments), options)


def _check_option(kind: Kind, option: str, value, text: str):
    least, odd = kind.least.get(option, 1), option in kind.odd
    if not is_whole(value, least, _MOST) or (odd and value % 2 == 0):
        what = "an odd number" if odd else "a whole number"
        raise UserError(
            f"`{option}` in {kind.example} must be {what} from {least} to {_MOST:,}. "
            f"Received: {option}={shown(value)}"
        )


def _call(text: str, name: str) -> Call:
    try:
        call = read(text) if "(" in text else Call(text.strip(), [], {})
    except ValueError:
        call = None
    if not isinstance(call, Call) or not call.name.isidentifier():
        raise UserError(
            f"`{name}` is a list of layers, or the text of a kind such as residual(32, 64, 128). "
            f"Received: {name}={shown(text)}"
        )
    return call


def mirrored_text(encoder: str) -> str:
    """Text of the decoder that goes the way of an encoder back.

    Example:
        >>> mirrored_text("residual(32, 64)")
        'residual(64, 32)'
    """
    text = read_network(encoder, "encoder")
    return str(text._replace(sizes=text.sizes[::-1]))
