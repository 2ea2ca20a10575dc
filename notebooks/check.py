"""Executes every notebook of this folder on small settings, as CI does.

    pip install -e ".[notebooks]" && python notebooks/check.py

NOTEBOOK_STEPS says of how many steps each training is, 40 unless it is set. Nothing is left behind:
each notebook runs in a temporary folder. They are stored without outputs.
"""

import os
import tempfile
import time
from pathlib import Path

import nbformat
from nbclient import NotebookClient

STEPS = "40"
MOST_SECONDS = 300  # of one cell


def check_stored(notebook):
    """Refuses a notebook that is not valid, or that was stored with what a run left in it."""
    nbformat.validate(notebook)
    for cell in notebook.cells:
        if cell.get("outputs") or cell.get("execution_count") is not None:
            raise SystemExit(f"Cell '{cell.id}' was stored with its outputs: clear them.")


def execute(notebook):
    """Runs all cells of a notebook; the first that fails ends the check."""
    with tempfile.TemporaryDirectory() as folder:
        environment = {"NOTEBOOK_STEPS": STEPS, **os.environ, "TMPDIR": folder}
        resources = {"metadata": {"path": folder}}
        client = NotebookClient(
            notebook, timeout=MOST_SECONDS, kernel_name="python3", resources=resources
        )
        client.execute(env=environment)


for path in sorted(Path(__file__).parent.glob("*.ipynb")):
    print(path.name, end=": ", flush=True)
    started = time.monotonic()
    notebook = nbformat.read(path, as_version=4)
    check_stored(notebook)
    execute(notebook)
    print(f"{time.monotonic() - started:.0f} s")
