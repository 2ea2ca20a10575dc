"""Trains the runs named in params.py: `python train.py [RUN ...]`; see `--help`."""

import argparse
import logging
import sys
import time
from pathlib import Path

import params as presets
from vae_tf import config
from vae_tf.errors import TrainingStopped, UserError


def main(arguments: list[str] | None = None) -> int:
    """Trains the named runs in turn; returns the exit code."""
    options = parse(arguments)
    logging.basicConfig(format="%(levelname)s: %(message)s")
    if options.list:
        print(listing())
        return 0
    try:
        for name, params in chosen_runs(options):
            run_one(name, params, options)
    except UserError as error:
        print(f"train.py: {error}", file=sys.stderr)
        return 2
    except TrainingStopped as error:
        print(f"train.py: {error}", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        print("\nStopped. Go on with the same command and --resume.", file=sys.stderr)
        return 130
    return 0


def parse(arguments: list[str] | None) -> argparse.Namespace:
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


def listing() -> str:
    """The runs of params.py, a line each."""
    width = max(map(len, presets.RUNS))
    lines = []
    for name, params in presets.RUNS.items():
        default = "  (default)" if name == presets.DEFAULT_RUN else ""
        lines.append(
            f"{name:{width}}  {params.model} on {params.dataset}, kl_weight {params.kl_weight}, "
            f"latent {params.latent_size}, {params.steps:,} steps{default}"
        )
    return "\n".join(lines)


def chosen_runs(options: argparse.Namespace) -> list[tuple[str, config.Params]]:
    """Folder names and parameters, all checked before the first run begins."""
    names = options.runs or [presets.DEFAULT_RUN]
    if options.name is not None:
        if len(names) > 1:
            raise UserError(f"--name names one run folder. Received {len(names)} runs: drop it.")
        if not options.name or Path(options.name).name != options.name:
            raise UserError(
                f"--name must be the name of a folder, without a path. Received: {options.name!r}. "
                f"Say where it lies with --predictions."
            )
    return [
        (options.name or name, config.override(config.preset(presets.RUNS, name), options.set))
        for name in names
    ]


def run_one(name: str, params: config.Params, options: argparse.Namespace):
    """Trains one run and says where the result lies."""
    # After the command line was read, as the import takes seconds.
    from vae_tf.startup import import_tensorflow

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
