"""Trains runs of params.py: `python train.py [RUN ...]`; see `--help`."""

from vae_tf.process import scripts  # first, see there

# isort: split
import argparse
import sys
import textwrap
import time
from collections.abc import Callable
from pathlib import Path

from vae_tf import config
from vae_tf.commands.presets import check_name, located, read_presets, run_named
from vae_tf.presets import FIRST, GROUPS, about
from vae_tf.process.errors import UserError, unknown


def main(arguments: list[str] | None = None) -> int:
    """Trains the named runs in turn; returns the exit code."""
    left: list[Callable[[], str]] = []  # commands for the runs that are not done

    def work() -> int:
        presets = read_presets(__file__)
        options = parse(arguments, presets)
        if options.list is not None:
            print(listing(presets, options.list))
            return 0
        chosen = chosen_runs(options, presets)
        check(chosen, options)
        if options.dry_run:
            for folder, _, params in chosen:
                scripts.say(described(folder, params, options))
            return 0
        left.extend(command(folder, run, options) for folder, run, _ in chosen)
        for folder, name, params in chosen:
            train_run(folder, params, options)
            del left[0]
            if next_run := run_after(name, presets, options.predictions):
                scripts.say(next_run)
        return 0

    def going_on() -> str:
        if not left:
            return "Nothing was begun."
        return "Everything written is complete. To resume:" + "".join(
            f"\n  {line()}" for line in left
        )

    return scripts.answer(scripts.name_of("train.py"), work, going_on)


def parse(arguments: list[str] | None, presets) -> argparse.Namespace:
    """Reads the command line."""
    parser = argparse.ArgumentParser(
        prog=scripts.name_of("train.py"),
        description="Train runs. To see the names of all runs, use --list all. Add your own runs "
        "in ./params.py. Each run is saved in a folder of predictions/.",
        epilog="Stop at any time with Ctrl-C. The same command with --resume resumes the run. On "
        "a CPU, a resumed run ends with the same weights as an uninterrupted run.",
    )
    parser.add_argument(
        "runs", nargs="*", metavar="RUN", help=f"runs to train (default: {presets.DEFAULT_RUN})"
    )
    parser.add_argument(
        "--set",
        action="append",
        default=[],
        metavar="KEY=VALUE",
        help="change a parameter, such as steps=500 or 'kl_weight=linear(0, 10, 40000)'; "
        "repeatable. vae_tf/config/params.py explains every parameter",
    )
    parser.add_argument("--name", help="name of the run folder (default: the run's name)")
    parser.add_argument("--resume", action="store_true", help="resume the saved run")
    parser.add_argument("--overwrite", action="store_true", help="replace the saved run")
    parser.add_argument(
        "--list",
        nargs="?",
        const="groups",
        metavar="GROUP",
        help="list the groups of runs and some runs to try first. --list GROUP lists the runs of "
        "a group. --list all lists every run",
    )
    parser.add_argument(
        "--dry-run",
        action="store_true",
        help="train nothing. Print the data, model, memory and time of each run. For the models "
        "vae and beta_vae, also print the collapse weight. If the KL weight is above it, a model "
        "that ignores its latents is a local optimum of the loss",
    )
    scripts.add_predictions(parser)
    parser.add_argument(
        "--tensorboard", action="store_true", help="also write files for TensorBoard"
    )
    parser.add_argument(
        "--devices",
        type=int,
        default=1,
        metavar="N",
        help="number of devices that share each batch (default: 1)",
    )
    return parser.parse_args(arguments)


def listing(presets, group: str = "groups") -> str:
    """Lists the runs of params.py: first runs and groups, the runs of one group, or all runs.

    Args:
        presets: The module params.py.
        group: Name of a group, "all", or "groups".

    Raises:
        UserError: If there is no such group.
    """
    subjects = {each.subject: each for each in GROUPS}
    if group not in ("groups", "all", *subjects):
        raise unknown("group", group, ["all", *subjects])
    mine = [name for name, run in presets.RUNS.items() if not about(name, run)]
    parts = []
    if group == "groups":
        first = [name for name in FIRST if name in presets.RUNS and name not in mine]
        parts += [("Start here: nothing to download", first)]
    for subject, each in subjects.items():
        if group in ("all", subject):
            names = [name for name in each if name in presets.RUNS and name not in mine]
            parts.append((each.title, names))
    if group in ("groups", "all"):
        parts.append(("Your own runs, in params.py: examples to copy", mine))
    lines = [_lines_of(heading, names, presets) for heading, names in parts if names]
    if group == "groups":
        counts = [f"  {name:16} {len(each):3}  {each.title}" for name, each in subjects.items()]
        heading = "Groups and their numbers of runs. To list runs: --list GROUP, --list all"
        lines.append("\n".join([heading, *counts]))
    return "\n\n".join(lines)


def _lines_of(heading: str, names: list[str], presets) -> str:
    """Writes a heading, and one or two lines for each run."""
    width = max(map(len, names))
    lines = [heading]
    for name in names:
        words = about(name, presets.RUNS[name]) or summary(presets.RUNS[name])
        words += " (default)" if name == presets.DEFAULT_RUN else ""
        if width <= 24:
            lines += textwrap.wrap(
                words, 79, initial_indent=f"  {name:{width}}  ", subsequent_indent=" " * (width + 4)
            )
        else:
            lines += [
                f"  {name}",
                *textwrap.wrap(words, 79, initial_indent=" " * 6, subsequent_indent=" " * 6),
            ]
    return "\n".join(lines)


def summary(params: config.Params) -> str:
    """Writes model and data of a run in a line."""
    hyperparameters = ", ".join(
        f"{hyperparameter}={value}" for hyperparameter, value in params.hyper.items()
    )
    model = f"{params.model}({hyperparameters})" if hyperparameters else params.model
    start = "" if params.start is None else f", from {params.start}"
    return (
        f"{model} on {params.dataset}, KL weight {params.kl_weight}, {params.latent_size} latents, "
        f"{params.steps:,} steps{start}"
    )


def chosen_runs(options: argparse.Namespace, presets) -> list[tuple[str, str, config.Params]]:
    """Returns folder name, name and parameters of each run to train."""
    names = options.runs or [presets.DEFAULT_RUN]
    if options.name is not None:
        if len(names) > 1:
            raise UserError(
                f"--name is the folder of one run. Received: {len(names)} runs. Leave out --name."
            )
        check_name(options.name, "--name")
    if len(set(names)) < len(names):
        raise UserError(f"Each run can be trained once. Received: {' '.join(names)}")
    chosen = []
    for name in names:
        base = run_to_resume(name, presets, options) or run_named(presets.RUNS, name)
        params = config.override(base, options.set)
        chosen.append((options.name or name, name, located(params)))
    return chosen


def run_to_resume(name: str, presets, options: argparse.Namespace) -> config.Params | None:
    """Returns the parameters of a run folder to resume; None for a name of params.py."""
    folder = options.predictions / name
    if not options.resume or name in presets.RUNS or Path(name).name != name:
        return None
    if not (folder / "params.json").is_file():
        return None
    from vae_tf.runs import Run

    return Run(folder).params


def check(chosen: list[tuple[str, str, config.Params]], options: argparse.Namespace):
    """Checks the folders of all runs before the first begins."""
    from vae_tf import runs

    for folder, _, params in chosen:
        path = options.predictions / folder
        if options.resume and options.overwrite:
            raise UserError("Expected one of --resume and --overwrite, received both. Drop one.")
        if options.resume:
            runs.check_resumable(runs.Run(path), params)
        else:
            runs.check_new(path, overwrite=options.overwrite)


def command(folder: str, run: str, options: argparse.Namespace) -> Callable[[], str]:
    """Returns a function that writes the command to continue a run, in its state at the call."""

    def line() -> str:
        return scripts.command_line(
            "train.py",
            run,
            set=options.set,
            name=folder if folder != run else None,
            predictions=options.predictions,
            tensorboard=options.tensorboard,
            devices=options.devices if options.devices != 1 else None,
            resume=(options.predictions / folder / "params.json").exists(),
        )

    return line


def described(name: str, params: config.Params, options: argparse.Namespace) -> str:
    """Describes the plan of a run, with its memory and time; nothing is written."""
    from vae_tf.process.quiet_tensorflow import import_tensorflow

    import_tensorflow()
    from vae_tf.training.estimate import describe
    from vae_tf.training.plan import prepare

    plan = prepare(
        params,
        options.predictions / name,
        options.resume,
        overwrite=options.overwrite,
        devices=options.devices,
    )
    advice = list(plan.advice())  # before the updates that are timed
    return "\n".join([f"{name}: nothing is written.", describe(plan), *advice])


def train_run(name: str, params: config.Params, options: argparse.Namespace):
    """Trains a run and prints its results."""
    # Imported after the command line is read, because the import takes seconds.
    from vae_tf.process.quiet_tensorflow import import_tensorflow

    import_tensorflow()
    from vae_tf.training import train

    start = time.monotonic()
    folder = options.predictions / name
    run = train(
        params,
        folder,
        resume=options.resume,
        overwrite=options.overwrite,
        progress=True,
        tensorboard=options.tensorboard,
        say=scripts.say,
        devices=options.devices,
    )
    minutes, seconds = divmod(round(time.monotonic() - start), 60)
    step = run.history["step"][-1]
    early = "" if step == params.steps else f" of {params.steps:,} (stopped early)"
    scripts.say(f"{name}: {step:,} steps{early}, in {minutes} min {seconds} s.")
    show_result(run, options.predictions)


def show_result(run, predictions: Path):
    """Prints the verdict of a run, draws a picture, and prints the command for other pictures."""
    from matplotlib.figure import Figure

    from vae_tf.analysis.analyzed_run import AnalyzedRun
    from vae_tf.analysis.loss_terms import loss_sentence
    from vae_tf.analysis.products import PRODUCTS
    from vae_tf.analysis.summaries import summarize
    from vae_tf.analysis.verdict import verdict
    from vae_tf.plots.saving import save_figure

    analyzed = AnalyzedRun(run)
    scripts.say(verdict(summarize(analyzed), run.params))
    if words := loss_sentence(run.history, run.params):
        scripts.say(words)
    picture = "latent_space.png" if run.params.latent_size == 2 else "traversals.png"
    product = PRODUCTS[picture]
    drawn = Path("images") / run.name / picture
    try:
        figure = product.make(analyzed)
    except UserError:  # analyze.py prints the reason
        figure = None
    if isinstance(figure, Figure):
        save_figure(drawn, figure, source=analyzed.source(product.sources))
        scripts.say(f"Picture: {drawn}\nPictures during training: {run.samples}")
    command = scripts.command_line("analyze.py", run.name, predictions=predictions)
    scripts.say(f"All pictures: {command}")


def run_after(name: str, presets, predictions: Path) -> str | None:
    """Writes the command for the next run to try, and a sentence about it."""
    following = dict(zip(FIRST[:-1], FIRST[1:], strict=True))
    after = following.get(name)
    if after is None or after not in presets.RUNS:
        return None
    command = scripts.command_line("train.py", after, predictions=predictions)
    return f"Next: {command}\n  {about(after, presets.RUNS[after])}".rstrip()


if __name__ == "__main__":
    sys.exit(main())
