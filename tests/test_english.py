"""Plain words in what people read: Markdown, notebooks, docstrings, comments and messages.

A failure names file, line, words and the replacement. The rules: one fact a sentence; subject,
verb, object; the noun again instead of a pronoun; the field's words (CONTRIBUTING.md, "English").
"""

import io
import json
import re
import subprocess
import tokenize
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]

# Words -> their replacement.
WORDS = {
    r"(that|those) of": "the noun again",
    r"but for": "except",
    r"in the mean": "on average",
    r"(go|goes|going|gone|went) on": "resume, continue",
    r"told": "given, predicted, said",
    r"tell|tells|telling": "predict, say, show",
    r"wholly": "entirely",
    r"of yours": "your",
    r"as many of each": "a number per group",
    r"(stand|stands|stood)(?!\s(for|out)\b)": "is, is written",
    r"(lie|lies|lay|lain)": "is, are",
    r"(leads|lead) to": "causes, gives, links to",
    r"asleep|awake": "collapsed, active",
    r"mend|mends|mended": "fix",
    r"knobs?": "hyperparameter",
    r"pays?|paid|price": "loss, penalty, cost",
    r"sickness": "problem",
    r"kept back": "held out",
    r"taken up": "resumed",
    r"what (it|they) (was|were)": "the noun again",
    r"the (former|latter)": "the noun again",
    r"weighed|weighs?": "weighted",
    r"besides": "also, in addition to",
    r"is another": "differs",
    r"(nats|bits|bytes|pixels|steps|seconds|minutes|hours|images) an? "
    r"(batch|call|edit|image|job|latent|pair|pixel|run|second|side|step|update|vector|vote)": "per",
    r"(colour|behaviour|favour|centre|neighbour|normalis|initialis|optimis)\w*": "American",
}
# First words of a sentence, a heading or an argument; only a question begins with "What".
BEGINNINGS = {r"Of|But for|As|Beside": "the subject", r"What(?![^.!|:]*\?)": "the noun itself"}

# Words of a file that are needed, at most ten: (file, words).
EXCEPTIONS: set[tuple[str, str]] = set()


def _any(words, flags):
    spaced = "|".join(words).replace(" ", r"\s+")
    return re.compile(rf"(?<![\w-])(?:{spaced})(?![\w-])", flags)


_TABLES = (
    (WORDS, _any(WORDS, re.IGNORECASE), re.IGNORECASE),
    (BEGINNINGS, _any(BEGINNINGS, 0), 0),
)
_CODE = (
    r"(?ms)^ *(```|~~~).*?^ *\1",
    r"(?s)<[^>\n]+>",
    r"(?s)(`+)(?!`).+?\1",
    r"(?s)\$\$.+?\$\$|\$[^$\n]+\$|\]\([^)\n]*\)|https?://\S+",
)
_QUOTES = re.compile(r"^[a-zA-Z]*('''|\"\"\"|'|\")|('''|\"\"\"|'|\")$")
_IN_STRINGS = re.compile(r"(?m)^\s*(>>>|\.\.\. ).*|(`+)(?!`)[^`]+\2|\{[^{}\n]*\}|https?://\S+")


def _blank(match):
    return re.sub(r"[^\n]", "\1", match.group())


def _spaces(match):
    return " " * len(match.group())


def _of_markdown(text):
    """Sentences of Markdown, each in its place; code, formulas and addresses are blanked."""
    for code in _CODE:
        text = re.sub(code, _blank, text)
    return re.sub(r"(?m)^[ >]*([*-] )?", _spaces, text)


def _of_python(text):
    """Comments and strings of Python, each in its place; all else is blanked."""
    rows = [list(re.sub(r"[^ ]", "\1", row)) for row in text.split("\n")]
    for token in tokenize.generate_tokens(io.StringIO(text).readline):
        kind, words = tokenize.tok_name[token.type], token.string
        if kind == "COMMENT":
            words = words.replace("#", " ")
        elif kind == "STRING":
            words = re.sub(_QUOTES, _spaces, words).replace(r"\n", "  ")
        elif kind != "FSTRING_MIDDLE":
            continue
        words = _IN_STRINGS.sub(_blank, words)
        line, column = token.start
        for offset, row in enumerate(words.split("\n")):
            start = 0 if offset else column
            rows[line - 1 + offset][start : start + len(row)] = row
    return "\n".join("".join(row) for row in rows)


def _parts(path, text):
    """Places, functions that leave sentences only, and texts of a file."""
    if not path.endswith(".ipynb"):
        return [("line", _of_python if path.endswith(".py") else _of_markdown, text)]
    kinds = {"markdown": _of_markdown, "code": _of_python}
    return [
        (f"cell {number}, line", kinds[cell["cell_type"]], "".join(cell["source"]))
        for number, cell in enumerate(json.loads(text)["cells"])
    ]


def findings(path, text):
    """Rows of file, place, words and their replacement."""
    rows = []
    for place, sentences, part in _parts(path, text):
        rough = part.translate({ord(mark): " " for mark in "\"'#"})
        if not any(pattern.search(rough) for _, pattern, _ in _TABLES):
            continue  # most files are done here, in a hundredth of the time
        rest = sentences(part)
        for table, pattern, flags in _TABLES:
            for match in pattern.finditer(rest):
                words = " ".join(match.group().split())
                better = [
                    new for old, new in table.items() if _any([old], flags).match(words + " ")
                ]
                line = rest.count("\n", 0, match.start()) + 1
                if (path, words) not in EXCEPTIONS:
                    rows.append(f"{path}, {place} {line}: '{words}'; write: {better[0]}")
    return rows


def _tracked():
    ours = Path(__file__).relative_to(ROOT)
    listed = subprocess.run(
        ["git", "ls-files", "-z", "*.md", "*.ipynb", "*.py", f":!{ours}"],
        cwd=ROOT,
        capture_output=True,
        check=True,
    )
    paths = listed.stdout.decode().split("\0")[:-1]
    return [path for path in paths if (ROOT / path).exists() and not (ROOT / path).is_symlink()]


@pytest.mark.skipif(not (ROOT / ".git").exists(), reason="git knows which files are tracked")
def test_sentences_use_plain_words():
    rows = [row for path in _tracked() for row in findings(path, (ROOT / path).read_text())]
    assert not rows, "\n".join([f"{len(rows)} places to reword:", *rows])
    assert len(EXCEPTIONS) <= 10


@pytest.mark.parametrize(
    ("path", "text", "found"),
    [
        (
            "a.md",
            "Its mean is\nthat of the run.",
            ["a.md, line 2: 'that of'; write: the noun again"],
        ),
        ("a.md", "What is it? `that of`, $p$ of `it`.\n\n```\nbut for\n```\n", []),
        ("a.md", "| What is made |", ["a.md, line 1: 'What'; write: the noun itself"]),
        ("a.py", "x = 1  # 3 nats an\n# image", ["a.py, line 1: 'nats an image'; write: per"]),
        ("a.py", "f(but, 'wh' 'olly', tell)\nraise E('goes '\n    f'on {tell}')", ["a.py, line 2"]),
    ],
)
def test_only_sentences_are_read(path, text, found):
    rows = findings(path, text)
    assert len(rows) == len(found) and all(map(str.startswith, rows, found))
