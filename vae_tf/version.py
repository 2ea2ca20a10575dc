"""The version of the package, read by setup.cfg without importing anything else."""

VERSION = "0.1.0"
