"""Trains the runs named in params.py: `python train.py [RUN ...]`; see `--help`."""

import argparse
import logging
import shlex
import sys
import time
from collections.abc import Callable
from pathlib import Path

from vae_tf import config
from vae_tf.errors import TrainingStopped, UserError


def main(arguments: list[str] | None = None) -> int:
    """Trains the named runs in turn; returns the exit code."""
    logging.basicConfig(format="%(levelname)s: %(message)s")
    going_on: list[Callable[[], str]] = []  # what to type after Ctrl-C
    try:
        import params as presets  # here, so that a mistake in it is answered like any other

        options = parse(arguments, presets)
        if options.list:
            print(listing(presets))
            return 0
        chosen = chosen_runs(options, presets)
        check(chosen, options)
        going_on = [command(folder, run, options) for folder, run, _ in chosen]
        for folder, _, params in chosen:
            train_run(folder, params, options)
            del going_on[0]
    except UserError as error:
        print(f"train.py: {error}", file=sys.stderr)
        return 2
    except TrainingStopped as error:
        print(f"train.py: {error}", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        print("\nStopped.", *(["To go on:"] if going_on else []), file=sys.stderr)
        for line in going_on:
            print(f"  {line()}", file=sys.stderr)
        return 130
    return 0


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
        if Path(options.name).name != options.name or options.name in ("", ".."):
            raise UserError(
                f"--name must be the name of a folder, without a path. Received: {options.name!r}. "
                f"Say where it lies with --predictions."
            )
    if len(set(names)) < len(names):
        raise UserError(f"Each run can be trained once. Received: {' '.join(names)}")
    chosen = []
    for name in names:
        params = config.override(config.preset(presets.RUNS, name), options.set)
        kind, colon, folder = params.dataset.partition(":")
        if colon and kind == "folder" and folder:
            # The run is to find its images from wherever it is loaded.
            params = config.replace(params, dataset=f"folder:{Path(folder).expanduser().resolve()}")
        chosen.append((options.name or name, name, params))
    return chosen


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
