"""The page of a model ends with the table of its hyperparameters, read from their declarations."""

import re

from vae_tf.models import MODELS
from vae_tf.models.hyperparameters import table

_MODEL = re.compile(r"^`model`: `(\w+)`", re.MULTILINE)
_HEAD = "| `hyper.` | default | range | |\n| --- | --- | --- | --- |\n"


def on_page_markdown(markdown, page, config, files):
    """Adds the table to the pages that name a model."""
    named = _MODEL.search(markdown)
    rows = table(MODELS[named[1]]) if named else []
    if not rows:
        return markdown
    lines = "".join(
        f"| `{name}` | `{default}` | {values} | {about.replace('|', chr(92) + '|')} |\n"
        for name, default, values, about in rows
    )
    return f"{markdown}\n## Hyperparameters\n\n{_HEAD}{lines}"
