"""The body that a study names, at its size and with its differences from others of that size."""

from __future__ import annotations

from pathlib import Path

from cartflow.pbpk.body import Body
from cartflow.pbpk.files.load import load_body
from cartflow.pbpk.sizes.organ_sizes import OrganSizes, with_organ_sizes
from cartflow.pbpk.sizes.size import SOURCES, of_size, size_rule
from cartflow.study.schema import BodyTable


def body_of(table: BodyTable, folder: Path) -> Body:
    """Return the body of a study. Raises `InputError`."""
    body = load_body(table.name, folder)
    if table.size_rule is not None or table.weight is not None or table.height is not None:
        body = of_size(body, table.weight, table.height, table.size_rule)
    given = table.factors
    sizes = OrganSizes(
        cardiac_output=1.0 if given.cardiac_output is None else given.cardiac_output.value,
        blood_volume=1.0 if given.blood_volume is None else given.blood_volume.value,
        volume={name: factor.value for name, factor in given.volume.items()},
        blood_flow={name: factor.value for name, factor in given.blood_flow.items()},
    )
    return with_organ_sizes(body, sizes)


def size_references(table: BodyTable | None, body: Body | None) -> list[str]:
    """Return where the rule is from by which a body's size follows, if the study gives one."""
    if table is None or body is None or (table.weight is None and table.height is None):
        return []
    return [SOURCES[size_rule(body, table.size_rule)]]
