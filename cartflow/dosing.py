"""From the dose tables of a study to doses."""

from __future__ import annotations

from collections.abc import Sequence

from cartflow.kinetics.network import Network
from cartflow.outcome import InputError, require_known
from cartflow.parameters import Parameter
from cartflow.pbpk.doses import Dose
from cartflow.schedule import require_before_end
from cartflow.schema import DoseTable


def build_doses(tables: Sequence[DoseTable], network: Network, end: Parameter) -> tuple[Dose, ...]:
    """Return the doses, of the first phenotype where none is named, all over by `end`.

    Raises `InputError` naming the dose and its key.
    """
    travelling = [s.name for s in network.species if s.role == "phenotype"]
    if not travelling:
        msg = "kinetics: no species has the role phenotype, so nothing can be infused"
        raise InputError(msg)
    return tuple(_dose(table, f"doses.{i}", travelling, end) for i, table in enumerate(tables))


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
    )
    if table.duration is not None and dose.end > end.value:
        msg = f"{key}.duration: '{table.duration.stated}' goes on after time.end"
        raise InputError(msg)
    return dose
