"""What is public, from its docstrings."""

from __future__ import annotations

import inspect
from pathlib import Path

import cartflow

_START = """# Reference

Every public name with its signature, as its docstring has it; [from Python](api.md) says which
names scripts may rest on, with an example of each.
"""


def write_reference(source: Path) -> None:
    """Write `reference.md` into `source`, one entry for each public name."""
    names = [name for name in sorted(cartflow.__all__, key=str.lower) if not name.startswith("_")]
    (source / "reference.md").write_text(_START + "".join(map(_entry, names)), encoding="utf-8")


def _entry(name: str) -> str:
    found = getattr(cartflow, name)
    where = f"{found.__module__}.{found.__name__}"
    kind = "autoclass" if inspect.isclass(found) else "autofunction"
    members = "   :members:\n" if inspect.isclass(found) else ""
    return f"\n## {name}\n\n```{{eval-rst}}\n.. {kind}:: {where}\n{members}```\n"
