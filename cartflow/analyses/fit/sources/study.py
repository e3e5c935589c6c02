"""A study (body and tumour) as what data are held against."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np

from cartflow.alone.forward.plan import Number
from cartflow.analyses.derivatives.numbers import directions_of, own_name
from cartflow.analyses.derivatives.outcomes import Course, courses, sizes_of, stacked
from cartflow.analyses.derivatives.run import require_one_system
from cartflow.analyses.derivatives.table import dual_courses
from cartflow.analyses.fit.sources.differenced import Differenced
from cartflow.analyses.fit.sources.source import Courses, Runner, Stated, origin_of
from cartflow.analyses.fit.table.measurements import Measurements
from cartflow.core.dual import SMALL
from cartflow.core.outcome import InputError, StepFailed
from cartflow.core.provenance import installed_version
from cartflow.core.units import to_internal
from cartflow.coupling.simulation import Simulation
from cartflow.coupling.tangents.direction import System
from cartflow.pbpk.flows.observables import organ_table
from cartflow.study.numbers import StudyNumbers
from cartflow.study.overrides import without_folders
from cartflow.study.study import Study

Array = np.ndarray


@dataclass(frozen=True, kw_only=True, eq=False)
class StudySource:
    """A study of a tumour; quantities are its courses over time, cells by organ as ``cells_ORGAN``.

    Derivatives are exact where body and tumour are one system on a line, else differences, as
    with `differences`.
    """

    study: Study
    differences: bool = False

    @property
    def name(self) -> str:
        """The study's file."""
        return self.study.name

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
    def units(self) -> dict[str, str]:
        """The internal unit of every quantity, by name."""
        simulation = self.study.simulation
        system = System(simulation.coupled, simulation.initial)
        first = simulation.coupled.start(simulation.initial, 0.0)
        found = courses(simulation.coupled, stacked([first]), sizes_of(system))
        return {name: each.unit for name, each in _by_organ(found, simulation).items()}

    @cached_property
    def _numbers(self) -> StudyNumbers[Study]:
        return StudyNumbers(study=self.study)

    def keys(self) -> list[str]:
        """Return the numbers that may vary."""
        return list(self._numbers.with_geometry)

    def stated(self, key: str, unit: str) -> Stated | None:
        """Return what is known of the number `key`, named as by ``--set`` or in a cohort."""
        found = self._numbers.with_geometry.get(own_name(key))
        if found is None:
            return None
        one = to_internal(f"1 {unit}", found.unit) if unit else 1.0
        bounds = found.bounds and (found.bounds[0] / one, found.bounds[1] / one)
        return Stated(
            unit=unit or found.unit,
            value=found.value / one,
            bounds=bounds,
            origin=origin_of(found),
        )

    def runner(
        self, settings: Mapping[str, Any], numbers: Sequence[Number], times: Array
    ) -> Runner:
        """Return the run of a subject, which saves at its times and ends with the last."""
        end = max(float(times[-1]), 1e-6)
        save = [f"{time!r} day" for time in times.tolist()]
        study = self.study.with_settings(
            {**settings, "time": {"end": f"{end!r} day", "save": save}}
        )
        run = _StudyRun(study, numbers, times)
        return run if self._exact else Differenced(run.plain, numbers)

    def dosed(self, data: Measurements, subject: str, into: str | None) -> StudySource:
        """Return it; doses stand in a study, so that those of a table are refused."""
        if data.doses:
            msg = f"{data.source}: has doses; in a study they stand in its file (doses)"
            raise InputError(msg)
        return self

    def identity(self) -> dict[str, str]:
        """Return the study's text and settings, and the version."""
        return {
            "title": self.study.table.title,
            "study": self.study.text,
            "study_settings": json.dumps(without_folders(self.study.settings), default=str),
            "source": f"cartflow {installed_version('cartflow')}",
        }


def study_source(path: Path, settings: Mapping[str, Any], exact: bool) -> StudySource:
    """Return the study at `path`. Raises `InputError`, too for one without a tumour."""
    study = Study.from_file(path, settings)
    study.require_one_tumour()
    if study.table.tumour is None:
        msg = f"{study.name}: fit: a study needs a tumour, as yet; fit its kinetics alone"
        raise InputError(msg)
    return StudySource(study=study, differences=not exact)


def _by_organ(found: Mapping[str, Course], simulation: Simulation) -> dict[str, Course]:
    """Return courses, those by organ each under a name of its own."""
    result: dict[str, Course] = {}
    organs = organ_table(simulation.coupled.network).organs
    for name, each in found.items():
        if each.dims == ("organ",):
            for k, organ in enumerate(organs):
                result[f"{name}_{organ}"] = replace(each, values=each.values[:, k], dims=())
        else:
            result[name] = each
    return result


class _StudyRun:
    """A study's run at values of its numbers, with the derivatives of its discrete steps."""

    def __init__(self, study: Study, numbers: Sequence[Number], times: Array) -> None:
        self._study, self._numbers, self._times = study, numbers, times
        self._base = StudyNumbers(study=study)
        known = self._base.with_geometry
        self._own = [own_name(n.key) for n in numbers]
        self._factors = np.array(
            [
                1.0 if n.unit == known[o].unit else to_internal(f"1 {n.unit}", known[o].unit)
                for n, o in zip(numbers, self._own, strict=True)
            ]
        )

    def run(self, values: Array, slopes: bool) -> Courses:
        """Return the courses at the times, and their derivatives. Raises `StepFailed`."""
        study = self._at(values)
        if not (slopes and len(values)):
            return Courses(values=self._courses(study), slopes={})
        simulation = study.simulation
        directions = directions_of(study, self._own)
        record = replace(simulation.unchecked(), directions=tuple(directions)).run()
        self._require_finished(record.outcome)
        states, found = stacked(record.states), dict[str, Array]()
        moves: dict[str, list[Array]] = {}
        for place, direction in enumerate(directions):
            tangents = [each[place] for each in record.tangents]
            duals = dual_courses(simulation, states, direction, stacked(tangents))
            for name, course in _by_organ(duals, simulation).items():
                found[name] = course.values.real
                slope = course.values.imag / (SMALL * direction.scale)
                moves.setdefault(name, []).append(slope * self._factors[place])
        times = np.array([state.time for state in record.states])
        here = _places(times, self._times)
        return Courses(
            values={name: course[here] for name, course in found.items()},
            slopes={name: np.array(each)[:, here] for name, each in moves.items()},
        )

    def plain(self, values: Array) -> dict[str, Array]:
        """Return the courses at the times alone."""
        return self._courses(self._at(values))

    def _at(self, values: Array) -> Study:
        given = dict(zip(self._own, (values * self._factors).tolist(), strict=True))
        try:
            return self._base.varied(given) if given else self._study
        except InputError as error:
            raise StepFailed(self._study.name, str(error)) from None

    def _courses(self, study: Study) -> dict[str, Array]:
        simulation = study.simulation
        record = simulation.unchecked().run()
        self._require_finished(record.outcome)
        system = System(simulation.coupled, simulation.initial)
        found = courses(simulation.coupled, stacked(record.states), sizes_of(system))
        here = _places(np.array([state.time for state in record.states]), self._times)
        return {n: c.values[here] for n, c in _by_organ(found, simulation).items()}

    def _require_finished(self, outcome: Any) -> None:
        if outcome.status != "finished":
            raise StepFailed(self._study.name, str(outcome))


def _places(saved: Array, wanted: Array) -> Array:
    """Return where each wanted time was saved."""
    right = np.clip(np.searchsorted(saved, wanted), 1, len(saved) - 1)
    nearer = np.abs(saved[right - 1] - wanted) < np.abs(saved[right] - wanted)
    return np.where(nearer, right - 1, right)
