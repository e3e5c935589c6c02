"""What a study must not say: names that do not exist, keys that would have no effect."""

from __future__ import annotations

from cartflow.geometries.geometry import Geometry
from cartflow.outcome import InputError, require_known
from cartflow.schema import StudyTable, TumourTable


def refuse_unused(table: StudyTable) -> None:
    """Raise `InputError` on a key that would have no effect: a study should do what it says."""
    _refuse_unused_tumour(table.tumour)
    if table.tissue.matrix is not None:
        return
    if table.tissue.open_porosity is not None:
        raise InputError("tissue.open_porosity: needs tissue.matrix, the field it follows")
    for name, item in table.fields.items():
        if item.open_gain is not None:
            msg = f"fields.{name}.open_gain: needs tissue.matrix, the field it follows"
            raise InputError(msg)


def require_regions(table: TumourTable, geometry: Geometry) -> None:
    """Raise `InputError` naming the key of a region or boundary that the geometry has not."""
    for key in ("region", "egress_region", "injection_region"):
        name = getattr(table, key)
        if name is not None:
            require_known(name, geometry.regions, f"tumour.{key}")
    if table.boundary is not None:
        require_known(table.boundary, geometry.boundaries, "tumour.boundary")


def _refuse_unused_tumour(table: TumourTable) -> None:
    if table.feeding == "vessels" and table.boundary is not None:
        raise InputError("tumour.boundary: only a tumour with feeding = 'rim' has one")
    if table.feeding == "rim" and table.region is not None:
        raise InputError("tumour.region: only a tumour with feeding = 'vessels' has one")
    if table.egress_rate is not None and table.retention is not None:
        raise InputError("tumour.retention: has no effect beside tumour.egress_rate")
