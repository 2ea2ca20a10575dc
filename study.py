"""Trains a grid of runs: `python study.py STUDY`, or RUN with --vary; see `--help`."""

from vae_tf.process import scripts  # first, see there

# isort: split
import argparse
import shutil
import sys
import textwrap
from collections.abc import Mapping

from vae_tf import config
from vae_tf.commands.presets import check_name, located, read_presets, run_named
from vae_tf.presets import RENAMED
from vae_tf.presets.studies import STUDIES
from vae_tf.process.errors import UserError, unknown
from vae_tf.process.texts.escaping import printable
from vae_tf.studies import Point, Study, read_vary


def main(arguments: list[str] | None = None) -> int:
    """Completes a study; returns the exit code."""
    words = sys.argv[1:] if arguments is None else arguments
    begun: list[str] = []  # message with the command to resume, once the study has begun

    def work() -> int:
        presets = read_presets(__file__)
        options = parse(arguments)
        studies = getattr(presets, "STUDIES", {})
        if not options.names:
            print(listing(studies))
            return 0
        name, study = chosen_study(options, presets.RUNS, studies)
        points = [point._replace(params=located(point.params)) for point in study.points()]
        return run(options, name, points, [scripts.path_of("study.py"), *words], begun)

    def going_on() -> str:
        return begun[0] if begun else "Nothing was begun."

    return scripts.answer(scripts.name_of("study.py"), work, going_on)


def parse(arguments: list[str] | None) -> argparse.Namespace:
    """Reads the command line."""
    parser = argparse.ArgumentParser(
        prog=scripts.name_of("study.py"),
        description="Train a study: a grid of runs. Give the name of a study of the "
        "package, or of your own study in ./params.py. Or give the names of runs, together with "
        "--vary. Without arguments, study.py lists the studies.",
        epilog="Stop or kill the command at any time. The same command, without --overwrite, "
        "resumes the study. The exit code is 1 if a run failed or its folder cannot be read.",
    )
    parser.add_argument("names", nargs="*", metavar="STUDY", help="a study, or one or more runs")
    parser.add_argument(
        "--vary",
        action="append",
        default=[],
        metavar="KEY=VALUE,...",
        help="values of a parameter, such as kl_weight=1,4,16 or seed=0..4; repeatable",
    )
    parser.add_argument(
        "--set",
        action="append",
        default=[],
        metavar="KEY=VALUE",
        help="change a parameter of all runs, such as steps=500; repeatable",
    )
    parser.add_argument(
        "--name",
        help="name of the study's folder (default: the study's name; required if you give runs)",
    )
    parser.add_argument(
        "--workers",
        type=int,
        metavar="N",
        help="number of runs at the same time (default: one per core; with --ray, one per "
        "core of the cluster)",
    )
    parser.add_argument(
        "--ray",
        metavar="ADDRESS",
        help="train on a cluster of the library Ray. ADDRESS is auto, or HOST:PORT of the "
        "cluster's head node. Start the command on a machine of the cluster",
    )
    parser.add_argument(
        "--metrics", choices=("fast", "full"), help="compute scores of each trained run"
    )
    parser.add_argument(
        "--rescore",
        action="store_true",
        help="with --metrics: replace scores that another version of the package computed",
    )
    parser.add_argument(
        "--overwrite",
        action="append",
        default=[],
        metavar="POINT",
        help="train this run of the study again, such as kl_weight=4,seed=0; repeatable",
    )
    parser.add_argument(
        "--dry-run",
        action="store_true",
        help="build each model and list the runs; train nothing",
    )
    scripts.add_predictions(parser, "folder that contains the study's folder")
    return parser.parse_args(arguments)


def listing(studies: Mapping[str, Study]) -> str:
    """Lists the studies of params.py: a sentence, varied parameters, number of runs and steps."""
    if not studies:
        return "params.py has no STUDIES. Name runs, and parameters to vary: see --help."
    width = max(map(len, studies))
    lines = []
    for name, study in studies.items():
        counts = {field: len(values) for field, values in study.vary.items()}
        if not isinstance(study.runs, config.Params):
            counts = {"settings": len(study.runs), **counts}
        vary = [
            f"{count} {'seeds' if field == 'seed' else field}"
            for field, count in counts.items()
            if count > 1
        ]
        product = f" ({' x '.join(vary)})" if len(vary) > 1 else ""
        points = study.points()
        steps = sum(point.params.steps for point in points)
        grid = f"{len(points)} runs{product}, {steps:,} steps in total"
        about = STUDIES.sentence(name, study) or "your own study, in params.py"
        wrapped = [line for text in (about, grid) for line in textwrap.wrap(text, 77 - width)]
        heads = [name] + [""] * (len(wrapped) - 1)
        lines += [f"{head:{width}}  {line}" for head, line in zip(heads, wrapped, strict=True)]
    return "\n".join([f"To train a study: {scripts.command_line('study.py', 'NAME')}", *lines])


def chosen_study(
    options: argparse.Namespace,
    runs: Mapping[str, config.Params],
    studies: Mapping[str, Study],
) -> tuple[str, Study]:
    """Returns the name of the folder and the grid of the chosen study.

    Raises:
        UserError: If a name is unknown, or the grid is impossible.
    """
    names, vary = options.names, read_vary(options.vary)
    of_params = [name for name in names if name in studies]
    if of_params and len(names) > 1:
        raise UserError(f"Name one study and no other names. Received: {' '.join(names)}")
    if len(set(names)) < len(names):
        raise UserError(f"Each run can be named once. Received: {' '.join(names)}")
    if of_params:
        base = studies[names[0]]
        bases, vary = base.runs, {**base.vary, **vary}
    else:
        for name in names:
            if name not in runs and name not in RENAMED:
                known = [*studies, *runs]
                raise unknown("study or run", name, known, "They are defined in params.py.")
        named = {name: run_named(runs, name) for name in names}
        bases = named[names[0]] if len(names) == 1 else named
    folder = options.name or (names[0] if of_params else None)
    if folder is None:
        raise UserError("Name the folder of the study, beside the run folders: --name NAME")
    check_name(folder, "--name")
    if isinstance(bases, config.Params):
        return folder, Study(config.override(bases, options.set), vary)
    changed = {name: config.override(each, options.set) for name, each in bases.items()}
    return folder, Study(changed, vary)


def run(
    options: argparse.Namespace,
    name: str,
    points: list[Point],
    command: list[str],
    begun: list[str],
) -> int:
    """Trains the runs that are not done, prints where they are, and returns the exit code."""
    from vae_tf.studies.building import check_hyper
    from vae_tf.studies.start import StudyRun, local_jobs, ray_jobs

    study = StudyRun(
        options.predictions / name,
        points,
        options.metrics,
        overwrite=options.overwrite,
        rescore=options.rescore,
    )
    for line in study.others():
        study.say(line)
    if options.metrics and study.scored_by_others():
        scripts.say(f"Old scores stay. To compute them anew: {again(options, rescore=True)}")
    if options.dry_run:
        return plan(study)
    check_hyper(study.left)
    if options.ray is None:
        start, workers = local_jobs(study, options.workers, command)
    else:
        start, workers = ray_jobs(study, options.ray, options.workers, command)
    begun.append(f"Everything written is complete. To resume:\n  {again(options)}")
    known = len(points) - len(study.left)
    print(f"{name}: {len(points):,} runs, {known:,} of them done before.", flush=True)
    for point in study.skipped:
        study.say(f"{point}: skipped. {study.failed[point]}")
    study.run(start, workers, measured=options.ray is None)
    if options.metrics:
        study.score_together()
    if scores := study.scores(shutil.get_terminal_size().columns):
        study.say(f"\n{scores}\n")
    return conclude(options, study)


def plan(study) -> int:
    """Prints the runs to train and the models that cannot be built; returns the exit code."""
    from vae_tf.studies.building import unbuildable

    print(study.plan())
    problems = study.failed | unbuildable([p for p in study.left if p.name not in study.failed])
    complain(problems)
    return 2 if problems else 0


def conclude(options: argparse.Namespace, study) -> int:
    """Prints the number of runs done, failures and the next command; returns the exit code."""
    complain(study.failed)
    done = len(study.points) - len(study.failed)
    name = printable(study.folder.name)
    following = scripts.command_line(
        "analyze.py", study.folder.name, predictions=options.predictions
    )
    where = printable(f"The runs and their table, study.csv, are in {study.folder}.")
    scripts.say(f"{name}: {done:,} of {len(study.points):,} runs done. {where}\nNext: {following}")
    if not study.failed:
        return 0
    if len(study.failed) > len(study.skipped):
        scripts.complain(f"To try the failed runs again: {again(options)}")
    anew = again(options, overwrite=list(study.failed))
    scripts.complain(f"To train them again from the first step: {anew}")
    return 1


def complain(problems: Mapping[str, str]):
    """Prints the problems of runs on stderr."""
    for point, error in problems.items():
        scripts.complain(f"{scripts.name_of('study.py')}: {point}: {error}")


def again(options: argparse.Namespace, **changes) -> str:
    """Returns the command that continues the study. `changes` are further or other options."""
    words = {
        "vary": options.vary,
        "set": options.set,
        "name": options.name,
        "workers": options.workers,
        "ray": options.ray,
        "metrics": options.metrics,
        "predictions": options.predictions,
    }
    return scripts.command_line("study.py", *options.names, **(words | changes))


if __name__ == "__main__":
    sys.exit(main())
