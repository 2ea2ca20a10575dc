"""One bad run never costs the others, whatever its folder holds and however it is called."""

import csv
import json
import os
import shutil

from vae_tf.analysis import OVERVIEW, analyze, find_runs

DRAWN = ("training_curves.png", "information_matrix.png", *OVERVIEW)
NESTED = "[" * 100_000


def test_a_damaged_run_does_not_cost_the_others(runs, tmp_path):
    (runs / "digits" / "params.json").write_text("{")
    outcome = analyze(find_runs(runs), tmp_path / "images", only=["kl_per_latent.png"])
    assert [path.parent.name for path in outcome.drawn] == ["sprites"]
    (problem,) = outcome.problems
    assert "params.json" in problem


def with_params(**changes):
    def damage(folder):
        path = folder / "params.json"
        path.write_text(json.dumps(json.loads(path.read_text()) | changes))

    return damage


def with_record(**changes):
    def damage(folder):
        path = folder / "metrics.json"
        path.write_text(json.dumps(json.loads(path.read_text()) | changes))

    return damage


def written(name, content):
    def damage(folder):
        path = folder / name
        path.write_bytes(content if isinstance(content, bytes) else content.encode())

    return damage


def with_a_log_cell(text):
    def damage(folder):
        path = folder / "log.csv"
        lines = path.read_text().splitlines()
        cells = lines[-1].split(",")
        path.write_text("\n".join([*lines[:-1], ",".join([cells[0], text, *cells[2:]])]) + "\n")

    return damage


def unreadable(folder):
    path = folder / "log.csv"
    path.unlink()
    path.symlink_to(path.name)  # a link to itself: whoever opens it gets an OSError


def endless(folder):
    for path in (folder / "checkpoints").iterdir():
        path.write_bytes(b"PK\x03\x04" + bytes(1_000))


DAMAGES = {
    "params nested deeply": written("params.json", NESTED),
    "params not UTF-8": written("params.json", b"\xff\xfe{}"),
    "params of another kind": with_params(hyper=3, dataset=7),
    "scores nested deeply": written("metrics.json", NESTED),
    "scores of a strange shape": with_record(image_shape=3),
    "scores that are left out by number": with_record(left_out=3),
    "scores too large for a number": with_record(
        scores={"mig": {"values": {"mig": 10**400}, "sizes": {}, "matrix": 3}}
    ),
    "a log with text": with_a_log_cell("text"),
    "a log of bytes": written("log.csv", bytes(range(256))),
    "a log that cannot be opened": unreadable,
    "a damaged checkpoint": endless,
}


def doubled(name, runs, images):
    """A second run like the digits, with its summary and a picture; returns its folder."""
    (images / name).mkdir()
    for kept in ("summary.json", "traversal.png"):
        shutil.copy(images / "digits" / kept, images / name / kept)
    return shutil.copytree(runs / "digits", runs / name)


def test_what_a_folder_holds(analyzed, runs, tmp_path, caplog):
    """Each damage in a run of its own, all of them beside the one that is whole."""
    images = shutil.copytree(analyzed[0], tmp_path / "images")
    for name, damage in DAMAGES.items():
        damage(doubled(name, runs, images))
    shutil.rmtree(runs / "digits")
    outcome = analyze(find_runs(runs), images, only=DRAWN, force=True)
    drawn = {f"{path.parent.name}/{path.name}" for path in outcome.drawn}
    assert drawn >= {"sprites/training_curves.png", "sprites/information_matrix.png"}
    assert drawn >= {f"images/{name}" for name in OVERVIEW}
    problems = {
        name: [p for p in outcome.problems if p.startswith(f"{name}: ")] for name in DAMAGES
    }
    assert sum(map(len, problems.values())) == len(outcome.problems)
    for name in DAMAGES:
        # Scores that cannot be used are warned of: the run is drawn without them.
        warned = f"{name}/metrics.json' is not used" in caplog.text
        assert problems[name] or warned, name
    assert "sprites" in (images / "summary.csv").read_text()
    assert 'id="run-sprites"' in (images / "index.html").read_text()


# A wrong object in place of a summary, and fields of one that are not what they should be.
CONTENTS = ("", NESTED, "{}", '{"strip": 3}', '{"step": 1e999}', "[1]", "\udcff")
FIELDS = {"strip": "AAAA", "mse": 10**400, "kl": "much", "image_shape": 8, "run": None}


def test_what_a_summary_holds(analyzed, runs, tmp_path):
    images = shutil.copytree(analyzed[0], tmp_path / "images")
    for index, content in enumerate(CONTENTS):
        doubled(f"content-{index}", runs, images)
        path = images / f"content-{index}" / "summary.json"
        path.write_bytes(content.encode(errors="surrogateescape"))
    for field, value in FIELDS.items():
        doubled(f"field-{field}", runs, images)
        path = images / f"field-{field}" / "summary.json"
        path.write_text(json.dumps(json.loads(path.read_text()) | {field: value}))
    outcome = analyze([], images, every=find_runs(runs))  # none of which is written anew
    assert not outcome.problems
    assert {each.name for each in outcome.drawn} >= {"summary.csv", "comparison.png", "report.html"}
    report = (images / "index.html").read_text()
    assert 'id="run-digits"' in report and 'id="run-sprites"' in report
    assert 'id="run-content-' not in report


def test_a_pipe_where_a_summary_should_be(runs, tmp_path):
    (tmp_path / "images" / "digits").mkdir(parents=True)
    os.mkfifo(tmp_path / "images" / "digits" / "summary.json")
    assert not analyze([], tmp_path / "images", every=find_runs(runs)).problems


NAMES = (
    *(b"a$x^$b", b"=1+1", b"<script>", b"\x1b]0;owned\x07", b"\xff\xfe", b"two\nlines"),
    *("é文😀".encode(), b"-" * 200),
)


def test_how_a_folder_is_called(runs, tmp_path):
    shutil.rmtree(runs / "sprites")
    for name in NAMES[1:]:
        shutil.copytree(runs / "digits", runs / os.fsdecode(name))
    os.rename(runs / "digits", runs / os.fsdecode(NAMES[0]))
    images = tmp_path / "images"
    only = ["training.gif", "decomposition.png", *OVERVIEW]
    outcome = analyze(find_runs(runs), images, only=only)
    assert not outcome.problems
    assert len(outcome.drawn) == 3 * len(NAMES) + len(OVERVIEW)
    for table in ("summary.csv", "scores.csv"):
        with open(images / table, newline="") as file:
            cells = [row[0] for row in csv.reader(file)][1:]
        assert len(cells) == len(NAMES)
        assert not any(cell.startswith(("=", "+", "-", "@", "\t", "\r")) for cell in cells)
    assert analyze(find_runs(runs), images, only=only).drawn == [
        images / name for name in ("scores.csv", "summary.csv", "index.html", "report.html")
    ]
