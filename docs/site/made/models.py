"""A page for each shipped kinetics model: its equations, numbers, scenarios and references."""

from __future__ import annotations

from pathlib import Path

from cartflow.core.bibliography import reference, references
from cartflow.kinetics.describe import parameter_notes, quantities, reactions, scenarios
from cartflow.kinetics.files.load import load_model, names
from cartflow.kinetics.model import Model
from cartflow.kinetics.typeset import typeset
from made.table import plain, table

_HEADER = ["Number", "Value", "Unit", "Source", "Standing", "Note"]


def write_models(source: Path) -> None:
    """Write `models/NAME.md` for every model, and the list of them, into `source`."""
    folder = source / "kinetics"
    folder.mkdir()
    models = [load_model(name) for name in names()]
    for model in models:
        (folder / f"{model.name}.md").write_text(_page(model), encoding="utf-8")
    (source / "kinetics_models.md").write_text(_list(models), encoding="utf-8")


def _list(models: list[Model]) -> str:
    rows = table(["Model", "What it is"], [])
    rows += "".join(
        f"| [{plain(m.name)}](kinetics/{m.name}.md) | {plain(m.network.title)} |\n" for m in models
    )
    entries = "\n".join(f"kinetics/{m.name}" for m in models)
    return (
        "# Kinetics models that ship\n\nEach page is made from the model's file, the one that a "
        "study or `cartflow simulate` runs. Which model for what: [models](models.md).\n\n"
        f"{rows}\n```{{toctree}}\n:hidden:\n{entries}\n```\n"
    )


def _page(model: Model) -> str:
    network, notes = model.network, parameter_notes(model)
    rows = [
        [name, f"{p.value:.6g}", p.unit, p.source, p.standing, notes[name]]
        for name, p in network.parameters.items()
    ]
    parts = [
        f"# {plain(model.name)}",
        plain(network.title),
        typeset(network),
        _lines("Reactions", reactions(network)),
        _lines("Quantities", quantities(model)),
        "## Numbers\n\n" + table(_HEADER, rows) if rows else "",
        plain(network.notes),
        _items("What the sources leave open", model.flags),
        _items("Scenarios", [*scenarios(model)] if model.scenarios else []),
        _items("References", _references(model)),
    ]
    return "\n\n".join(part for part in parts if part) + "\n"


def _references(model: Model) -> list[str]:
    sources = [p.source for p in model.numbers().values()] + [c.source for c in model.checks]
    return [reference(key) for key in references([*model.network.references, *sources])]


def _lines(title: str, lines: list[str]) -> str:
    return f"## {title}\n\n```text\n" + "\n".join(lines) + "\n```" if lines else ""


def _items(title: str, items: list[str] | tuple[str, ...]) -> str:
    return f"## {title}\n\n" + "\n".join(f"- {plain(item)}" for item in items) if items else ""
