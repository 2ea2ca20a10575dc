"""The entropy coder as a stack of bits: asymmetric numeral systems, by the package constriction.

Reference:
    Duda, "Asymmetric Numeral Systems: Entropy Coding Combining Speed of Huffman Coding with
    Compression Rate of Arithmetic Coding", 2013. https://arxiv.org/abs/1311.2540
"""

import functools
import hashlib

import numpy as np

from vae_tf.process.errors import UserError

_BITS_A_SYMBOL = 24  # at most, as a probability is at least 2^-24


class Stack:
    """Bits on which symbols are pushed, and from which they are popped in reverse.

    It begins with bits that look random. Popping from them is how bits-back coding draws its first
    sample; they are made anew where the stack is read, so those that nothing touched are not kept.

    Args:
        symbols: Number of symbols that may be popped before any is pushed.
        words: Result of `to_words`, None for the beginning.

    Raises:
        UserError: If the package constriction is missing.
        ValueError: If the words are none that `to_words` gives.
    """

    def __init__(self, symbols: int, words: np.ndarray | None = None):
        self._initial = _initial_words(symbols * _BITS_A_SYMBOL // 32 + 2)
        if words is None:
            words = self._initial
        else:
            kept = int(words[0]) if len(words) else len(self._initial) + 1
            if kept > len(self._initial):
                raise ValueError("more initial words are named than there are")
            words = np.concatenate([self._initial[:kept], words[1:]])
        self._coder = coders().stream.stack.AnsCoder(words)

    @property
    def num_bits(self) -> int:
        """Bits on the stack, the initial ones among them."""
        return self._coder.num_valid_bits()

    @property
    def is_initial(self) -> bool:
        """Whether exactly the initial bits are on the stack."""
        return np.array_equal(self._coder.get_compressed(), self._initial)

    @property
    def is_empty(self) -> bool:
        """Whether nothing is left, not even the initial bits."""
        return self._coder.is_empty()

    def push(self, symbols, *model):
        """Pushes a symbol of a distribution, or an array of some of a family; see constriction."""
        self._coder.encode_reverse(symbols, *model)

    def pop(self, *model):
        """Pops what `push` with the same distribution pushed."""
        return self._coder.decode(*model)

    def to_words(self) -> np.ndarray:
        """The bits as `[n]` uint32: how many initial words are untouched, and all others."""
        words = self._coder.get_compressed()
        shared = min(len(words), len(self._initial))
        kept = np.argmin(np.append(words[:shared] == self._initial[:shared], False))
        return np.concatenate([[np.uint32(kept)], words[kept:]]).astype(np.uint32)


@functools.cache
def coders():
    """The package constriction.

    Raises:
        UserError: If it is missing.
    """
    try:
        import constriction
    except ModuleNotFoundError:
        raise UserError(
            "Compression needs the package 'constriction', which is missing. Install it: "
            'pip install "vae_tf[compression]"'
        ) from None
    return constriction


def _initial_words(count: int) -> np.ndarray:
    blocks = (hashlib.sha256(b"initial bits %d" % i).digest() for i in range(-(-count // 8)))
    words = np.frombuffer(b"".join(blocks), "<u4")[:count].astype(np.uint32)
    words[-1] |= np.uint32(1 << 31)  # the coder takes no last word of 0
    return words
