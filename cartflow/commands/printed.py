"""What ships, and what a file holds, as tables."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from cartflow.commands.columns import print_sources, print_table
from cartflow.core.outcome import InputError, require_known, suggest
from cartflow.core.paths import kind_of

if TYPE_CHECKING:
    from cartflow.kinetics.model import Model

KINDS = (
    "body",
    "trafficking",
    "kinetics",
    "intervention",
    "measured",
    "geometry",
    "image",
    "vessels",
    "study",
)


def show(kind: str, name: str | None) -> None:
    """Print the list of a kind (but study), or one of it."""
    require_known(kind, KINDS, "show")
    if kind == "study":
        _show_study(name)
    elif kind == "image":
        _show_image(name)
    elif name is None:
        print_table(["name", "what"], [[name, _title(kind, name)] for name in _names(kind)])
    elif kind == "kinetics":
        _show_kinetics(name)
    elif kind == "intervention":
        _show_intervention(name)
    elif kind == "geometry":
        _show_geometry(name)
    elif kind == "measured":
        from cartflow.commands.printed_measured import show_measured

        show_measured(name)
    else:
        _show_numbers(kind, name)


def _names(kind: str) -> list[str]:
    from cartflow.kinetics.files import load as kinetics
    from cartflow.kinetics.interventions import intervention_names
    from cartflow.pbpk.files import load as pbpk
    from cartflow.pbpk.measured.table import measured_names

    if kind == "body":
        return pbpk.body_names()
    if kind == "trafficking":
        return pbpk.trafficking_names()
    if kind == "kinetics":
        return kinetics.names()
    if kind == "intervention":
        return intervention_names()
    return measured_names() if kind == "measured" else list(_SHAPES)


def _title(kind: str, name: str) -> str:
    from cartflow.kinetics.files.load import load
    from cartflow.kinetics.interventions import load_intervention
    from cartflow.pbpk.files.load import load_body, load_trafficking
    from cartflow.pbpk.measured.table import load_measured

    if kind == "body":
        return load_body(name).title
    if kind == "trafficking":
        return load_trafficking(name).title
    if kind == "intervention":
        return load_intervention(name).title
    if kind == "measured":
        table = load_measured(name)
        return f"{table.title}: {table.cells}"
    return load(name).title if kind == "kinetics" else _SHAPES[name]


def _show_numbers(kind: str, name: str) -> None:
    from cartflow.pbpk.body import Body
    from cartflow.pbpk.describe import describe, totals, ways
    from cartflow.pbpk.files.load import load_body, load_trafficking

    noun = load_body(name) if kind == "body" else load_trafficking(name)
    print(f"{noun.name}: {noun.title}")
    rows = describe(noun)
    print_table(
        ["organ", "quantity", "value", "unit", "source", "standing", "note"],
        [
            [r.organ, r.quantity, f"{r.value:.6g}", r.unit, r.source, r.standing, r.note]
            for r in rows
        ],
    )
    print("\n" + "\n".join(totals(noun) if isinstance(noun, Body) else ways(noun)))
    print_sources([r.source for r in rows])


def _show_intervention(name: str) -> None:
    from cartflow.kinetics.interventions import load_intervention

    own = load_intervention(name)
    print(f"{own.name}: {own.title}\n\n{own.notes}\n")
    print_table(
        ["number", "value", "source", "standing", "note"],
        [[n, p.stated, p.source, p.standing, p.note] for n, p in own.numbers.items()],
    )
    targets = ((n, ", ".join(t) if isinstance(t, list) else t) for n, t in own.acts_on.items())
    print("\nacts on       " + ("; ".join(f"{n} = {t}" for n, t in targets) or "everything"))
    print_sources([*(p.source for p in own.numbers.values()), *own.references])


def _show_kinetics(name: str) -> None:
    from cartflow.kinetics.describe import (
        equations,
        parameter_notes,
        quantities,
        reactions,
        triggers,
    )
    from cartflow.kinetics.files.load import load_model

    model = load_model(name)
    network = model.network
    print(f"{network.name}: {network.title}\n")
    print("\n".join(equations(network)) + "\n")
    print("\n".join(reactions(network)) + "\n")
    for lines in (quantities(model), triggers(model)):
        print("\n".join([*lines, ""]) if lines else "", end="\n" if lines else "")
    if model.scaling.volume is not None:
        print(f"compartment volume: {model.scaling.volume.stated} ({model.scaling.volume.note})\n")
    notes = parameter_notes(model)
    print_table(
        ["parameter", "value", "unit", "source", "standing", "note"],
        [
            [k, f"{p.value:.6g}", p.unit, p.source, p.standing, notes[k]]
            for k, p in network.parameters.items()
        ],
    )
    if network.notes:
        print(f"\n{network.notes}")
    _show_runs(model)
    numbers = model.numbers().values()
    print_sources(
        [*network.references, *(p.source for p in numbers), *(c.source for c in model.checks)]
    )


def _show_runs(model: Model) -> None:
    """Print what happens, flags, scenarios and check values, as far as there are any."""
    from cartflow.kinetics.describe import check_values, happenings, scenarios

    if happens := happenings(model):
        print("\nin every scenario, and wherever the model acts")
        print("\n".join(happens))
    for text in model.flags:
        print(f"\nflag: {text}" if text is model.flags[0] else f"flag: {text}")
    if model.scenarios:
        print("\nscenarios (cartflow simulate NAME --scenario S)")
        print("\n".join(scenarios(model)))
    if model.checks:
        print()
        header = ["check", "kind", "scenario", "expected", "within", "standing", "source", "note"]
        print_table(header, check_values(model))


_ROW = "cells, layers, grading"
_SHAPES = {
    "slab": f"length, {_ROW}; boundaries left and right",
    "ball": f"radius, {_ROW}; boundary rim",
    "hollow_ball": f"radius, inner_radius, {_ROW}, depth_from; boundaries rim and wall",
    "cylinder": f"radius, length, {_ROW}; boundary rim",
    "cylindrical_shell": (
        f"radius, inner_radius, length, {_ROW}, depth_from; boundaries rim and wall"
    ),
    "ellipsoid": "semi_axes (three), spacing; boundary rim",
    "box": "lengths, cells, regions; boundaries left, right, bottom, top (and back, front)",
    "mask": (
        "file (an image, or a list of them), labels, largest_component, coarsen, surface; boundary "
        "rim, and wall around cavities"
    ),
    "mesh": (
        "file (.msh of Gmsh, or another of cells), unit, thickness; regions and boundaries by "
        "their groups, and rim"
    ),
    "phantom": "volume, spacing, lobes, seed, surface; boundary rim",
}


def _show_geometry(name: str) -> None:
    from cartflow.geometries.description import describe
    from cartflow.geometries.images.mask import read_mask, voxel_mask
    from cartflow.geometries.shapes.phantom import lobulated_phantom
    from cartflow.study.study import Study

    path = Path(name)
    if name == "phantom":
        labels, affine = lobulated_phantom()
        geometry = voxel_mask(labels, affine, {"viable": 1, "centre": 2}, source="phantom")
    elif name in _SHAPES:
        print(f"{name}: {_SHAPES[name]}; regions all, core and rim besides those named")
        return
    elif path.suffix == ".toml":
        geometry = Study.from_file(path).geometry
    elif kind_of(path) != "nothing":
        geometry = read_mask(path)
    else:
        msg = f"geometry: unknown name '{name}'; {suggest(name, _SHAPES)}, or a study or image file"
        raise InputError(msg)
    print_table(["what", "value"], [list(row) for row in describe(geometry)])


def _show_study(name: str | None) -> None:
    from cartflow.study.study import Study

    if name is None:
        raise InputError("show study: name a study file")
    print_table(["what", "value"], [list(row) for row in Study.from_file(name).described()])


def _show_image(name: str | None) -> None:
    from cartflow.commands.images import image_rows

    if name is None:
        raise InputError("show image: name an image file, or a folder with a DICOM series")
    print_table(["what", "value"], image_rows(Path(name)))
