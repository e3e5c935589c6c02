"""``cartflow show``: what ships, and what a file holds, as tables."""

from __future__ import annotations

from pathlib import Path

from cartflow.bibliography import reference, references
from cartflow.outcome import InputError, require_known, suggest

KINDS = ("body", "trafficking", "kinetics", "geometry")


def show(kind: str, name: str | None) -> None:
    """Print the list of a kind (body, trafficking, kinetics, geometry), or one of it."""
    require_known(kind, KINDS, "show")
    if name is None:
        _table(["name", "what"], [[name, _title(kind, name)] for name in _names(kind)])
    elif kind == "kinetics":
        _show_kinetics(name)
    elif kind == "geometry":
        _show_geometry(name)
    else:
        _show_numbers(kind, name)


def _names(kind: str) -> list[str]:
    from cartflow.kinetics import load as kinetics
    from cartflow.pbpk import load as pbpk

    if kind == "body":
        return pbpk.body_names()
    if kind == "trafficking":
        return pbpk.trafficking_names()
    if kind == "kinetics":
        return kinetics.names()
    return list(_SHAPES)


def _title(kind: str, name: str) -> str:
    from cartflow.kinetics.load import load
    from cartflow.pbpk.load import load_body, load_trafficking

    if kind == "body":
        return load_body(name).title
    if kind == "trafficking":
        return load_trafficking(name).title
    return load(name).title if kind == "kinetics" else _SHAPES[name]


def _show_numbers(kind: str, name: str) -> None:
    from cartflow.pbpk.describe import describe
    from cartflow.pbpk.load import load_body, load_trafficking

    noun = load_body(name) if kind == "body" else load_trafficking(name)
    print(f"{noun.name}: {noun.title}")
    rows = describe(noun)
    _table(
        ["organ", "quantity", "value", "unit", "source", "standing", "note"],
        [
            [r.organ, r.quantity, f"{r.value:.6g}", r.unit, r.source, r.standing, r.note]
            for r in rows
        ],
    )
    _sources([r.source for r in rows])


def _show_kinetics(name: str) -> None:
    from cartflow.kinetics.describe import equations, reactions
    from cartflow.kinetics.load import load

    network = load(name)
    print(f"{network.name}: {network.title}\n")
    print("\n".join(equations(network)) + "\n")
    print("\n".join(reactions(network)) + "\n")
    parameters = network.described_parameters()
    _table(
        ["parameter", "value", "unit", "source", "standing", "note"],
        [
            [k, f"{p.value:.6g}", p.unit, p.source, p.standing, p.note]
            for k, p in parameters.items()
        ],
    )
    if network.notes:
        print(f"\n{network.notes}")
    _sources([*network.references, *(p.source for p in parameters.values())])


_SHAPES = {
    "slab": "length, cells, layers; boundaries left and right",
    "ball": "radius, cells, layers; boundary rim",
    "box": "lengths, cells, regions; boundaries left, right, bottom, top (and back, front)",
    "mask": "file (NIfTI or NRRD), labels, largest_component, coarsen; boundary rim",
    "phantom": "volume, spacing, lobes, seed; boundary rim",
}


def _show_geometry(name: str) -> None:
    from cartflow.geometries.description import describe
    from cartflow.geometries.mask import read_mask, voxel_mask
    from cartflow.geometries.phantom import lobulated_phantom
    from cartflow.study import Study

    path = Path(name)
    if name == "phantom":
        labels, affine = lobulated_phantom()
        geometry = voxel_mask(labels, affine, {"viable": 1, "centre": 2}, source="phantom")
    elif name in _SHAPES:
        print(f"{name}: {_SHAPES[name]}; regions all, core and rim besides those named")
        return
    elif path.suffix == ".toml":
        geometry = Study.from_file(path).geometry
    elif path.exists():
        geometry = read_mask(path)
    else:
        msg = f"geometry: unknown name '{name}'; {suggest(name, _SHAPES)}, or a study or image file"
        raise InputError(msg)
    _table(["what", "value"], [list(row) for row in describe(geometry)])


def _table(header: list[str], rows: list[list[str]]) -> None:
    """Print rows in columns as wide as their longest entry; the last column runs free."""
    lines = [header, *rows]
    widths = [max(len(line[i]) for line in lines) for i in range(len(header) - 1)]
    for line in lines:
        cells = [text.ljust(width) for text, width in zip(line, widths, strict=False)]
        print("  ".join([*cells, line[-1]]).rstrip())


def _sources(keys: list[str]) -> None:
    print()
    for key in references(keys):
        print(f"[{key}] {reference(key)}")
