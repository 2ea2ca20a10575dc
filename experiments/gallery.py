"""Puts the runs of the study `gallery` where this repository shows them, small enough to publish.

    python study.py gallery
    python experiments/gallery.py

Runs that are finished are copied to predictions/RUN, in place of those there, with their newest
weights alone, in half precision, and a dozen pictures of 128 colors: to be analyzed, not to be
resumed. The repository has those pictures by analyze.py that its texts show.
"""

import argparse
import shutil
import sys
from pathlib import Path

ROOT = Path(__file__).parents[1]
sys.path.insert(0, str(ROOT))

from vae_tf.runs import PARAMS, Run, slim  # noqa: E402
from vae_tf.runs.progress import progress_of  # noqa: E402


def main():
    """Copies and slims the runs."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--study", type=Path, default=ROOT / "predictions" / "gallery")
    parser.add_argument("--predictions", type=Path, default=ROOT / "predictions")
    options = parser.parse_args()
    found = sorted(path for path in options.study.glob("*") if (path / PARAMS).is_file())
    if not found:
        parser.error(f"There are no runs in {options.study}. Train them: python study.py gallery")
    for path in found:
        if not progress_of(Run(path)).finished:
            print(f"{path.name}: left out, as it is not finished")
            continue
        target = options.predictions / path.name
        copy = target.with_name(f"{path.name}.copy")
        shutil.rmtree(copy, ignore_errors=True)
        shutil.copytree(path, copy)
        slim(Run(copy))
        shutil.rmtree(target, ignore_errors=True)
        copy.rename(target)
        print(f"{path.name}: published")


if __name__ == "__main__":
    main()
