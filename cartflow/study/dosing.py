"""From the dose tables of a study to doses."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import replace

from cartflow.core.outcome import InputError, require_known
from cartflow.core.parameters import Parameter
from cartflow.core.units import rational
from cartflow.kinetics.network import Network, Species
from cartflow.pbpk.doses import Dose
from cartflow.study.schedule import require_before_end
from cartflow.study.schema import DoseTable


def build_doses(tables: Sequence[DoseTable], network: Network, end: Parameter) -> tuple[Dose, ...]:
    """Return the doses, of the first phenotype where none is named, all over by `end`.

    Raises `InputError` naming the dose and its key.
    """
    travelling = [s.name for s in network.species if s.role == "phenotype"]
    if not travelling:
        msg = "kinetics: no species has the role phenotype, so nothing can be infused"
        raise InputError(msg)
    return tuple(
        dose
        for i, table in enumerate(tables)
        for dose in _parts(table, _dose(table, f"doses.{i}", travelling, end), f"doses.{i}", end)
    )


def cells_alone(tables: Sequence[DoseTable]) -> Network:
    """Return the cells that doses give where no kinetics name any: ``cart``, unless they do."""
    names = dict.fromkeys(table.phenotype or "cart" for table in tables) or {"cart": None}
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


def _dose(table: DoseTable, key: str, travelling: list[str], end: Parameter) -> Dose:
    phenotype = table.phenotype or travelling[0]
    require_known(phenotype, travelling, f"{key}.phenotype")
    require_before_end(table.time, end, f"{key}.time")
    dose = Dose(
        route=table.route,
        cells=table.cells.value,
        phenotype=phenotype,
        time=0.0 if table.time is None else table.time.value,
        duration=0.0 if table.duration is None else table.duration.value,
        tumour=table.tumour or "",
    )
    if table.duration is not None and dose.end > end.value:
        msg = f"{key}.duration: '{table.duration.stated}' goes on after time.end"
        raise InputError(msg)
    return dose
