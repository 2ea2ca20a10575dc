"""Run folders: what a training leaves behind, and how it is read again.

    params.json        exact Params        log.csv      one row a logged step
    environment.json   versions, commands  samples/     pictures at the sampled steps
    networks.json      networks that were given to `train`, as Keras describes them
    columns.json       columns of a table: kinds, categories, means and standard deviations
    checkpoints/       see checkpoints.py  metrics.json scores
    kept/              weights at chosen steps, see kept.py
    images.safetensors sample of the validation images, see kept_images.py

A folder with a study.csv holds the runs of a study.

Loading a run executes nothing from its folder: JSON, CSV, PNG and arrays only.
"""

from vae_tf.runs.columns import COLUMNS, read_columns, with_layout
from vae_tf.runs.creation import check_links, check_new, check_resumable, clean, create
from vae_tf.runs.environment import record_environment, recorded_versions, versions
from vae_tf.runs.folder import PARAMS, STUDY, Run, load_data, name_of
from vae_tf.runs.kept_images import keep_images, kept_images
from vae_tf.runs.loading import load_run
from vae_tf.runs.lock import locked
from vae_tf.runs.log import Log, read_log, read_proven_log
from vae_tf.runs.networks import NETWORKS, read_networks
from vae_tf.runs.place import Place
from vae_tf.runs.publishing import slim

__all__ = [
    "COLUMNS",
    "NETWORKS",
    "PARAMS",
    "STUDY",
    "Log",
    "Place",
    "Run",
    "check_links",
    "check_new",
    "check_resumable",
    "clean",
    "create",
    "keep_images",
    "kept_images",
    "load_data",
    "load_run",
    "locked",
    "name_of",
    "read_columns",
    "read_log",
    "read_networks",
    "read_proven_log",
    "record_environment",
    "recorded_versions",
    "slim",
    "versions",
    "with_layout",
]
