"""What studies share as what data are held against: name, numbers, doses of their own."""

from __future__ import annotations

import json
from dataclasses import dataclass
from functools import cached_property
from typing import Self

from cartflow.analyses.derivatives.numbers import own_name
from cartflow.analyses.fit.sources.source import NOWHERE, Stated, origin_of
from cartflow.analyses.fit.table.measurements import Measurements
from cartflow.core.outcome import InputError
from cartflow.core.provenance import installed_version
from cartflow.core.units.conversion import to_internal
from cartflow.study.numbers import StudyNumbers
from cartflow.study.overrides import without_folders
from cartflow.study.study import Study


@dataclass(frozen=True, kw_only=True, eq=False)
class OfStudy:
    """A study whose numbers may vary."""

    study: Study

    @property
    def name(self) -> str:
        """The study's file."""
        return self.study.name

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

    def dosed(self, data: Measurements, subject: str, into: str | None) -> Self:
        """Return it; doses stand in a study, so that those of a table are refused."""
        if data.doses and into != NOWHERE:
            msg = f"{data.source}: has doses; in a study they stand in its file (doses); "
            raise InputError(msg + f"--dose-into {NOWHERE} leaves those of the table out")
        return self

    def identity(self) -> dict[str, str]:
        """Return the study's text and settings, and the version."""
        study = self.study
        return {
            "title": study.table.title,
            "study": study.text,
            "study_settings": json.dumps(without_folders(study.settings), default=str),
            "source": f"cartflow {installed_version('cartflow')}",
        }
