"""Tables and numbers of models and scores, read from the code, for `experiments/tables.py`."""

import ast
import re
from pathlib import Path

from vae_tf import presets
from vae_tf.models import MODELS
from vae_tf.scores import SCORES

ROOT = Path(__file__).parents[1]
# Authors, "Title", venue and year. Address.
_PAPER = re.compile(r'([A-Z][^"]*?), "([^"]+)",[^"]*?(\d{4}).*?(https?://\S+)')
_SHOWN = 3  # presets of a model
_NEEDED = {
    "codes": "codes",
    "factors": "factors",
    "densities": "posteriors",
    "interventions": "images of chosen factors",
    "model": "the model",
    "pixels": "the model's images",
    "labels": "labels",
    "seeds": "runs that differ by seed",
}


def models_table() -> str:
    """Return the table of models: name, paper, what it changes, presets."""
    rows = ["| model | what it is | paper | presets |", "| --- | --- | --- | --- |"]
    pages = _pages()
    runs = presets.runs()
    for name in MODELS:
        docstring = _docstring(MODELS.file_of(name))
        about = docstring.split("\n")[0]
        if MODELS.file_of(name) == "vae":
            about = f"VAE with KL weight {MODELS.kl_weight(name):g} by default"
        about = re.sub(r"^[\w -]+: ", "", about)
        papers = "; ".join(
            f"[{authors} {year}]({address})" for authors, _, year, address in _papers(docstring)
        )
        named = [run for run, params in runs.items() if params.model == name]
        shown = ", ".join(f"`{run}`" for run in named[:_SHOWN])
        more = f", {len(named) - _SHOWN} more" if len(named) > _SHOWN else ""
        about = _cell(_capitalized(about))
        rows.append(f"| [`{name}`]({pages[name]}) | {about} | {papers} | {shown}{more} |")
    return "\n".join(rows)


def scores_table() -> str:
    """Return the table of the rows of `SCORES`: name, what it needs, values in tables, protocol."""
    rows = ["| score | needs | columns of the tables | protocol |", "| --- | --- | --- | --- |"]
    for name, score in SCORES.items():
        needs = ", ".join(_NEEDED[need] for need in score.needs)
        columns = ", ".join(f"`{column}`" for column in score.columns)
        rows.append(f"| `{name}` | {needs} | {columns} | {_cell(score.protocol)} |")
    return "\n".join(rows)


def with_counts(readme: str) -> str:
    """Return README with its numbers of models, scores and runs counted again."""
    models = len(set(MODELS.values()))  # `ae`, `vae` and `beta_vae` are one class
    for number, count in (
        (r"(?<=\*\*)\d+(?= models with)", models),
        (r"(?<=\| models \| )\d+(?= \|)", models),
        (r"(?<=\*\*)\d+(?= scores\*\*)", len(SCORES)),
        (r"(?<=The package has )\d+(?= runs)", len(presets.runs())),
    ):
        readme = re.sub(number, str(count), readme)
    return readme


def _docstring(module: str) -> str:
    path = ROOT / "vae_tf" / "models" / f"{module}.py"
    return ast.get_docstring(ast.parse(path.read_text(encoding="utf-8"))) or ""


def _papers(docstring: str) -> list[tuple[str, ...]]:
    _, _, references = docstring.partition("Reference")
    return _PAPER.findall(" ".join(references.lstrip("s").lstrip(":").split()))


def _pages() -> dict[str, str]:
    """Name of a model -> its page in docs/models/."""
    found = {}
    for path in sorted((ROOT / "docs" / "models").glob("*.md")):
        if line := re.search(r"^`model`: (.+)$", path.read_text(encoding="utf-8"), re.MULTILINE):
            found |= dict.fromkeys(re.findall(r"`(\w+)`", line[1]), path.name)
    return found


def _capitalized(text: str) -> str:
    return text[:1].upper() + text[1:]


def _cell(text: str) -> str:
    return text.removesuffix(".").replace("|", "\\|")
