"""How every script begins and ends. Scripts import this module before anything else.

One rule for Ctrl-C (SIGINT), SIGTERM, a terminal that is gone (SIGHUP) and the warnings of
schedulers, see `stop_signals.py`: what is written stays whole, the exit code is 128 plus the
signal's number, and a line says how to resume. The first signal stops the work as soon as it can be
left, a second Ctrl-C or SIGTERM at once. Importing this module already answers signals, so that
they are answered while the rest is imported; before that, in the first hundredths of a second,
Python itself answers.

Exit codes: 0 done, 1 could not resume, 2 a mistake in what was asked for, 130 Ctrl-C, 143 SIGTERM
and so on, 141 a closed pipe.
"""

import os
import signal
import sys

from vae_tf.process.stop_signals import STOP_SIGNALS, acts_at_once, after


class _State:
    """The work of this process."""

    received = 0  # the signal that came while a script worked
    ended = False  # whether there is nothing left to stop


def _answer_early(number, frame):
    if not _State.ended:
        text = "\nStopped before it began. The same command starts it.\n"
        try:
            os.write(2, text.encode())
        finally:  # the terminal may be gone
            os._exit(128 + number)


try:
    for _number in STOP_SIGNALS:
        if signal.getsignal(_number) is not signal.SIG_IGN:  # as under nohup
            signal.signal(_number, _answer_early)
except ValueError:  # imported in another thread: signals are not its business
    pass

# After the signals, as these imports take their time.
import argparse  # noqa: E402
import contextlib  # noqa: E402
import errno  # noqa: E402
import logging  # noqa: E402
import threading  # noqa: E402
from collections.abc import Callable, Iterator  # noqa: E402
from pathlib import Path  # noqa: E402

from vae_tf.process.errors import Stopped, TrainingStopped, UserError, shown  # noqa: E402
from vae_tf.process.quiet_tensorflow import own_process  # noqa: E402
from vae_tf.process.texts.command_names import command_line, is_installed, name_of, path_of  # noqa: E402
from vae_tf.process.texts.escaping import printable  # noqa: E402
from vae_tf.process.texts.wrapping import wrapped  # noqa: E402

__all__ = [
    "add_predictions",
    "answer",
    "check_stopped",
    "complain",
    "command_line",
    "is_installed",
    "name_of",
    "path_of",
]

# A progress bar that goes into a file: a line every half minute is enough. tqdm reads these names
# when it is imported, which is later.
if sys.stderr is None or not sys.stderr.isatty():
    for _interval in ("TQDM_MININTERVAL", "TQDM_MAXINTERVAL"):
        os.environ.setdefault(_interval, "30")


def answer(program: str, work: Callable[[], int], going_on: Callable[[], str]) -> int:
    """Runs the work of a script and answers whatever ends it, without a traceback.

    Args:
        program: Name of the script, for messages.
        work: Function that does the work and returns the exit code.
        going_on: Function that says after a signal what is kept and how to resume.

    Returns:
        The exit code, see above.
    """
    own_process()
    _prepare_output()
    with _signals_raise():
        try:
            os.getcwd()
            code = work()
            if sys.stdout is not None:
                sys.stdout.flush()
            check_stopped()
            return code
        except KeyboardInterrupt as stop:
            number = getattr(stop, "number", signal.SIGINT)
            _State.received = number
            complain(f"\nStopped. {going_on()}")
            return 128 + number
        except BrokenPipeError:
            _silence(sys.stdout)  # whoever read has seen enough
            return 128 + signal.SIGPIPE
        except Exception as error:
            code, text = _explained(error)
            if text is None:
                raise
            complain(f"{program}: {text}")
            return code
        finally:
            _forget_what_nobody_reads()


def say(text: str):
    """Prints a line; work resumes where the terminal that it was meant for is gone.

    Args:
        text: The line.

    Raises:
        OSError: If it cannot be written for another reason, as into a closed pipe.
    """
    try:
        print(wrapped(text), flush=True)
    except OSError as error:
        if error.errno != errno.EIO:
            raise
        _silence(sys.stdout)


def add_predictions(parser: argparse.ArgumentParser, what: str = "folder of the saved runs"):
    """Adds the option `--predictions`, which all commands on runs have.

    Args:
        parser: Parser of the command line.
        what: The folder in words, for its help.
    """
    parser.add_argument(
        "--predictions",
        type=Path,
        default=Path("predictions"),
        metavar="DIR",
        help=f"{what} (default: predictions)",
    )


def check_stopped():
    """Raises what a signal raised, where some library swallowed it.

    Raises:
        Stopped: If a signal came.
    """
    if _State.received:
        raise Stopped(_State.received)


def _explained(error: BaseException) -> tuple[int, str | None]:
    """Exit code and message of an error; no message for a mistake of ours."""
    if isinstance(error, UserError):
        return 2, str(error)
    if isinstance(error, TrainingStopped):
        return 1, str(error)
    if isinstance(error, ModuleNotFoundError):
        return 1, _missing(error)
    if isinstance(error, MemoryError):
        return 1, "There is not enough memory. Lower batch_size, or choose smaller layers."
    if isinstance(error, OSError):
        if error.filename is None and error.errno == errno.ENOENT:
            return 2, "The working folder was deleted. Change into one that is there."
        if error.errno in (errno.ENAMETOOLONG, errno.ELOOP):
            return 2, f"{shown(error.filename)}: {error.strerror}. Choose another place."
        what = f"'{error.filename}': " if error.filename is not None else ""
        return 1, f"{what}{error.strerror or error}. Everything written before is complete."
    return 1, None


def _missing(error: ModuleNotFoundError) -> str | None:
    package = (error.name or "").partition(".")[0]
    if package in ("", "vae_tf"):
        return None
    return f"The package '{package}' is missing. Install what is needed with: pip install -e ."


def complain(text: str):
    """Prints a message to stderr, in lines that fit the terminal.

    Args:
        text: The message.
    """
    with contextlib.suppress(OSError):  # a closed pipe
        print(wrapped(printable(text)), file=sys.stderr, flush=True)


def _forget_what_nobody_reads():
    """Keeps Python from complaining at its end of what a pipe or a terminal did not take."""
    for stream in (sys.stdout, sys.stderr):
        try:
            if stream is not None:
                stream.flush()
        except OSError:
            _silence(stream)


def _silence(stream):
    """Lets a stream that nobody reads write nowhere."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), stream.fileno())


class _Formatter(logging.Formatter):
    def format(self, record):
        return wrapped(printable(super().format(record)))


def _prepare_output():
    handler = logging.StreamHandler()
    handler.setFormatter(_Formatter("%(levelname)s: %(message)s"))
    logging.basicConfig(handlers=[handler])
    if hasattr(sys.stdout, "reconfigure"):  # a name that is not UTF-8 must not end anything
        sys.stdout.reconfigure(errors="backslashreplace")


@contextlib.contextmanager
def _signals_raise() -> Iterator[None]:
    """Context in which a signal raises `Stopped`, and a second pressing one ends the process."""
    _State.received, _State.ended = 0, False
    before = {}
    if threading.current_thread() is threading.main_thread():
        for number in STOP_SIGNALS:
            if signal.getsignal(number) is not signal.SIG_IGN:
                before[number] = signal.signal(number, _stop)
    try:
        yield
    finally:
        _State.ended = True
        for number, handler in before.items():
            signal.signal(number, handler)


def _stop(number, frame):
    before, _State.received = _State.received, after(_State.received, number)
    if not before:
        raise Stopped(number)
    if acts_at_once(before, number):
        try:
            os.write(2, b"\nStopped at once. Everything written before is complete.\n")
        finally:
            os._exit(128 + number)


def _say_what_is_missing(kind, error, traceback):
    """Answers an error of the imports at the head of a script."""
    text = _missing(error) if isinstance(error, ModuleNotFoundError) else None
    if text is None:
        sys.__excepthook__(kind, error, traceback)
    else:
        complain(text)


sys.excepthook = _say_what_is_missing
