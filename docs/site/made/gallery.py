"""Every figure of the pages, with the page that makes it."""

from __future__ import annotations

import re
from pathlib import Path

_FIGURE = re.compile(r"!\[([^\]]*)\]\(([^)]+\.(?:png|svg))\)")


def write_gallery(root: Path, source: Path) -> None:
    """Write `gallery.md` into `source`: figures, what they show, and where they come from."""
    parts = ["# Gallery", "Each figure is made by the commands of the page under it."]
    for page in sorted((root / "docs").glob("*.md")):
        text = page.read_text(encoding="utf-8")
        title = text.splitlines()[0].lstrip("# ")
        parts += [
            f"![{words}]({path})\n\n{words}: [{title}]({page.name})."
            for words, path in _FIGURE.findall(text)
        ]
    (source / "gallery.md").write_text("\n\n".join(parts) + "\n", encoding="utf-8")
