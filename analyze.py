"""Draws pictures of runs: `python analyze.py [RUN ...]`; see `--help`."""

from vae_tf.process import scripts  # first, see there

# isort: split
import argparse
import shutil
import sys
import time
from pathlib import Path

from vae_tf.process.texts.escaping import printable
from vae_tf.process.texts.wrapping import wrapped


def main(arguments: list[str] | None = None) -> int:
    """Analyzes the named runs; returns the exit code."""
    return scripts.answer(
        scripts.name_of("analyze.py"),
        lambda: run(parse(arguments)),
        lambda: "Finished pictures are kept. The same command draws the others.",
    )


def complain(problem: str):
    """Prints a problem on stderr."""
    scripts.complain(f"{scripts.name_of('analyze.py')}: {problem}")


def parse(arguments: list[str] | None) -> argparse.Namespace:
    """Reads the command line."""
    parser = argparse.ArgumentParser(
        prog=scripts.name_of("analyze.py"),
        description="Draw pictures of saved runs, and write a report.",
        epilog="Up-to-date pictures are skipped. A run that is still training is drawn at its "
        "last checkpoint. The exit code is 1 if a picture could not be drawn.",
    )
    parser.add_argument(
        "runs",
        nargs="*",
        metavar="RUN",
        help="runs or studies to analyze; STUDY/POINT is one run of a study, such as "
        "betas/kl_weight=4,seed=0 (default: all saved runs)",
    )
    parser.add_argument(
        "--images",
        type=Path,
        default=Path("images"),
        metavar="DIR",
        help="folder for pictures and report (default: images)",
    )
    scripts.add_predictions(parser)
    parser.add_argument(
        "--only",
        metavar="NAME,...",
        help="pictures and pages to make, such as traversals.png,kl_per_latent.png or report; "
        "docs/seeing.md has the names",
    )
    parser.add_argument(
        "--metrics",
        nargs="?",
        const="full",
        choices=("full", "fast"),
        help="also compute scores and save them in metrics.json; --metrics without a value "
        "means full. full uses the sample sizes of the scores' papers. fast uses about a "
        "tenth of them",
    )
    parser.add_argument("--force", action="store_true", help="redraw up-to-date pictures")
    parser.add_argument(
        "--projection",
        choices=("pca", "tsne", "umap"),
        default="pca",
        help="draw the latent space with another projection, too: tsne adds "
        "latent_space_tsne.png, umap adds latent_space_umap.png. pca (default) adds no picture",
    )
    parser.add_argument(
        "--format",
        default="",
        metavar="FORMAT,...",
        help="also write figures as svg, pdf or 2x (a PNG of twice the size), for papers; "
        "separate formats by commas",
    )
    parser.add_argument(
        "--plain",
        action="store_true",
        help="also write figures without titles, as NAME_plain.pdf. If --format is given, its "
        "formats replace pdf, for example NAME_plain.svg",
    )
    return parser.parse_args(arguments)


def run(options: argparse.Namespace) -> int:
    """Analyzes runs, prints the paths of the results, and returns the exit code."""
    # Imported after the command line is read, because the import takes a second.
    from vae_tf.analysis import analyze, chosen_formats, chosen_products, find_runs

    start = time.monotonic()
    only = chosen_products(options.only)
    formats = chosen_formats(options.format, options.plain)
    chosen = find_runs(options.predictions, options.runs)
    unscored = score(chosen, options.metrics) if options.metrics else []
    outcome = analyze(
        chosen,
        options.images,
        only=only,
        force=options.force,
        projection=options.projection,
        formats=formats,
        every=find_runs(options.predictions),
        say=lambda line: say(wrapped(line)),
    )
    scripts.check_stopped()
    for problem in [*unscored, *outcome.problems]:
        complain(problem)
    report = options.images / "index.html"
    where = f"The report is in {report}." if report.exists() else f"They are in {options.images}."
    seconds = time.monotonic() - start
    files = "file" if len(outcome.drawn) == 1 else "files"
    written = f"{len(outcome.drawn)} {files} written, {outcome.current} up to date"
    say(wrapped(f"{written}, in {seconds:.0f} s. {where}"))
    return 1 if unscored or outcome.problems else 0


def say(line: str):
    """Prints a line of progress. A signal that a library ignored takes effect here."""
    scripts.check_stopped()
    print(printable(line), flush=True)


def score(paths: list[Path], preset: str) -> list[str]:
    """Scores runs, prints their tables, and returns a message for each run that failed."""
    from vae_tf.process.quiet_tensorflow import import_tensorflow

    import_tensorflow()
    from vae_tf.analysis.failures import reason_of
    from vae_tf.results.score_records import RECORD, load_record
    from vae_tf.results.score_runs import score_run, score_udr
    from vae_tf.results.score_tables import comparison_text, score_table
    from vae_tf.runs import Run, name_of

    scored, problems = [], []
    for path in paths:
        name = name_of(path)
        try:
            say(f"{name}: scoring, preset {preset}")
            say(score_table(score_run(Run(path), preset, say=say)))
            scored.append(path)
        except BrokenPipeError:
            raise
        except Exception as error:  # the other runs are still scored
            problems.append(f"{name}: not scored. {reason_of(error, name)}")
    score_udr([Run(path) for path in scored], say=say)
    if len(scored) > 1:
        width = shutil.get_terminal_size().columns
        records = [record for path in scored if (record := load_record(path / RECORD))]
        say("\n" + comparison_text(records, width) + "\n")
    return problems


if __name__ == "__main__":
    sys.exit(main())
