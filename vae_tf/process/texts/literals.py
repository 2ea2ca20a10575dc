"""Values and calls as users write them: read, never evaluated."""

import ast
from typing import NamedTuple

from vae_tf.process.errors import UserError, shown

_MOST_CHARACTERS = 10_000

# All that Python's parser raises for odd text.
_UNREADABLE = (SyntaxError, ValueError, TypeError, MemoryError, RecursionError)


class Call(NamedTuple):
    """A call that was read: its arguments are values or calls."""

    name: str
    arguments: list
    keywords: dict[str, object]


def read(text: str):
    """Reads a literal, or a call of a name with such arguments.

    Args:
        text: Text to read, such as "[[64], [32]]", "4" or "linear(0, 1, steps=500)".

    Returns:
        The value, or a `Call`.

    Raises:
        UserError: If the text is longer than 10,000 characters or names an argument twice.
        ValueError: If it is neither.

    Example:
        >>> read("[1, 2.5]"), read("linear(0, steps=5)")
        ([1, 2.5], Call(name='linear', arguments=[0], keywords={'steps': 5}))
    """
    if len(text) > _MOST_CHARACTERS:
        raise UserError(
            f"A value may have at most {_MOST_CHARACTERS:,} characters. Received: {len(text):,} "
            f"characters, {shown(text)}"
        )
    try:
        return _value(ast.parse(text.strip(), mode="eval").body)
    except UserError:
        raise
    except _UNREADABLE:
        raise ValueError("neither a literal nor a call") from None


def _value(node: ast.expr):
    if not (isinstance(node, ast.Call) and isinstance(node.func, ast.Name)):
        return ast.literal_eval(node)
    keywords = {}
    for keyword in node.keywords:
        if keyword.arg is None:
            raise ValueError("`**` is no literal")
        if keyword.arg in keywords:
            raise UserError(f"`{keyword.arg}` of {node.func.id}(...) is set twice. Drop one.")
        keywords[keyword.arg] = _value(keyword.value)
    return Call(node.func.id, [_value(argument) for argument in node.args], keywords)
