"""Trains the runs shown in this repository: `python experiments/gallery.py [--full]`.

Restartable: what is trained is skipped, what was stopped goes on. Two MNIST presets are scaled
down to what two CPU cores do in ten minutes; `--full` gives them their full length, in run
folders of their own.
"""

import argparse
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parents[1]
sys.path.insert(0, str(ROOT))

import params  # noqa: E402
from vae_tf.runs import Run, slim  # noqa: E402

EMOJI = [name for name in params.RUNS if name.startswith("emoji-")]
# run -> what is scaled down
SCALED = {
    "MNIST-AE": [],
    "MNIST-VAE": [],
    # A quarter of the 60,000 steps; delay and ramp scaled with them.
    "MNIST-KLD-Anneal": ["steps=15000", "kl_weight=linear(0, 1, 12500, delay=750)"],
    "MNIST-VAE-dense": [],
    **{name: [] for name in EMOJI},
}


def main():
    """Trains each run in a process of its own and drops its optimizer state when it is done."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("runs", nargs="*", metavar="RUN", help="some of them (default: all)")
    parser.add_argument("--full", action="store_true", help="at full length, as NAME-full")
    parser.add_argument("--predictions", type=Path, default=Path("predictions"))
    options = parser.parse_args()
    for name in options.runs or SCALED:
        scaled = [] if options.full else SCALED[name]
        folder = (
            ROOT / options.predictions / (f"{name}-full" if options.full and SCALED[name] else name)
        )
        started = (folder / "params.json").exists()
        if started and any((folder / "checkpoints").glob("*.npz")) and Run(folder).slimmed:
            print(f"{folder.name}: done")
            continue
        command = [sys.executable, "train.py", name, "--name", folder.name]
        command += ["--predictions", options.predictions]
        command += [word for change in scaled for word in ("--set", change)]
        command += ["--resume"] if started else []
        if (code := subprocess.run(command, cwd=ROOT).returncode) != 0:
            sys.exit(code)
        slim(Run(folder))


if __name__ == "__main__":
    main()
