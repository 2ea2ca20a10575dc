import os
import signal

import pytest

from vae_tf.process.errors import Stopped
from vae_tf.training.signals import Interruption


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGHUP])
def test_a_signal_that_was_ignored_stays_so(number):
    before = signal.signal(number, signal.SIG_IGN)
    try:
        with Interruption() as interruption:
            os.kill(os.getpid(), number)
        assert not interruption.number
        assert signal.getsignal(number) is signal.SIG_IGN
    finally:
        signal.signal(number, before)


def test_warnings_repeat_and_a_second_ctrl_c_acts_at_once():
    with Interruption() as interruption:
        for number in (signal.SIGXCPU, signal.SIGXCPU, signal.SIGHUP):
            os.kill(os.getpid(), number)
        assert interruption.number == signal.SIGXCPU
        os.kill(os.getpid(), signal.SIGINT)
        assert interruption.number == signal.SIGINT
        with pytest.raises(Stopped):
            os.kill(os.getpid(), signal.SIGTERM)
