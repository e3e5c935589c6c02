"""The studies that ship, as they are read."""

from __future__ import annotations

from pathlib import Path

_START = """# Examples

`cartflow examples` lists what ships, `cartflow examples NAME` copies one into your folder, and
`cartflow new FILE --from NAME` begins a study with it.
"""
_LANGUAGES = {".toml": "toml", ".py": "python"}


def write_examples(root: Path, source: Path) -> None:
    """Write `examples.md` into `source`: every file of `examples` with its text."""
    found = [p for p in sorted((root / "examples").rglob("*")) if p.suffix in _LANGUAGES]
    parts = [_entry(p, root) for p in found if p.name != "__init__.py"]
    (source / "examples.md").write_text(_START + "".join(parts), encoding="utf-8")


def _entry(path: Path, root: Path) -> str:
    name, text = path.relative_to(root / "examples"), path.read_text(encoding="utf-8")
    return f"\n## {name}\n\n````{_LANGUAGES[path.suffix]}\n{text.rstrip()}\n````\n"
