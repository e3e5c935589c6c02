"""A study at other values of its numbers, as fits of studies share it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from cartflow.alone.forward.plan import Number
from cartflow.analyses.derivatives.numbers import own_name
from cartflow.core.outcome import InputError, StepFailed
from cartflow.core.units.conversion import to_internal
from cartflow.study.numbers import StudyNumbers
from cartflow.study.study import Study

Array = np.ndarray


class Varied:
    """A study at values of `numbers`, each in its own unit; `own` are their names in the study."""

    def __init__(self, study: Study, numbers: Sequence[Number]) -> None:
        self.study = study
        self.own = [own_name(n.key) for n in numbers]
        self._base = StudyNumbers(study=study)
        known = self._base.with_geometry
        # Internal units in one of each number's own.
        self.factors = np.array(
            [
                1.0 if n.unit == known[o].unit else to_internal(f"1 {n.unit}", known[o].unit)
                for n, o in zip(numbers, self.own, strict=True)
            ]
        )

    def at(self, values: Array) -> Study:
        """Return the study at `values`. Raises `StepFailed` where there is no such study."""
        given = dict(zip(self.own, (values * self.factors).tolist(), strict=True))
        try:
            return self._base.varied(given) if given else self.study
        except InputError as error:
            raise StepFailed(self.study.name, str(error)) from None


def saving_at(study: Study, settings: Mapping[str, Any], times: Array) -> Study:
    """Return a subject's study, which saves at `times` (days) and ends with the last."""
    end = max(float(times[-1]), 1e-6)
    save = [f"{time!r} day" for time in times.tolist()]
    return study.with_settings({**settings, "time": {"end": f"{end!r} day", "save": save}})


def require_finished(study: Study, outcome: Any) -> None:
    """Raise `StepFailed` where a run did not come to its end."""
    if outcome.status != "finished":
        raise StepFailed(study.name, str(outcome))
