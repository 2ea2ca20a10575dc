"""Pages from templates of Jinja2, in which every value is escaped."""

import functools
from collections.abc import Callable

from jinja2 import Environment, PackageLoader, StrictUndefined
from markupsafe import Markup

from vae_tf.process.texts.escaping import printable


@functools.cache
def templates(package: str, *filters: Callable) -> Environment:
    r"""Returns the templates `*.html` beside the modules of a package.

    A value that a template inserts is escaped, so that the browser shows it letter by letter. The
    exception is a value that the template marks `safe`, such as the page's own script.

    Args:
        package: Name of the package, such as "vae_tf.explorer".
        filters: Functions that templates call by their names, as filters.
    """
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
