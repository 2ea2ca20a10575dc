"""Plain words in what people read: Markdown, notebooks, docstrings, comments and messages.

The rules are in CONTRIBUTING.md, "English". A failure names file, line, words and what to write
instead.
"""

import io
import json
import re
import subprocess
import tokenize
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]

# Words, and what to write instead. A space is any white space, also between two parts of a string.
WORDS = {
    r"(that|those) of": "the noun again",
    r"but for": "except",
    r"in the mean": "on average",
    r"(go|goes|going|gone|went) on": "resume, continue",
    r"(is|are|was|were|be|been|being) told": "is given, is known",
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
    r"pays?|paid": "loss, penalty",
    r"price": "cost, or the quantity",
    r"sickness": "problem",
    r"kept back": "held out",
    r"taken up": "resumed",
    r"what (it|they) (was|were)": "the noun again",
    r"the (former|latter)": "the noun again",
    r"weighed|weighs?": "weighted",
    r"besides": "also, next to, with",
    r"is another": "differs",
    r"(nats|bits|bytes|pixels|steps|seconds|minutes|hours|images) an? "
    r"(batch|call|edit|image|job|latent|pair|pixel|run|second|side|step|update|vector|vote)": "per",
    r"(colour|behaviour|favour|centre|neighbour)\w*|\w+(al|im)is(e|ed|ing|ation)": "American",
}
# First words of a sentence, a heading or an argument; a question may begin with "What".
BEGINNINGS = {r"Of|But for|As|Beside": "the subject", r"What(?![^.!|:]*\?)": "the noun itself"}

# Sentences that quote others or cannot do without: file, words. At most ten.
EXCEPTIONS: set[tuple[str, str]] = set()


def _pattern(words, flags):
    spaced = "|".join(words).replace(" ", r"\s+")
    return re.compile(rf"(?<![\w-])(?:{spaced})(?![\w-])", flags)


_ANY = (_pattern(WORDS, re.IGNORECASE), _pattern(BEGINNINGS, 0))
_BLANK = re.compile(r"[^\n]")


def _blank(match):
    return _BLANK.sub("\1", match.group())


def _markdown(text):
    """The text with code, formulas and addresses blanked, line by line."""
    for code in (r"(?ms)^ *(```|~~~).*?^ *\1", r"(?s)<[^>\n]+>", r"(?s)(`+)(?!`).+?\1"):
        text = re.sub(code, _blank, text)
    text = re.sub(r"(?s)\$\$.+?\$\$|\$[^$\n]+\$|\]\([^)\n]*\)|https?://\S+", _blank, text)
    return re.sub(r"(?m)^[ >]*([*-] )?", lambda match: " " * len(match.group()), text)


def _python(text):
    """Comments and strings alone, each where it was; anything else is blanked."""
    rows = [["\1" if character != " " else " " for character in row] for row in text.split("\n")]
    for token in tokenize.generate_tokens(io.StringIO(text).readline):
        name = tokenize.tok_name[token.type]
        if name not in ("COMMENT", "STRING", "FSTRING_MIDDLE"):
            continue
        words = token.string
        if name == "STRING":
            words = re.sub(r"^[a-zA-Z]*('''|\"\"\"|'|\")|('''|\"\"\"|'|\")$", _spaces, words)
            words = re.sub(r"\{[^{}\n]*\}", _blank, words).replace(r"\n", "  ")
        words = re.sub(r"(?m)^\s*(>>>|\.\.\. ).*|(`+)(?!`)[^`]+\2|https?://\S+", _blank, words)
        words = words.replace("#", " ") if name == "COMMENT" else words
        line, column = token.start
        for offset, row in enumerate(words.split("\n")):
            start = column if offset == 0 else 0
            rows[line - 1 + offset][start : start + len(row)] = row
    return "\n".join("".join(row) for row in rows)


def _spaces(match):
    return " " * len(match.group())


def _notebook(text):
    cells = json.loads(text)["cells"]
    return [
        (f"cell {number}, ", {"markdown": _markdown, "code": _python}[cell["cell_type"]], source)
        for number, cell in enumerate(cells)
        if (source := "".join(cell["source"]))
    ]


def _parts(path, text):
    """Pairs of a place, a function that leaves sentences only, and a text."""
    if path.endswith(".ipynb"):
        return _notebook(text)
    return [("line ", _python if path.endswith(".py") else _markdown, text)]


def findings(path, text):
    """Rows of place, words and what to write instead, of one file."""
    rows = []
    for place, sentences, part in _parts(path, text):
        rough = re.sub(r"[\"'#]", " ", part)
        if not any(pattern.search(rough) for pattern in _ANY):
            continue  # most files, without taking them to pieces
        left = sentences(part)
        for table, flags in ((WORDS, re.IGNORECASE), (BEGINNINGS, 0)):
            for match in _pattern(table, flags).finditer(left):
                words = " ".join(match.group().split())
                better = next(
                    better
                    for word, better in table.items()
                    if _pattern([word], flags).fullmatch(match.group())
                )
                line = left.count("\n", 0, match.start()) + 1
                if (path, words) not in EXCEPTIONS:
                    rows.append(f"{path}, {place}{line}: '{words}'; write: {better}")
    return rows


def _tracked():
    patterns = ["*.md", "*.ipynb", "*.py", ":!tests/test_english.py"]
    listed = subprocess.run(
        ["git", "ls-files", "-z", *patterns], cwd=ROOT, capture_output=True, check=True
    )
    return listed.stdout.decode().split("\0")[:-1]


@pytest.mark.skipif(not (ROOT / ".git").exists(), reason="git alone knows which files are tracked")
def test_no_sentence_needs_a_second_reading():
    rows = [row for path in _tracked() for row in findings(path, (ROOT / path).read_text())]
    assert not rows, "\n".join([f"{len(rows)} places:", *rows])
