"""Points on the machines of a Ray cluster.

Each works in a folder of its own on whatever machine Ray picks, in the same process as on one
machine (`worker.py`), and sends its run folder back through Ray: at once when there is a new
checkpoint, now and then otherwise. So no file system is shared, and a machine that dies costs the
work since the last checkpoint: the point is sent to another one, with what is here.
"""

import contextlib
import logging
import signal
import socket
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

from vae_tf.config.studies import Point
from vae_tf.process.errors import UserError, shown
from vae_tf.runs import STUDY
from vae_tf.runs.kept import KEPT
from vae_tf.studies.jobs import Ended, Job
from vae_tf.studies.local_jobs import LocalJob
from vae_tf.studies.parcels import Packer, Parcel, unpack

_TICK = 0.5  # seconds
_EVERY = 5.0  # seconds between parcels without a checkpoint
_MOST_LOSSES = 3  # machines that a point may lose before it gets any further
_ANSWER = 10.0  # seconds in which an address must answer, and a cancelled point end


def complete_away(
    study: str, point: Point, preset: str | None, command: Sequence[str], begun: Parcel
) -> Iterator[tuple[Parcel, Ended | None]]:
    """Completes a point where it is called, and yields what changes in its run folder.

    Args:
        study: Name of the study.
        point: The point.
        preset: Scores: "fast", "full", or None for none.
        command: Command line of the study, for environment.json.
        begun: Its run folder so far.

    Yields:
        Changes, and how it ended; None while it is at work.
    """
    with tempfile.TemporaryDirectory(prefix="vae_tf-") as scratch:
        folder = Path(scratch) / study / point.name
        unpack(begun, folder)
        folder.parent.mkdir(exist_ok=True)
        (folder.parent / STUDY).touch()  # so that the run has its name
        packer = Packer(folder, begun.files)
        job = LocalJob(point, folder, preset, threads=1, command=command)
        try:
            last, end = time.monotonic(), None
            while end is None:
                time.sleep(_TICK)
                end = job.poll()
                now = time.monotonic()
                if end is not None or packer.has_new_checkpoint() or now - last > _EVERY:
                    last = now
                    yield packer.pack(), end
        finally:
            job.stop()
            job.wait()


class RayCluster:
    """A Ray cluster that is there.

    Args:
        address: "auto", or HOST:PORT of its head.

    Raises:
        UserError: If Ray is not installed, or nothing answers at the address.
    """

    def __init__(self, address: str):
        try:
            import ray
        except ModuleNotFoundError:
            raise UserError(
                "--ray needs the package ray, which is not installed. Install it, here and on "
                'every machine, with: pip install -e ".[ray]"'
            ) from None
        _check_answers(address)
        handlers = {number: signal.getsignal(number) for number in (signal.SIGINT, signal.SIGTERM)}
        try:
            ray.init(address=address, log_to_driver=False, logging_level=logging.CRITICAL)
        except Exception as error:  # whatever it makes of an address
            raise UserError(_no_answer(address, str(error))) from None
        finally:
            for number, handler in handlers.items():  # the handlers of scripts.py
                signal.signal(number, handler)
        self._ray = ray
        self._counted, self._num_cpus = -1e9, 1

    def num_cpus(self) -> int:
        """Processors of all machines, at least 1, as of some seconds ago."""
        if time.monotonic() - self._counted > _EVERY:
            self._counted = time.monotonic()
            self._num_cpus = max(1, int(self._ray.cluster_resources().get("CPU", 0)))
        return self._num_cpus

    def start(
        self,
        point: Point,
        folder: Path,
        preset: str | None,
        command: Sequence[str],
        say: Callable[[str], None],
    ) -> Job:
        """Starts the job of a point.

        Args:
            point: The point.
            folder: Its run folder on this machine.
            preset: Scores: "fast", "full", or None for none.
            command: Command line of the study, for environment.json.
            say: Function that gets messages of lost machines.
        """
        # A point is sent anew by this process, with what came back of it: no retries by Ray.
        remote = self._ray.remote(num_cpus=1, max_retries=0)(complete_away)

        def send():
            begun = Packer(folder).pack()
            left = ("samples/", f"{KEPT}/")  # which nothing there resumes from
            without = {n: b for n, b in begun.files.items() if not n.startswith(left)}
            parcel = begun._replace(files=without)
            return remote.remote(folder.parent.name, point, preset, list(command), parcel)

        return _RayJob(self._ray, send, point.name, folder, say)


class _RayJob:
    def __init__(self, ray, send: Callable, name: str, folder: Path, say: Callable[[str], None]):
        self._ray, self._send, self._say = ray, send, say
        self._name, self._folder = name, folder
        self._losses = 0
        self._stream = send()

    def poll(self) -> Ended | None:
        while self._ray.wait([self._stream], timeout=0)[0]:
            try:
                parcel, end = self._ray.get(next(self._stream))
            except self._ray.exceptions.RayTaskError as error:  # a mistake, which would come again
                return Ended(str(error).strip()[-2_000:])
            except (self._ray.exceptions.RayError, StopIteration) as error:
                return self._lost(error)
            if any(name.startswith("checkpoints/") for name in parcel.files):
                self._losses = 0
            unpack(parcel, self._folder)
            if end is not None:
                return end
        return None

    def _lost(self, error: Exception) -> Ended | None:
        self._losses += 1
        what = type(error).__name__
        if self._losses > _MOST_LOSSES:
            return Ended(f"It lost {self._losses} machines without getting further ({what}).")
        self._say(f"{self._name}: its machine was lost ({what}); it resumes from its checkpoint.")
        self._stream = self._send()
        return None

    def stop(self):
        with contextlib.suppress(self._ray.exceptions.RayError, ValueError):
            self._ray.cancel(self._stream)

    def wait(self):
        with contextlib.suppress(self._ray.exceptions.RayError):
            self._ray.wait([self._stream], timeout=_ANSWER)

    def peak_memory(self) -> int:
        return 0


def _check_answers(address: str):
    """Refuses an address at which nobody listens: Ray itself would try for a minute."""
    if address == "auto":
        return
    host, _, port = address.rpartition(":")
    if not host or not port.isdecimal() or "/" in host:
        raise UserError(
            f"--ray must be auto, or HOST:PORT of the head of a cluster. Received: {shown(address)}"
        )
    try:
        socket.create_connection((host, int(port)), timeout=_ANSWER).close()
    except (OSError, OverflowError, UnicodeError) as error:
        raise UserError(_no_answer(address, str(error))) from None


def _no_answer(address: str, reason: str) -> str:
    return (
        f"No Ray cluster answers at {shown(address)} ({reason.splitlines()[0][:200]}). Start one "
        f"with ray start --head, or leave --ray away to use this machine."
    )
