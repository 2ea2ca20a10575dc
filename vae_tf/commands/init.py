"""Writes a first params.py into the working folder: `vae-init`."""

from vae_tf.process import scripts  # first, see there

# isort: split
import argparse
import os
import sys
from pathlib import Path

from vae_tf.process.errors import UserError
from vae_tf.process.files.saving import write_text

_STARTER = Path(__file__).with_name("starter_params.py")


def main(arguments: list[str] | None = None) -> int:
    """Writes params.py; returns the exit code."""

    def work() -> int:
        description = "Write params.py, with two example runs and a study, into this folder."
        argparse.ArgumentParser(prog="vae-init", description=description).parse_args(arguments)
        path, listing = Path("params.py"), scripts.command_line("train.py", list=True)
        if os.path.lexists(path):
            raise UserError(
                "This folder already has a params.py. It is unchanged. Go to another folder, or "
                f"list its runs: {listing}"
            )
        write_text(path, _STARTER.read_text(encoding="utf-8"))
        scripts.say(f"Written: params.py. Next: {listing}")
        return 0

    return scripts.answer("vae-init", work, lambda: "Nothing was written.")


if __name__ == "__main__":
    sys.exit(main())
