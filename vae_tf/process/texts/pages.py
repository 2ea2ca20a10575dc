"""Pages that need nothing else, from templates of Jinja2 in which every value is escaped."""

import base64
import functools
import hashlib
from collections.abc import Callable
from importlib import resources

from jinja2 import Environment, PackageLoader, StrictUndefined
from markupsafe import Markup

from vae_tf.process.texts.escaping import printable


def file_of(package: str, name: str) -> str:
    """Reads a text file beside the modules of a package."""
    return resources.files(package).joinpath(name).read_text(encoding="utf-8")


def page(
    package: str,
    template: str,
    *filters: Callable,
    style: str,
    script: str,
    images: str = "data:",
    **values: object,
) -> str:
    """Returns a page that holds its style, its script and its pictures.

    A value that a template inserts is escaped, so that the browser shows it letter by letter. The
    exception is a value that the template marks `safe`, such as the page's own script. The page's
    security policy allows that style and that script by their hashes: whatever a run smuggled in,
    nothing else is loaded, run or sent.

    Args:
        package: Name of the package beside whose modules templates are, such as "vae_tf.explorer".
        template: Name of a template that inserts `policy`, `style` and `script`.
        filters: Functions that templates call by their names, as filters.
        style: CSS.
        script: JavaScript.
        images: Sources of images that the policy allows.
        values: Other values of the template.
    """
    policy = (
        f"default-src 'none'; img-src {images}; style-src {_hash(style)}; "
        f"script-src {_hash(script)}; base-uri 'none'; form-action 'none'"
    )
    made = _templates(package, *filters).get_template(template)
    return made.render(policy=policy, style=style, script=script, **values)


@functools.cache
def _templates(package: str, *filters: Callable) -> Environment:
    made = Environment(
        loader=PackageLoader(package, ""),
        autoescape=True,
        finalize=_letters,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    made.filters.update({each.__name__: each for each in filters})
    return made


def _letters(value: object) -> object:
    """Text without control characters; HTML as it is."""
    return value if isinstance(value, Markup) else printable(str(value))


def _hash(content: str) -> str:
    digest = base64.b64encode(hashlib.sha256(content.encode()).digest()).decode()
    return f"'sha256-{digest}'"
