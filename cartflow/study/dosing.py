"""From the dose tables of a study to doses."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import replace

from cartflow.core.outcome import InputError, named, require_known
from cartflow.core.parameters import Parameter
from cartflow.core.units.fractions import rational
from cartflow.kinetics.network import Network, Species
from cartflow.pbpk.body import Body
from cartflow.pbpk.doses import Dose
from cartflow.study.most import MOST_CELLS, require_possible
from cartflow.study.schedule import require_before_end
from cartflow.study.schema import DoseTable


def build_doses(
    tables: Sequence[DoseTable], network: Network, end: Parameter, body: Body | None = None
) -> tuple[Dose, ...]:
    """Return the doses, of the first phenotype where none is named, all over by `end`.

    Cells per body weight are those of `body`. Raises `InputError` naming the dose and its key.
    """
    travelling = [s.name for s in network.species if s.role == "phenotype"]
    if tables and not travelling:
        msg = "doses: no species of the kinetics has the role phenotype, so nothing can be infused"
        raise InputError(msg)
    return tuple(
        dose
        for i, table in enumerate(tables)
        for whole in _doses(table, f"doses.{i}", travelling, end, body)
        for dose in _parts(table, whole, f"doses.{i}", end)
    )


def dosed_cells(table: DoseTable, body: Body | None, key: str) -> float:
    """Return the cells of a dose: per weight of `body` if it says so, at most its `maximum`.

    Raises `InputError` where it is per weight and there is no body, or more than possible.
    """
    cells = table.cells.value
    if table.cells.unit != "cell":
        if body is None:
            msg = f"{key}.cells: '{table.cells.stated}' is per body weight, and there is no [body]"
            raise InputError(msg)
        cells *= body.body_weight.value
    if table.maximum is not None:
        cells = min(cells, table.maximum.value)
    with named(f"{key}.cells"):
        require_possible(cells, MOST_CELLS, "cells")
    return cells


def cells_alone(tables: Sequence[DoseTable]) -> Network:
    """Return the cells that doses give where no kinetics name any: ``cart``, unless they do."""
    given = [name for table in tables for name in table.shares or [table.phenotype or "cart"]]
    names = dict.fromkeys(given) or {"cart": None}
    species = tuple(Species(name=name, role="phenotype") for name in names)
    return Network(name="none", species=species)


def _parts(table: DoseTable, dose: Dose, key: str, end: Parameter) -> list[Dose]:
    """Return the parts of a split dose, or the dose itself."""
    if (table.split is None) != (table.interval is None):
        msg = f"{key}.split: a split dose needs both 'split' and 'interval'"
        raise InputError(msg)
    if table.split is None or table.interval is None:
        return [dose]
    shares = [share.value for share in table.split]
    if not math.isclose(sum(shares), 1.0, rel_tol=1e-9):
        msg = f"{key}.split: the shares add up to {sum(shares):.6g}, not 1"
        raise InputError(msg)
    first, interval = rational(dose.time), rational(table.interval.value)
    parts = [
        replace(dose, cells=dose.cells * share, time=float(first + n * interval))
        for n, share in enumerate(shares)
    ]
    if parts[-1].end > end.value:
        msg = f"{key}.split: the last part is given at {parts[-1].end:.6g} day, after time.end"
        raise InputError(msg)
    return parts


def _doses(
    table: DoseTable, key: str, travelling: list[str], end: Parameter, body: Body | None
) -> list[Dose]:
    """Return the dose, or one of each phenotype that has a share of it."""
    cells = dosed_cells(table, body, key)
    if table.shares is None:
        return [_dose(table, key, table.phenotype or travelling[0], cells, travelling, end)]
    if table.phenotype is not None:
        msg = f"{key}.phenotype: has no effect beside {key}.shares, which name phenotypes"
        raise InputError(msg)
    shares = {name: share.value for name, share in table.shares.items()}
    for name in shares:
        require_known(name, travelling, f"{key}.shares")
    if not sum(shares.values()) > 0:
        msg = f"{key}.shares: are all 0; they must be above 0 together"
        raise InputError(msg)
    whole = sum(shares.values())
    return [
        _dose(table, key, name, cells * share / whole, travelling, end)
        for name, share in shares.items()
        if share > 0
    ]


def _dose(
    table: DoseTable, key: str, phenotype: str, cells: float, travelling: list[str], end: Parameter
) -> Dose:
    require_known(phenotype, travelling, f"{key}.phenotype")
    require_before_end(table.time, end, f"{key}.time")
    dose = Dose(
        route=table.route,
        cells=cells,
        phenotype=phenotype,
        time=0.0 if table.time is None else table.time.value,
        duration=0.0 if table.duration is None else table.duration.value,
        tumour=table.tumour or "",
    )
    if table.duration is not None and dose.end > end.value:
        msg = f"{key}.duration: '{table.duration.stated}' goes on after time.end"
        raise InputError(msg)
    return dose
