"""Pages may link to files of the repository, as they do where the repository is browsed.

A link out of `docs/`, such as `../images/gallery/comparison.png` or `../RESULTS.md`, is right where
the file itself is read. Here each such file is put into the site at its path in the repository,
when it is built, and the link is shortened to it: no picture is in git twice. A Markdown file
becomes a page, any other a file to look at or to download.
"""

import posixpath
import re
from pathlib import Path

from mkdocs.structure.files import File

ROOT = Path(__file__).parents[2]
# Pages outside `docs/` -> where they are in the site, whose index a README.md would be.
PAGES = {
    "README.md": "overview.md",
    "RESULTS.md": "results.md",
    "CONTRIBUTING.md": "contributing.md",
    "CHANGELOG.md": "changelog.md",
}

# The target of [text](target) and ![alt](target), without an anchor.
_LINK = re.compile(r"(?<=\]\()([^)#\s]+)(?=[)#])")


def on_files(files, config):
    """Adds the files of the repository that pages link to."""
    for path, place in PAGES.items():
        files.append(File.generated(config, place, abs_src_path=str(ROOT / path)))
    for page in list(files.documentation_pages()):
        for target in _LINK.findall(page.content_string):
            path = _in_repository(page, target)
            if path is not None and not files.get_file_from_path(_place(path)):
                files.append(File.generated(config, path, abs_src_path=str(ROOT / path)))
    return files


def on_page_markdown(markdown, page, config, files):
    """Turns links out of `docs/` into links within the site."""

    def within(match):
        path = _in_repository(page.file, match[1])
        if path is None:
            return match[1]
        return posixpath.relpath(_place(path), posixpath.dirname(page.file.src_uri) or ".")

    return _LINK.sub(within, markdown)


def _place(path: str) -> str:
    """Where a file of the repository is in the site."""
    return PAGES.get(path, path.removeprefix("docs/"))


def _in_repository(page, target: str) -> str | None:
    """The path of a linked file in the repository; None for links within `docs/` and to others."""
    if ":" in target:
        return None
    at_root = page.src_uri in PAGES.values()
    home = posixpath.dirname(page.src_uri) if at_root else f"docs/{posixpath.dirname(page.src_uri)}"
    path = posixpath.normpath(posixpath.join(home, target))
    within = path.startswith("docs/") and not at_root
    return None if within or path.startswith("..") or not (ROOT / path).is_file() else path
