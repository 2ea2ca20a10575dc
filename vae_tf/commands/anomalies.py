"""Finds odd images in a folder, with a run: `vae-anomalies RUN folder:PATH`; see `--help`."""

from vae_tf.process import scripts  # first, see there

# isort: split
import argparse
import csv
import io
import sys
from pathlib import Path

from vae_tf.process.errors import UserError
from vae_tf.process.files.saving import write_text

_MOST_NORMAL = 2_000  # validation images for the p-values
_NUM_SHOWN = 20  # images in the picture


def main(arguments: list[str] | None = None) -> int:
    """Scores images and writes a table and a picture; returns the exit code."""

    def work() -> int:
        options = parse(arguments)
        for path in (options.out, picture_of(options.out)):
            if path.exists():
                raise UserError(f"'{path}' exists. Choose another name with --out, or remove it.")
        # Imported after the command line is read, because the import takes seconds.
        from vae_tf.runs import Run

        print(find_odd(Run(options.predictions / options.run), options))
        return 0

    return scripts.answer("vae-anomalies", work, lambda: "Written files are complete.")


def find_odd(run, options: argparse.Namespace) -> str:
    """Scores the images, writes both files and returns a summary."""
    from vae_tf.analysis.odd_images import RATE, anomaly_figure, judge, least_rate, score_images
    from vae_tf.data import load
    from vae_tf.plots.saving import save_figure

    size, channels = picture_shape(run)
    images = load(options.data, "all", size, channels=channels)
    normal_rows = run.validation_data.evenly_spaced(_MOST_NORMAL)
    least = least_rate(len(normal_rows))
    rate = max(RATE, least) if options.rate is None else options.rate
    if not 0 < rate < 1 or rate < least:
        raise UserError(
            f"--rate must be below 1 and at least {least:.3g}, because the run has "
            f"{len(normal_rows):,} validation images to compare with. Received: {rate:g}. "
            f"Choose another rate, or train with more validation images."
        )
    normal = score_images(
        run, run.validation_data, normal_rows, options.method, progress="Scoring validation images"
    )
    rows = images.evenly_spaced(len(images))
    scores = score_images(run, images, rows, options.method, progress="Scoring images")
    judged = judge("given", images, rows, scores, normal, rate)
    odd = int(judged.odd.sum())
    summary = (
        f"{odd:,} of {len(rows):,} images are odd by '{options.method}' at a rate of {rate:.2g}"
    )
    figure = anomaly_figure(
        run,
        [judged],
        ("validation", normal),
        rate,
        options.method,
        "The oddest images",
        (
            f"{options.data}, judged by {run.name}",
            f"{summary} (orange); {rate * len(rows):.1f} are expected for normal images",
        ),
        most=_NUM_SHOWN,
    )
    picture = picture_of(options.out)
    write_text(options.out, table_of(judged))
    save_figure(picture, figure)
    shown = f"the {min(_NUM_SHOWN, len(rows))} oddest"
    return f"{summary}.\n{options.out}: a row per image.\n{picture}: {shown}."


def picture_shape(run) -> tuple[int, int]:
    """Returns the side in pixels and the number of channels of a run's images.

    Raises:
        UserError: If the run works on vectors, or on images that are not square.
    """
    shape = tuple(run.details["image_shape"])
    if len(shape) != 3 or shape[0] != shape[1]:
        raise UserError(
            f"vae-anomalies reads square images. Run '{run.name}' works on rows of shape {shape}. "
            f"Call run.anomaly_scores on arrays instead."
        )
    return shape[0], shape[2]


def table_of(judged) -> str:
    """Returns the text of the CSV file: image, score, p-value and odd, the oddest image first."""
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(["image", "score", "p_value", "odd"])
    names = judged.images.file_names or range(len(judged.images))
    for i in judged.order:
        odd = "yes" if judged.odd[i] else "no"
        row = [f"{judged.scores[i]:.6g}", f"{judged.p_values[i]:.4g}", odd]
        writer.writerow([names[judged.rows[i]], *row])
    return text.getvalue()


def picture_of(table: Path) -> Path:
    """Returns the path of the picture beside a table."""
    return table.with_suffix(".png")


def parse(arguments: list[str] | None) -> argparse.Namespace:
    """Reads the command line."""
    from vae_tf.runs.anomalies import NAMES

    parser = argparse.ArgumentParser(
        prog="vae-anomalies",
        description="Find images that differ from the training images of a run. The p-value of "
        "an image is the share of the run's validation images whose anomaly score is at least as "
        "high.",
        epilog="Example: vae-anomalies digits-VAE folder:scans --out scans.csv",
    )
    parser.add_argument("run", metavar="RUN", help="run whose model computes the scores")
    parser.add_argument(
        "data",
        metavar="DATA",
        help="images to judge: folder:PATH, or a data set; they are resized to the image size of "
        "the run",
    )
    parser.add_argument(
        "--method", choices=NAMES, default="elbo", help="anomaly score (default: elbo)"
    )
    parser.add_argument(
        "--rate",
        type=float,
        help="largest p-value of an odd image; about this share of normal images is judged odd "
        "(default: 0.01, or more if there are fewer than 99 validation images)",
    )
    parser.add_argument(
        "--out",
        type=Path,
        default=Path("anomalies.csv"),
        metavar="FILE.csv",
        help="new file for the table; the picture has the same name and the suffix .png (default: "
        "anomalies.csv)",
    )
    scripts.add_predictions(parser)
    options = parser.parse_args(arguments)
    if options.out.suffix != ".csv":
        parser.error(f"--out is a .csv file. Received: '{options.out}'. Example: --out odd.csv")
    return options


if __name__ == "__main__":
    sys.exit(main())
