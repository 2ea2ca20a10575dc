"""What a script is called in messages: as the user typed it, `python train.py` or `vae-train`."""

import os
import sys


def is_installed() -> bool:
    """Whether this process was started by a command of the installed package, such as vae-train."""
    return os.path.basename(sys.argv[0] if sys.argv else "").startswith("vae-")


def name_of(script: str) -> str:
    """The name of a script in messages: that of its command where there is one in use.

    Example:
        >>> name_of("train.py")
        'train.py'
    """
    return f"vae-{script.removesuffix('.py')}" if is_installed() else script


def call_of(script: str) -> str:
    """What to type for a script: `python train.py`, or `vae-train`."""
    return name_of(script) if is_installed() else f"python {script}"
