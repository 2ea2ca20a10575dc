"""The file of compressed images: a header that says what they need, the bits, a checksum of all.

8 bytes   signature              n bytes   header, JSON
4 bytes   n, little-endian       the rest  words of 32 bits, little-endian, but the last
                                 32 bytes  SHA-256 of all before

A file of another format, of another model or with a damage is refused.
"""

import hashlib
import json

import numpy as np

from vae_tf.process.errors import UserError
from vae_tf.process.files.reading import parse_json, require_fields

_SIGNATURE = b"vae_tf\x1a1"  # the last character is the format's number
_DIGEST = 32
_FIELDS = {
    "num_images": int,
    "num_bits": int,
    "initial_bits": int,
    "model": str,
    "run": str,
    "images": str,
    "versions": dict,
}


def pack(header: dict, words: np.ndarray) -> bytes:
    """Makes a file.

    Args:
        header: Values by the names of `_FIELDS`.
        words: `[n]` uint32.
    """
    text = json.dumps(header).encode()
    start = _SIGNATURE + len(text).to_bytes(4, "little") + text
    content = start + words.astype("<u4").tobytes()
    return content + hashlib.sha256(content).digest()


def unpack(content: bytes) -> tuple[dict, np.ndarray]:
    """Reads a file.

    Returns:
        Header and words.

    Raises:
        UserError: If it is none of this package, or was damaged.
    """
    content = bytes(content)
    if not content.startswith(_SIGNATURE[:-1]):
        raise UserError(
            "These are no images compressed by vae_tf: the signature at their beginning is "
            "missing. Give what run.compress or vae-compress made."
        )
    if not content.startswith(_SIGNATURE):
        raise UserError(
            "These images were compressed in another format, by another version of vae_tf. "
            "Decompress them with that version."
        )
    body = content[:-_DIGEST]
    if hashlib.sha256(body).digest() != content[-_DIGEST:]:
        raise UserError(
            "The compressed images are damaged or cut off: their checksum differs. Get the file "
            "again; of a damaged one nothing can be restored."
        )
    start = len(_SIGNATURE) + 4
    end = start + int.from_bytes(body[start - 4 : start], "little")
    header = require_fields(parse_json(body[start:end].decode()), _FIELDS)
    return header, np.frombuffer(body[end:], "<u4").astype(np.uint32)
