"""What a study would run, assembled when it is first asked for, and what that rests on."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any, Self

import numpy as np

from cartflow.cells.simulation import CellSimulation
from cartflow.core.outcome import InputError
from cartflow.core.parameters import Parameter
from cartflow.coupling.body_alone import BodyAlone
from cartflow.coupling.runs import system_of
from cartflow.coupling.several.simulation import TumoursSimulation
from cartflow.coupling.simulation import Simulation
from cartflow.pbpk.body import Body
from cartflow.pbpk.trafficking import Trafficking
from cartflow.results.shelf import Saving
from cartflow.study.assembly import stated_parameters
from cartflow.study.basis import all_parameters, all_references
from cartflow.study.cells.walks import with_cells
from cartflow.study.composition import Composition
from cartflow.study.describe import describe
from cartflow.study.events.programme import Events, read_events
from cartflow.study.growth import growth_of, with_growth
from cartflow.study.numbers import StudyNumbers
from cartflow.study.overrides import errors_named
from cartflow.study.preparing import body_alone, coupled_simulation
from cartflow.study.saving import saving_of
from cartflow.study.several import tumours_simulation


@dataclass(frozen=True, kw_only=True, eq=False)
class Preparation(Composition, ABC):
    """The parts of a study put together; see `Composition`."""

    @abstractmethod
    def with_settings(self, settings: Mapping[str, Any]) -> Self:
        """Return the study with more `settings`."""

    @abstractmethod
    def in_body(self, body: Body, trafficking: Trafficking) -> Self:
        """Return the study in another body, by another model."""

    def describe(self) -> str:
        """Return in sentences what would run, and what of it is assumed, without running it."""
        return "\n".join(f"{what}: {words}" for what, words in self.described())

    def described(self) -> list[tuple[str, str]]:
        """Return what `describe` says as (what, sentence) pairs. Raises `InputError`."""
        run = self.prepared
        return describe(self, run, self.events, self.images, self.parameters())

    @cached_property
    def prepared(self) -> Simulation | TumoursSimulation | BodyAlone:
        """What runs: body and tumour, or several tumours, or without a tumour the body alone."""
        if self.events is None:
            return self.undisturbed
        with errors_named(self.name), np.errstate(all="ignore"):
            if isinstance(self.undisturbed, CellSimulation):
                raise InputError("courses of numbers are not there with fields as cells yet")
            return self.events.applied(self.undisturbed, lambda other: other.undisturbed)

    @property
    def simulation(self) -> Simulation:
        """The coupled simulation of densities, ready to run.

        Raises `InputError` without a tumour, and with fields as cells.
        """
        _ = self.tumour
        if isinstance(self.prepared, CellSimulation):
            msg = (
                f"{self.name}: fields as cells are there for runs and sweeps alone yet; leave out "
            )
            raise InputError(msg + "as = 'cells', or run it")
        assert isinstance(self.prepared, Simulation)
        return self.prepared

    def require_still(self, what: str) -> None:
        """Raise `InputError` if the tumour grows, which `what` does not know of."""
        if growth_of(self.table.geometry) is not None:
            msg = f"{self.name}: {what}: does not take a tumour that grows yet; run, sweep, refine "
            raise InputError(msg + "and fit do (geometry.growth)")

    @cached_property
    def undisturbed(self) -> Simulation | TumoursSimulation | BodyAlone:
        """What runs without the study's events."""
        # Where a number is too large the run stops and names the field, or an error names the key.
        with np.errstate(all="ignore"):
            return self._assembled()

    def _assembled(self) -> Simulation | TumoursSimulation | BodyAlone:
        if self.table.tumour is None and not self.tumours:
            return body_alone(self)
        _ = self.saving
        if self.tumours:
            made = tumours_simulation(self)
            self.used.update(made.used)
            self.images.update(made.images)
            return made.simulation
        simulation, used, images = coupled_simulation(self)
        self.used.update(used)
        self.images.update(images)
        with errors_named(self.name):
            return with_cells(with_growth(simulation, self), self.table)

    @cached_property
    def images(self) -> dict[str, str]:
        """What the study's images gave, in words by dotted key, once it was assembled."""
        return {}

    @cached_property
    def events(self) -> Events[Self] | None:
        """The study's events and courses of numbers, if it has any. Raises `InputError`."""
        if not self.table.events and not self.courses:
            return None
        firsts = {course.key: course.first() for course in self.courses}
        numbers = StudyNumbers(study=self.with_settings({"events": [], **firsts}))
        with errors_named(self.name):
            return read_events(self, numbers)

    @cached_property
    def used(self) -> dict[str, Parameter]:
        """The numbers of fields and tissue by dotted key, once the study was assembled."""
        return {}

    @property
    def stated(self) -> dict[str, Parameter]:
        """The numbers that the study states, by dotted key."""
        return {**stated_parameters(self.table), **self.used}

    def parameters(self) -> dict[str, Parameter]:
        """Return every number that the run uses, with unit, source and standing."""
        run = self.undisturbed
        events = {} if self.events is None else self.events.stated(system_of(run))
        return all_parameters(self, {**self.stated, **events})

    def references(self) -> list[str]:
        """Return the bibliography keys of everything that the study rests on."""
        named = () if self.events is None else self.events.entries.references
        return all_references(self, self.parameters(), named)

    @cached_property
    def saving(self) -> Saving:
        """Which fields are saved, and how. Raises `InputError` for one that there is not."""
        with errors_named(self.name):
            species = () if self.table.tumour is None else self.kinetics.species_names
            several = self.networks.values() if self.tumours else ()
            inside = dict.fromkeys(s for network in several for s in network.species_names)
            return saving_of(self.table.save, [*species, *inside])
