"""Pages ask no other host: the script that the theme fetches for its search is in the site."""

from mkdocs.utils import get_relative_url

_THEIRS = "https://unpkg.com/iframe-worker/shim"
_OURS = "iframe-worker.js"


def on_post_page(output, page, config):
    """Points a page to our copy of the script."""
    return output.replace(_THEIRS, get_relative_url(_OURS, page.url))


def on_post_template(output, template_name, config):
    """Points a page that is no document, such as 404.html, to our copy."""
    return output.replace(_THEIRS, _OURS)
