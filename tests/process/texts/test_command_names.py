"""Commands that are printed do what they say when they are pasted, whatever names are in them."""

import argparse
import ast
import json
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path
from types import SimpleNamespace

import pytest

import analyze as analyze_script
import study as study_script
import train as train_script
from vae_tf.analysis.analyzed_run import AnalyzedRun
from vae_tf.analysis.products.scores import information_matrix
from vae_tf.analysis.selection import find_runs
from vae_tf.analysis.verdict import verdict
from vae_tf.commands import init, publish
from vae_tf.config import Params, preset, replace
from vae_tf.process.errors import UserError
from vae_tf.process.texts.command_names import command_line, quoted
from vae_tf.runs import Run
from vae_tf.runs.kept import restore_kept

ROOT = Path(__file__).parents[3]
NAMES = [
    "x$(touch PWNED)", "-x; touch PWNED", "a'b`touch PWNED`", "--resume",
    "two\nlines & touch PWNED",
    "\x1b[31m \\ \u202e", "$HOME !! *", os.fsdecode(b"\xff'$(touch PWNED)"),
]  # fmt: skip
PRINTED = re.compile(r"\bpython (train|analyze|study)\.py\b.*")

# No parser takes it as the value of an option, and every one as a name or a folder.
DASHES = "--"

# In the place of Python in the shell: shows the words that it is given.
SHOW = "python() { printf '%s\\0' \"$@\"; }\n"
PARSERS = {
    "train.py": lambda words: train_script.parse(words, SimpleNamespace(DEFAULT_RUN="digits")),
    "analyze.py": analyze_script.parse,
    "study.py": study_script.parse,
}


@pytest.fixture
def folder(tmp_path, monkeypatch):
    """The working folder."""
    home = tmp_path / "home"
    home.mkdir()
    monkeypatch.chdir(home)
    return home


def pasted(text: str) -> dict:
    """Options of the command in a message: what a shell makes of it."""
    found = PRINTED.findall(text)
    assert len(found) == 1, text
    line = PRINTED.search(text)[0]
    before = set(os.listdir())
    done = subprocess.run(["bash", "-c", SHOW + line], capture_output=True)
    assert done.returncode == 0, (line, done.stderr)
    assert set(os.listdir()) == before, line  # nothing in it was executed
    script, *words = os.fsdecode(done.stdout).removesuffix("\0").split("\0")
    options = vars(PARSERS[script](words))
    paths = {key: str(value) for key, value in options.items() if isinstance(value, Path)}
    return {key: value for key, value in (options | paths).items() if value}


def scripted(**options):
    """Options of a command line that was read."""
    lists = {"set": [], "vary": [], "names": [], "overwrite": []}
    flags = dict.fromkeys(("name", "ray", "workers", "metrics"))
    others = {"predictions": Path("predictions"), "devices": 1, "tensorboard": False}
    return argparse.Namespace(**(lists | flags | others | options))


def of_unknown_run(name, run_folder):
    with pytest.raises(UserError) as error:
        preset({}, name)
    return str(error.value), {"list": "all", "predictions": "predictions", "devices": 1}


def of_missing_runs(name, run_folder):
    with pytest.raises(UserError) as error:
        find_runs(Path(name))
    return str(error.value), {"predictions": name, "devices": 1}


def of_missing_scores(name, run_folder):
    path = shutil.copytree(run_folder, Path(name) / name)
    analyzed = AnalyzedRun(Run(path), results=Path(name))
    with pytest.raises(UserError) as error:
        information_matrix(analyzed)
    folders = {"predictions": name, "images": name}
    return str(error.value), {"runs": [name], "metrics": "full", "projection": "pca"} | folders


def of_missing_scores_in_a_study(name, run_folder):
    path = shutil.copytree(run_folder, Path("predictions") / name / "seed=0")
    (path.parent / "study.csv").touch()
    with pytest.raises(UserError) as error:
        information_matrix(AnalyzedRun(Run(path)))
    folders = {"predictions": "predictions", "images": "images"}
    known = {"runs": [f"{name}/seed=0"], "metrics": "full", "projection": "pca"}
    return str(error.value), known | folders


def of_a_stopped_training(name, run_folder):
    changes = ["kl_weight=linear(0, 1, 5)", name]
    options = scripted(set=changes, predictions=Path(name), tensorboard=True, devices=2)
    path = shutil.copytree(run_folder, Path(name) / "other")
    line = train_script.command(path.name, name, options)()
    known = {"runs": [name], "set": changes, "name": "other", "predictions": name, "resume": True}
    return line, known | {"tensorboard": True, "devices": 2}


def of_a_trained_run(name, run_folder, monkeypatch, capsys):
    path = shutil.copytree(run_folder, Path(name) / name)
    train_script.show_result(Run(path), Path(name))
    shutil.rmtree("images")
    text = capsys.readouterr().out.partition("All pictures")[2]
    folders = {"predictions": name, "images": "images"}
    return text, {"runs": [name], "projection": "pca"} | folders


def of_the_next_run(name, run_folder, monkeypatch, capsys):
    monkeypatch.setattr(train_script, "FIRST", ("a", name))
    text = train_script.run_after("a", SimpleNamespace(RUNS={name: None}), Path(name)) or ""
    return text, {"runs": [name], "predictions": name, "devices": 1}


def study_words(name):
    options = scripted(
        names=[name], vary=[f"kl_weight=1,{name}"], set=[name], name=name, predictions=Path(name)
    )
    known = {key: getattr(options, key) for key in ("names", "vary", "set", "name")}
    return options, known | {"predictions": name}


def of_a_stopped_study(name, run_folder):
    options, known = study_words(name)
    return study_script.again(options), known


def of_old_scores(name, run_folder):
    options, known = study_words(name)
    options.metrics = "fast"
    return study_script.again(options, rescore=True), known | {"metrics": "fast", "rescore": True}


def of_a_failed_point(name, run_folder, monkeypatch, capsys):
    options, known = study_words(name)
    study = SimpleNamespace(folder=Path(name), points=[0, 1], failed={name: "x"}, skipped=[name])
    assert study_script.conclude(options, study) == 1
    return capsys.readouterr().err, known | {"overwrite": [name]}


def of_a_finished_study(name, run_folder, monkeypatch, capsys):
    options, _ = study_words(name)
    study = SimpleNamespace(folder=Path(name), points=[0, 1], failed={}, skipped=[])
    assert study_script.conclude(options, study) == 0
    text = capsys.readouterr().out.partition("Next")[2]
    known = {"runs": [name], "projection": "pca", "images": "images"}
    return text, known | {"predictions": name}


def of_a_new_folder(name, run_folder, monkeypatch, capsys):
    assert init.main([]) == 0
    Path("params.py").unlink()
    text = capsys.readouterr().out.partition("Next")[2]
    return text, {"list": "groups", "predictions": "predictions", "devices": 1}


# File that prints commands -> messages with them.
HINTS = {
    "vae_tf/config/params.py": [of_unknown_run],
    "vae_tf/analysis/selection.py": [of_missing_runs],
    "vae_tf/analysis/products/scores.py": [of_missing_scores, of_missing_scores_in_a_study],
    "vae_tf/commands/init.py": [of_a_new_folder],
    "train.py": [of_a_stopped_training, of_a_trained_run, of_the_next_run],
    "study.py": [of_a_stopped_study, of_old_scores, of_a_failed_point, of_a_finished_study],
}
EVERY = [hint for hints in HINTS.values() for hint in hints]


@pytest.mark.parametrize("hint", EVERY, ids=lambda hint: hint.__name__)
def test_every_command_that_is_printed_runs_as_pasted(
    hint, folder, run_folder, request, monkeypatch, capsys
):
    more = (monkeypatch, capsys) if hint.__code__.co_argcount == 4 else ()
    shown = NAMES[:2] if hint is of_a_trained_run else NAMES  # which encodes images
    in_options = (of_a_stopped_training, of_a_stopped_study, of_old_scores, of_a_failed_point)
    for name in shown if hint in in_options else [*shown, DASHES]:
        text, expected = hint(name, run_folder, *more)
        assert pasted(text) == expected
        shutil.rmtree("./" + name, ignore_errors=True)
        shutil.rmtree("predictions", ignore_errors=True)


def sources():
    scripts = [ROOT / name for name in ("train.py", "analyze.py", "study.py")]
    package = [p for p in (ROOT / "vae_tf").rglob("*.py") if not p.is_symlink()]
    own = ROOT / "vae_tf" / "process" / "texts" / "command_names.py"
    return [path for path in (*scripts, *package) if path != own]


def test_no_command_is_printed_another_way():
    """One function prints commands, and the table above has whoever calls it."""
    callers, others = set(), []
    for path in sources():
        tree = ast.parse(path.read_text())
        name = path.relative_to(ROOT).as_posix()
        documented = (ast.Module, ast.ClassDef, ast.FunctionDef)
        docstrings = {
            id(node.body[0].value)
            for node in ast.walk(tree)
            if isinstance(node, documented) and node.body and isinstance(node.body[0], ast.Expr)
        }
        for node in ast.walk(tree):
            if isinstance(node, ast.Call) and "command_line" in ast.unparse(node.func):
                callers.add(name)
            text = node.value if isinstance(node, ast.Constant) else None
            if isinstance(text, str) and id(node) not in docstrings:
                if re.search(r"python (train|analyze|study)|vae-(train|analyze|study) ", text):
                    others.append(f"{name}: {text}")
    assert callers == set(HINTS) and not others


def names_a_script(node) -> bool:
    """Whether some syntax calls one of the functions that name a script."""
    called = re.search(r"(\w+)$", ast.unparse(node.func)) if isinstance(node, ast.Call) else None
    of_a_script = called and re.search(r"\.py'|script", ast.unparse(node))
    return bool(of_a_script) and called[1] in ("name_of", "path_of", "script_name")


def glued(tree) -> list[str]:
    """Texts in which words follow a script's name as a command's do, put together by hand."""
    found = []
    for node in ast.walk(tree):
        if isinstance(node, ast.JoinedStr):
            for part, after in zip(node.values, [*node.values[1:], None], strict=True):
                if not (isinstance(part, ast.FormattedValue) and names_a_script(part.value)):
                    continue
                follows = after.value if isinstance(after, ast.Constant) else ""
                if isinstance(after, ast.FormattedValue) or re.match(r"\s+(-|$)", follows):
                    found.append(ast.unparse(node))
        adds = isinstance(node, ast.BinOp) and any(map(names_a_script, (node.left, node.right)))
        joins = (
            isinstance(node, ast.Call)
            and getattr(node.func, "attr", "") in ("join", "format")
            and any(map(names_a_script, ast.walk(node)))
        )
        if adds or joins:
            found.append(ast.unparse(node))
    return found


def test_no_command_is_put_together_from_a_scripts_name():
    assert not [text for path in sources() for text in glued(ast.parse(path.read_text()))]


@pytest.mark.parametrize(
    ("source", "count"),
    [
        ("f'Again: {name_of(\"train.py\")} {name}'", 1),
        ("f'Again: {scripts.name_of(\"train.py\")} --resume'", 1),
        ("f'Again: {script_name(script)}{words}'", 1),
        ("name_of('train.py') + ' ' + name", 1),
        ("'%s %s' % name_of('train.py')", 1),
        ("' '.join([path_of('study.py'), *words])", 1),
        ("'{} {}'.format(name_of('train.py'), name)", 1),
        ("f'Again: {name_of(\"study.py\")} with the same words.'", 0),
        ("f'{name_of(\"analyze.py\")}: {problem}'", 0),
        ("f'{name_of(path)} {what}'", 0),  # the name of a run
        ("run([path_of('study.py'), *words])", 0),  # no text
    ],
)
def test_how_such_a_command_is_seen(source, count):
    assert len(glued(ast.parse(source))) == count


def option_of(text: str) -> list[str]:
    """Words of the option at the end of a message, as a shell reads them."""
    line = text[text.index("--set") :].partition(", or")[0].split(", a lower")[0]
    show = f"{quoted(sys.executable)} -c 'import json,sys; print(json.dumps(sys.argv[1:]))' {line}"
    return json.loads(subprocess.run(["bash", "-c", show], capture_output=True, check=True).stdout)


def test_options_that_are_advised_run_as_pasted(run_folder):
    with pytest.raises(UserError) as error:
        restore_kept(Run(run_folder), 7)
    assert option_of(str(error.value)) == ["--set", "keep_steps=[0, 7]"]
    collapsed = {"active": 0, "kl_per_latent": [0.0, 0.0]}
    slow = verdict(collapsed, replace(Params(), kl_weight=1, steps=100))
    assert option_of(slow) == ["--set", "kl_weight=linear(0, 1, 50)"]
    assert option_of(verdict(collapsed, replace(Params(), kl_weight=9))) == ["--set", "kl_weight=1"]


def test_the_hub_is_given_the_folder(tmp_path):
    for name in NAMES:
        show = publish.upload(Path(name)).replace("hf upload", "printf '%s\\0'", 1)
        words = subprocess.run(["bash", "-c", show], capture_output=True, cwd=tmp_path).stdout
        assert words == b"USER/NAME\0" + os.fsencode(f"./{name}") + b"\0"
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize(
    ("typed", "train", "analyze"),
    [
        ("train.py", "python train.py", "python analyze.py"),
        ("/repo dir/study.py", "python '/repo dir/train.py'", "python '/repo dir/analyze.py'"),
        ("/usr/bin/vae-analyze", "vae-train", "vae-analyze"),
    ],
)
def test_messages_name_the_command_that_was_typed(typed, train, analyze, monkeypatch):
    monkeypatch.setattr(sys, "argv", [typed])
    assert (command_line("train.py"), command_line("analyze.py")) == (train, analyze)
    with pytest.raises(UserError, match=f"All: {train} --list"):
        preset({}, "no-such-run")


def test_programs_that_no_shell_finds_are_named_by_their_path(tmp_path, monkeypatch):
    monkeypatch.setenv("PATH", os.fspath(tmp_path))
    monkeypatch.setattr(sys, "argv", ["train.py"])
    assert command_line("study.py") == f"{quoted(sys.executable)} study.py"
    away = tmp_path / "environment"
    away.mkdir()
    for name in ("vae-train", "vae-study"):
        (away / name).touch(mode=0o755)
    monkeypatch.setattr(sys, "argv", [os.fspath(away / "vae-train")])
    assert command_line("study.py") == os.fspath(away / "vae-study")
    monkeypatch.setenv("PATH", os.fspath(away))
    assert command_line("study.py") == "vae-study"
