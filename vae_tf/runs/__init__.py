"""Run folders: what a training leaves behind, and how it is read again.

    params.json        exact Params        log.csv      one row a logged step
    environment.json   versions, commands  samples/     pictures at the sampled steps
    checkpoints/       see checkpoints.py  metrics.json scores

Loading a run executes nothing from its folder: JSON, CSV, PNG and arrays only.
"""

from vae_tf.runs.creation import check_new, check_resumable, create
from vae_tf.runs.environment import record_environment
from vae_tf.runs.folder import Run, load_data, load_run
from vae_tf.runs.lock import locked
from vae_tf.runs.log import Log, read_log
from vae_tf.runs.publishing import slim

__all__ = [
    "Log",
    "Run",
    "check_new",
    "check_resumable",
    "create",
    "load_data",
    "load_run",
    "locked",
    "read_log",
    "record_environment",
    "slim",
]
