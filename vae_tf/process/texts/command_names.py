"""Names of scripts in messages, and commands as they can be pasted into a shell.

Every command that is printed comes from `command_line`: names of runs and folders may have been
chosen by somebody else, and a shell would execute `x$(touch PWNED)`.
"""

import os
import shlex
import shutil
import sys
from pathlib import Path

_SCRIPTS = ("train.py", "analyze.py", "study.py")
_DEFAULT_FOLDERS = ("predictions", "images")  # of the options of these names


def is_installed() -> bool:
    """Whether this process was started by a command of the installed package, such as vae-train."""
    return os.path.basename(_typed()).startswith("vae-")


def name_of(script: str) -> str:
    """The name of a script in messages: its command's name where one is in use.

    Example:
        >>> name_of("train.py")
        'train.py'
    """
    return f"vae-{script.removesuffix('.py')}" if is_installed() else script


def path_of(script: str) -> str:
    """The path of a script, as one of them was typed: `../train.py`, or `vae-train`."""
    name, folder = name_of(script), os.path.dirname(_typed())
    beside = os.path.join(folder, name)
    if is_installed():
        return beside if os.path.exists(beside) and not _is_found(name, folder) else name
    return beside if os.path.basename(_typed()) in _SCRIPTS else name


def command_line(script: str, *names: str, **options: object) -> str:
    r"""A command of this package that does the same whatever the names are, pasted into a shell.

    Args:
        script: "train.py", "analyze.py" or "study.py".
        *names: Names of runs or studies.
        **options: Option -> its value, see `option_words`.

    Example:
        >>> line = command_line("analyze.py", "x$(touch PWNED)", images="images", only="report")
        >>> print(line.partition("analyze.py")[2])
         'x$(touch PWNED)' --only report
        >>> print(command_line("train.py", "-x", resume=True).partition("train.py")[2])
         --resume -- -x
    """
    words = option_words(**options)
    apart = any(name.startswith("-") for name in names)  # as an option would
    rest = [*words, "--", *names] if apart else [*names, *words]
    start = [] if is_installed() else [_python()]
    return quoted(*start, path_of(script), *rest)


def option_words(**options: object) -> list[str]:
    """Options of a command as words.

    Args:
        **options: Option -> its value: a list for an option that is repeated, True for one without
            a value. None, False and the default of `predictions` and `images` are left out.

    Example:
        >>> option_words(set=["steps=5", "seed=1"], dry_run=True, name="-x", predictions=None)
        ['--set', 'steps=5', '--set', 'seed=1', '--dry-run', '--name=-x']
    """
    words: list[str] = []
    for name, value in options.items():
        option = f"--{name.replace('_', '-')}"
        if value is True:
            words.append(option)
        elif value is not None and value is not False and not _is_default(name, value):
            for each in map(_text, value if isinstance(value, (list, tuple)) else [value]):
                words += [f"{option}={each}"] if each.startswith("-") else [option, each]
    return words


def _text(value: object) -> str:
    """A value as an option takes it; no parser takes a folder that is called `--`."""
    dashed = isinstance(value, Path) and str(value).startswith("-")
    return os.path.join(".", str(value)) if dashed else str(value)


def _is_default(name: str, value: object) -> bool:
    return name in _DEFAULT_FOLDERS and Path(str(value)) == Path(name)


def quoted(*words: str) -> str:
    r"""Words as a shell reads them, on one line.

    Text that cannot be shown as letters is written as bash and zsh read it: `$'\x1b'`.

    Example:
        >>> print(quoted("analyze.py", "my run", "two\nlines"))
        analyze.py 'my run' $'two\x0alines'
    """
    return " ".join(map(_quoted, words))


def _quoted(word: str) -> str:
    if word.isprintable():
        return shlex.quote(word)
    plain = [
        letter
        if letter.isprintable() and letter not in "\\'"
        else "".join(f"\\x{byte:02x}" for byte in os.fsencode(letter))
        for letter in word
    ]
    return f"$'{''.join(plain)}'"


def _typed() -> str:
    """Path of the script that is running, as it was typed."""
    return sys.argv[0] if sys.argv else ""


def _python() -> str:
    """Command of the running Python: `python` where that is the one a shell finds."""
    folder = os.path.dirname(sys.executable)
    for name in ("python", "python3"):
        if _is_found(name, folder) and os.path.samefile(f"{folder}/{name}", sys.executable):
            return name
    return sys.executable


def _is_found(name: str, folder: str) -> bool:
    """Whether a shell finds a program of this name in this folder."""
    found = shutil.which(name)
    return found is not None and os.path.abspath(os.path.dirname(found)) == os.path.abspath(folder)
