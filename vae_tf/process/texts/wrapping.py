"""Messages in lines that fit the terminal."""

import re
import shutil
import textwrap

_COMMAND = re.compile(r": ((\S*/)?(python[\d.]*|vae-\w+) .*)$")  # at the end of a message


def wrapped(text: str, width: int | None = None) -> str:
    """Break long lines between words; the lines that follow are indented.

    A command at the end of a line, and a word that is longer, stay whole, so that they can be
    copied.

    Args:
        text: One or more lines.
        width: Columns of a line. None: as the terminal has, 80 where there is none.

    Example:
        >>> print(wrapped("Unknown model 'vea'. Did you mean 'vae'?", 30))
        Unknown model 'vea'. Did you
          mean 'vae'?
        >>> print(wrapped("Resume it with this command: python train.py digits-VAE", 30))
        Resume it with this command:
          python train.py digits-VAE
    """
    width = width or shutil.get_terminal_size().columns
    return "\n".join(_wrapped(line, width) for line in text.split("\n"))


def _wrapped(line: str, width: int) -> str:
    if len(line) <= width:
        return line
    indent = " " * (len(line) - len(line.lstrip(" ")))
    command = _COMMAND.search(line)
    words = line[: command.start() + 1] if command else line
    lines = textwrap.wrap(
        words,
        width,
        subsequent_indent=f"{indent}  ",
        break_long_words=False,
        break_on_hyphens=False,
    )
    return "\n".join([*lines, f"{indent}  {command[1]}"] if command else lines)
