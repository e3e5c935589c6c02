"""From a study of several tumours to what runs: each tumour, and the body that they share."""

from __future__ import annotations

from dataclasses import dataclass, replace

from cartflow.core.outcome import InputError
from cartflow.core.parameters import Parameter
from cartflow.coupling.coupled import Coupled
from cartflow.coupling.happenings import Happenings
from cartflow.coupling.several.simulation import TumoursSimulation
from cartflow.coupling.several.system import Tumours
from cartflow.coupling.simulation import Simulation
from cartflow.study.cells.walks import require_no_cells
from cartflow.study.composition import Composition
from cartflow.study.dosing import build_doses
from cartflow.study.growth import require_no_growth
from cartflow.study.overrides import errors_named
from cartflow.study.parts import control
from cartflow.study.preparing import coupled_simulation, placed
from cartflow.study.schedule import save_times
from cartflow.study.tumours.checks import require_fields, require_several, travellers
from cartflow.study.tumours.own import errors_of


@dataclass(frozen=True, kw_only=True, eq=False)
class Assembled:
    """What runs, the numbers of its fields and tissues, and what images gave, by dotted key."""

    simulation: TumoursSimulation
    used: dict[str, Parameter]
    images: dict[str, str]


def tumours_simulation(study: Composition) -> Assembled:
    """Return what runs of a study of several tumours. Raises `InputError`."""
    table = study.table
    with errors_named(study.name):
        require_several(table)
        if table.regions:
            name = next(iter(table.regions))
            msg = f"regions.{name}: regions that follow a field are for studies of one tumour yet"
            raise InputError(msg)
        require_no_growth({name: one.geometry for name, one in table.tumours.items()})
        require_fields(study.written, study.networks)
        network = travellers(study.networks)
        doses = build_doses(table.doses, network, table.time.end)
    parts: dict[str, Simulation] = {}
    used: dict[str, Parameter] = {}
    images: dict[str, str] = {}
    for name, one in study.tumours.items():
        parts[name], numbers, words = _one(study, name, one)
        used |= {_named(name, key): number for key, number in numbers.items()}
        images |= {_named(name, key): text for key, text in words.items()}
    with errors_named(study.name):
        everywhere = study.models.happenings(study.organ_kinetics)
        tumours = Tumours(
            network=study.organs,
            parts={name: _inside(part.coupled) for name, part in parts.items()},
            doses=doses,
            kinetics=study.organ_kinetics,
            happenings=Happenings(sites=everywhere.sites),
        )
        tumours = replace(tumours, placed=placed(study, tumours.product_names))
        simulation = TumoursSimulation(
            tumours=tumours,
            initial=tumours.layout.joined([part.initial for part in parts.values()]),
            save_times=save_times(table.time, [dose.time for dose in doses], table.save.every),
            control=control(table.solver),
        )
    return Assembled(simulation=simulation, used=used, images=images)


def _one(
    study: Composition, name: str, one: Composition
) -> tuple[Simulation, dict[str, Parameter], dict[str, str]]:
    """Return one tumour as of a run with it, in the organs of all."""
    assert study.written is not None
    organs = study.organs
    vars(one)["organs"] = replace(organs, egress_rate=organs.tumours[name].egress_rate)
    with errors_of(study.written, name, study.name):
        require_no_cells(one.table)
        return coupled_simulation(one)


def _inside(coupled: Coupled) -> Coupled:
    """Return a tumour without what is the body's."""
    inside = Happenings(tumour=coupled.happenings.tumour)
    return replace(coupled, kinetics=None, happenings=inside, placed=None)


def _named(name: str, key: str) -> str:
    return f"tumours.{name}.{key.removeprefix('tumour.')}"
