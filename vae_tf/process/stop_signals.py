"""The signals that ask a process to save and to stop."""

import signal

# A person or a system that wants it now: a second one of these acts at once.
_PRESSING = (signal.SIGINT, signal.SIGTERM)

# SIGHUP comes when a terminal is gone. The others are warnings of schedulers: of Slurm (SIGUSR1, as
# it is usually set), of LSF and Grid Engine (SIGUSR2), of a limit on processor time (SIGXCPU).
STOP_SIGNALS = (*_PRESSING, signal.SIGHUP, signal.SIGUSR1, signal.SIGUSR2, signal.SIGXCPU)


def after(before: int, number: int) -> int:
    """The signal to answer when one comes and another came before.

    Warnings repeat by themselves, SIGXCPU each second, and a system that shuts down sends SIGHUP
    beside SIGTERM: none of these is impatience.

    Args:
        before: The signal that came before, 0 for none.
        number: The signal that comes.
    """
    return number if number in _PRESSING or not before else before


def acts_at_once(before: int, number: int) -> bool:
    """Whether a signal ends work that another has already asked to stop."""
    return before in _PRESSING and number in _PRESSING
