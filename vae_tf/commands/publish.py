"""Writes a folder with a run for others: `vae-publish RUN [--push USER/NAME]`; see `--help`."""

from vae_tf.process import scripts  # first, see there

# isort: split
import argparse
import os
import sys
from pathlib import Path

from vae_tf.process.texts.command_names import quoted


def main(arguments: list[str] | None = None) -> int:
    """Publishes a run; returns the exit code."""
    cards: list[Path] = []  # path of the card to write, once it is known

    def work() -> int:
        options = parse(arguments)
        # Imported after the command line is read, because the import takes seconds.
        from vae_tf.analysis.hub import publish

        folder = options.folder or Path("published") / options.run
        if not (folder / "README.md").exists():
            cards.append(folder / "README.md")
        run = options.predictions / options.run
        where = publish(run, folder, license=options.license, push=options.push)
        scripts.say(
            f"Written: {folder}, with its card, README.md. Load it: vae_tf.load_run({where!r})"
        )
        if options.push is None:
            scripts.say(f"Check the folder, then upload it to the hub: {upload(folder)}")
        return 0

    def going_on() -> str:
        for folder in (card.parent for card in cards if card.exists()):
            return f"'{folder}' is complete. To upload it to the hub: {upload(folder)}"
        return "Nothing was written."

    return scripts.answer("vae-publish", work, going_on)


def upload(folder: Path) -> str:
    """Returns the command that uploads a folder to the hub."""
    return f"hf upload USER/NAME {quoted(os.path.join('.', folder))}"


def parse(arguments: list[str] | None) -> argparse.Namespace:
    """Reads the command line."""
    parser = argparse.ArgumentParser(
        prog="vae-publish",
        description="Write a folder of a trained run that others can load, in the form of the "
        "Hugging Face hub: model card, weights as safetensors, parameters, scores, pictures.",
    )
    parser.add_argument("run", metavar="RUN", help="run to publish")
    parser.add_argument("--license", help="identifier of the license for the card, such as mit")
    parser.add_argument(
        "--push",
        metavar="USER/NAME",
        help="also upload the folder to this repository of the hub, public if it is new (first: hf "
        "auth login)",
    )
    parser.add_argument(
        "--folder", type=Path, metavar="DIR", help="new folder (default: published/RUN)"
    )
    scripts.add_predictions(parser)
    return parser.parse_args(arguments)


if __name__ == "__main__":
    sys.exit(main())
