"""Trains the runs named in params.py: `python train.py [RUN ...]`; see `--help`."""

from vae_tf import scripts  # first, see there

# isort: split
import argparse
import importlib.util
import os
import shlex
import sys
import time
import traceback
from collections.abc import Callable
from pathlib import Path

from vae_tf import config
from vae_tf.errors import UserError, shown


def main(arguments: list[str] | None = None) -> int:
    """Trains the named runs in turn; returns the exit code."""
    left: list[Callable[[], str]] = []  # commands that go on with what is not done

    def work() -> int:
        presets = read_presets()
        options = parse(arguments, presets)
        if options.list:
            print(listing(presets))
            return 0
        chosen = chosen_runs(options, presets)
        check(chosen, options)
        left.extend(command(folder, run, options) for folder, run, _ in chosen)
        for folder, _, params in chosen:
            train_run(folder, params, options)
            del left[0]
        return 0

    def going_on() -> str:
        if not left:
            return "Nothing was begun."
        return "What is written is whole. To go on:" + "".join(f"\n  {line()}" for line in left)

    return scripts.answer("train.py", work, going_on)


def read_presets():
    """The module params.py.

    Raises:
        UserError: If it cannot be imported, naming its line, or does not define runs.
    """
    try:
        import params as presets
    except Exception as error:
        raise UserError(where_it_failed(error)) from None
    runs = getattr(presets, "RUNS", None)
    if not isinstance(runs, dict) or not runs or getattr(presets, "DEFAULT_RUN", 0) not in runs:
        raise UserError(
            "params.py must define RUNS, a dict of `Params` by name, and DEFAULT_RUN, one of these "
            "names."
        )
    for name, params in runs.items():
        if not isinstance(params, config.Params):
            raise UserError(
                f"RUNS[{shown(name)}] in params.py must be `Params`. Received: {shown(params)}"
            )
        check_name(name, "A name in RUNS of params.py")
    return presets


def where_it_failed(error: Exception) -> str:
    """What went wrong while params.py was imported, with its file and line."""
    spec = importlib.util.find_spec("params")
    if spec is None:
        return f"There is no params.py beside '{__file__}'. Runs are written there."
    path, line = spec.origin, None
    if isinstance(error, SyntaxError):
        path, line = error.filename, error.lineno
    for frame in traceback.extract_tb(error.__traceback__):
        if frame.filename == spec.origin:
            line = frame.lineno
    kind = "" if isinstance(error, UserError) else f"{type(error).__name__}: "
    what = error.msg if isinstance(error, SyntaxError) else error
    at = f"'{path}'" if line is None else f"'{path}', line {line}"
    return f"{at}: {kind}{what}"


def parse(arguments: list[str] | None, presets) -> argparse.Namespace:
    """Reads the command line."""
    parser = argparse.ArgumentParser(
        prog="train.py",
        description="Train the runs named in params.py; each leaves a folder in predictions/.",
        epilog="Stop with Ctrl-C at any time; the same command with --resume goes on exactly.",
    )
    parser.add_argument(
        "runs", nargs="*", metavar="RUN", help=f"runs to train (default: {presets.DEFAULT_RUN})"
    )
    parser.add_argument(
        "--set",
        action="append",
        default=[],
        metavar="KEY=VALUE",
        help='change a parameter: steps=500, "kl_weight=linear(0, 10, 40000)"; repeatable',
    )
    parser.add_argument("--name", help="name of the run folder (default: that of the run)")
    parser.add_argument("--resume", action="store_true", help="go on with the run that is there")
    parser.add_argument("--overwrite", action="store_true", help="replace the run that is there")
    parser.add_argument("--list", action="store_true", help="print the runs and stop")
    parser.add_argument(
        "--predictions",
        type=Path,
        default=Path("predictions"),
        metavar="DIR",
        help="where run folders lie (default: predictions)",
    )
    parser.add_argument("--tensorboard", action="store_true", help="write event files, too")
    return parser.parse_args(arguments)


def listing(presets) -> str:
    """The runs of params.py, a line each."""
    width = max(map(len, presets.RUNS))
    lines = []
    for name, params in presets.RUNS.items():
        default = "  (default)" if name == presets.DEFAULT_RUN else ""
        knobs = ", ".join(f"{knob}={value}" for knob, value in params.hyper.items())
        model = f"{params.model}({knobs})" if knobs else params.model
        lines.append(
            f"{name:{width}}  {model} on {params.dataset}, kl_weight {params.kl_weight}, "
            f"latent {params.latent_size}, {params.steps:,} steps{default}"
        )
    return "\n".join(lines)


def chosen_runs(options: argparse.Namespace, presets) -> list[tuple[str, str, config.Params]]:
    """Folder names, names and parameters of the runs to train."""
    names = options.runs or [presets.DEFAULT_RUN]
    if options.name is not None:
        if len(names) > 1:
            raise UserError(f"--name names one run folder. Received {len(names)} runs: drop it.")
        check_name(options.name, "--name")
    if len(set(names)) < len(names):
        raise UserError(f"Each run can be trained once. Received: {' '.join(names)}")
    chosen = []
    for name in names:
        params = config.override(config.preset(presets.RUNS, name), options.set)
        from vae_tf.data import with_absolute_path  # here, as it imports half of NumPy

        # The run is to find its images from wherever it is loaded.
        params = config.replace(params, dataset=with_absolute_path(params.dataset))
        chosen.append((options.name or name, name, params))
    return chosen


def check_name(name: str, what: str):
    """Refuses what cannot be the name of a folder everywhere.

    Raises:
        UserError: If it has a path, characters that are not printable or more than 200 bytes.
    """
    fits = isinstance(name, str) and Path(name).name == name and name not in ("", "..")
    if not fits or not name.isprintable() or len(os.fsencode(name)) > 200:
        raise UserError(
            f"{what} must be the name of a folder, without a path, printable and of at most 200 "
            f"bytes. Received: {shown(name)}. Say where it lies with --predictions."
        )


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
    """The command that goes on with a run, as things stand when it is asked for."""

    def line() -> str:
        words = ["python", "train.py", run]
        words += [word for change in options.set for word in ("--set", change)]
        words += ["--name", folder] if folder != run else []
        if options.predictions != Path("predictions"):
            words += ["--predictions", str(options.predictions)]
        words += ["--tensorboard"] if options.tensorboard else []
        begun = (options.predictions / folder / "params.json").exists()
        words += ["--resume"] if begun else []
        return shlex.join(words)

    return line


def train_run(name: str, params: config.Params, options: argparse.Namespace):
    """Trains one run and says where the result lies."""
    # After the command line was read, as the import takes seconds.
    from vae_tf.quiet_tensorflow import import_tensorflow

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
        say=print,
    )
    minutes, seconds = divmod(round(time.monotonic() - start), 60)
    step = run.history["step"][-1]
    early = "" if step == params.steps else f", stopped early of {params.steps:,}"
    print(
        f"{name}: {step:,} steps{early}, in {minutes} min {seconds} s. The run lies in {folder}, "
        f"pictures of its training in {run.samples}.\n"
        f"Next: python analyze.py {name}"
    )


if __name__ == "__main__":
    sys.exit(main())
