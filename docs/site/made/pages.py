"""The repository's own pages, in the folder that the site is built from."""

from __future__ import annotations

import re
import shutil
from pathlib import Path

# What stands beside `docs` and has a page of its own in the site.
_BESIDE = {"CHANGELOG.md": "changes.md", "CONTRIBUTING.md": "contributing.md"}
_LINK = re.compile(r"\]\((\.\./)?([^)#\s:]+)(#[^)\s]*)?\)")


def copy_pages(root: Path, here: Path, source: Path) -> None:
    """Copy pages, notebooks, figures, examples and those beside `docs` into `source`."""
    shutil.copytree(
        root / "docs", source, ignore=shutil.ignore_patterns("site"), dirs_exist_ok=True
    )
    shutil.copytree(root / "examples", source / "examples", ignore=shutil.ignore_patterns("*.pyc"))
    for page in (here / "pages").glob("*.md"):
        shutil.copy(page, source)
    for name, page_name in _BESIDE.items():
        text = (root / name).read_text(encoding="utf-8").replace("](docs/", "](")
        (source / page_name).write_text(text, encoding="utf-8")
    (source / "commands.md").write_text(_commands(root), encoding="utf-8")
    for page in source.glob("*.md"):
        page.write_text(_linked(page.read_text(encoding="utf-8"), source), encoding="utf-8")


def _commands(root: Path) -> str:
    """Return the page with the commands, as the README lists them."""
    text = (root / "README.md").read_text(encoding="utf-8")
    listed = text.partition("\n## Commands\n")[2].partition("\n## ")[0].strip()
    return f"# Commands\n\n`cartflow COMMAND --help` lists the options of each.\n\n{listed}\n"


def _linked(text: str, source: Path) -> str:
    def within(link: re.Match[str]) -> str:
        path, anchor = link.group(2), link.group(3) or ""
        path = _BESIDE.get(path, path)
        if path == "README.md":
            path = "index.md"
        elif (source / path).is_dir() or path == "LICENSE":
            path = "examples.md"
        return f"]({path}{anchor})"

    return _LINK.sub(within, text)
