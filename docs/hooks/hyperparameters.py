"""The page of a model ends with the table of its hyperparameters, read from their declarations."""

import re

from vae_tf.models import MODELS
from vae_tf.models.template.hyperparameters import table

_MODELS = re.compile(r"^`model`: (.+)$", re.MULTILINE)
_HEAD = "| `hyper.` | default | range | |\n| --- | --- | --- | --- |\n"


def on_page_markdown(markdown, page, config, files):
    """Adds a table for each model that the page names."""
    named = _MODELS.search(markdown)
    names = re.findall(r"`(\w+)`", named[1]) if named else []
    tables = {name: "".join(map(_row, table(MODELS[name]))) for name in names}
    parts = [
        (f"### `{name}`\n\n" if len(names) > 1 else "") + _HEAD + rows
        for name, rows in tables.items()
        if rows
    ]
    return "\n".join([markdown, "## Hyperparameters\n", *parts]) if parts else markdown


def _row(row: tuple[str, str, str, str]) -> str:
    name, default, values, about = (cell.replace("|", "\\|") for cell in row)
    return f"| `{name}` | `{default}` | {values} | {about} |\n"
