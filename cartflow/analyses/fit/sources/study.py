"""A study of a tumour as what data are held against."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np

from cartflow.alone.forward.plan import Number
from cartflow.analyses.derivatives.numbers import directions_of
from cartflow.analyses.derivatives.outcomes import (
    Course,
    Sizes,
    Stacked,
    courses,
    sizes_of,
    stacked,
)
from cartflow.analyses.derivatives.run import require_one_system
from cartflow.analyses.derivatives.table import duals
from cartflow.analyses.fit.sources.body import BodySource
from cartflow.analyses.fit.sources.differenced import Differenced
from cartflow.analyses.fit.sources.moments import (
    Moments,
    moments_of,
    profile_names,
    require_depths,
)
from cartflow.analyses.fit.sources.of_study import OfStudy
from cartflow.analyses.fit.sources.organs import by_organ, masses
from cartflow.analyses.fit.sources.source import Courses, Runner, Source
from cartflow.analyses.fit.sources.varied import Varied, require_finished, saving_at
from cartflow.core.dual import SMALL
from cartflow.core.outcome import InputError
from cartflow.coupling.simulation import Simulation
from cartflow.coupling.tangents.direction import System
from cartflow.study.profiles import is_profile
from cartflow.study.study import Study

Array = np.ndarray


@dataclass(frozen=True, kw_only=True, eq=False)
class StudySource(OfStudy):
    """A study of a tumour; quantities are its courses over time, cells by organ as ``cells_ORGAN``.

    ``field_NAME`` are fields at a depth, which each of their values states. Derivatives are exact
    where body and tumour are one system on a line, else differences, as with `differences`.
    """

    differences: bool = False

    @cached_property
    def _exact(self) -> bool:
        if self.differences:
            return False
        try:
            require_one_system(self.study)
        except InputError:
            return False
        return True

    @cached_property
    def texts(self) -> frozenset[str]:
        """The files of profiles that fields start from."""
        fields = self.study.table.fields.items()
        starts = {name: table.initial for name, table in fields}
        found = [name for name, start in starts.items() if is_profile(start)]
        return frozenset(f"fields.{name}.initial.profile" for name in found)

    @cached_property
    def profiles(self) -> frozenset[str]:
        """The quantities that have a value at each depth."""
        return frozenset(profile_names(self.study.kinetics.species))

    @cached_property
    def units(self) -> dict[str, str]:
        """The internal unit of every quantity, by name."""
        simulation = self.study.simulation
        first = stacked([simulation.coupled.start(simulation.initial, 0.0)])
        found = _courses(self.study, simulation, first, _sizes(simulation))
        fields = {f"field_{s.name}": s.unit for s in self.study.kinetics.species}
        return {name: each.unit for name, each in found.items()} | fields

    def runner(
        self,
        settings: Mapping[str, Any],
        numbers: Sequence[Number],
        times: Array,
        depths: Array | None = None,
    ) -> Runner:
        """Return the run of a subject, which saves at its times and ends with the last."""
        moments = moments_of(times, depths)
        study = saving_at(self.study, settings, np.unique(times))
        require_depths(moments, _deepest(study), study.geometry.depth)
        run = _StudyRun(Varied(study, numbers), moments)
        return run if self._exact else Differenced(run.plain, numbers)


def study_source(path: Path, settings: Mapping[str, Any], exact: bool) -> Source:
    """Return the study at `path`, of a tumour or of organs alone. Raises `InputError`."""
    study = Study.from_file(path, settings)
    study.require_one_tumour()
    if study.table.tumour is None:
        return BodySource(study=study)
    return StudySource(study=study, differences=not exact)


class _StudyRun:
    """A study's run at values of its numbers, with the derivatives of its discrete steps."""

    def __init__(self, varied: Varied, moments: Moments) -> None:
        self._varied, self._moments = varied, moments

    def run(self, values: Array, slopes: bool) -> Courses:
        """Return the courses at the moments, and their derivatives. Raises `StepFailed`."""
        if not (slopes and len(values)):
            return Courses(values=self.plain(values), slopes={})
        study = self._varied.at(values)
        simulation = study.simulation
        directions = directions_of(study, self._varied.own)
        record = replace(simulation.unchecked(), directions=tuple(directions)).run()
        require_finished(study, record.outcome)
        times = np.array([state.time for state in record.states])
        states, found = stacked(record.states), dict[str, Array]()
        moves: dict[str, list[Array]] = {}
        for place, direction in enumerate(directions):
            tangents = stacked([each[place] for each in record.tangents])
            dual, sizes = duals(simulation, states, direction, tangents)
            for name, course in self._found(study, simulation, times, dual, sizes).items():
                found[name] = course.real
                slope = course.imag / (SMALL * direction.scale)
                moves.setdefault(name, []).append(slope * self._varied.factors[place])
        return Courses(values=found, slopes={name: np.array(each) for name, each in moves.items()})

    def plain(self, values: Array) -> dict[str, Array]:
        """Return the courses at the moments alone."""
        study = self._varied.at(values)
        simulation = study.simulation
        record = simulation.unchecked().run()
        require_finished(study, record.outcome)
        times = np.array([state.time for state in record.states])
        return self._found(study, simulation, times, stacked(record.states), _sizes(simulation))

    def _found(
        self, study: Study, simulation: Simulation, times: Array, states: Stacked, sizes: Sizes
    ) -> dict[str, Array]:
        found = self._moments.of(times, _courses(study, simulation, states, sizes))
        stretches = [simulation.coupled.stretch(each) for each in states.each]
        return found | self._moments.fields(
            times,
            states,
            sizes,
            study.kinetics.species,
            np.array(stretches or [1.0] * len(times)),
        )


def _courses(
    study: Study, simulation: Simulation, states: Stacked, sizes: Sizes
) -> dict[str, Course]:
    found = courses(simulation.coupled, states, sizes)
    return by_organ(found, simulation.coupled.network) | masses(study, len(states.tumour))


def _sizes(simulation: Simulation) -> Sizes:
    return sizes_of(System(simulation.coupled, simulation.initial))


def _deepest(study: Study) -> float:
    """Return how deep the tumour goes, mm: half a mesh cell below the deepest centre."""
    depth = np.sort(study.geometry.depth)
    table = study.table.geometry
    if table is not None and table.growth is not None:
        return np.inf
    return float(depth[-1] + 0.5 * (depth[-1] - depth[-2])) if len(depth) > 1 else np.inf
