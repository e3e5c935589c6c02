"""What a case on measurements says whether or not the measurements are there."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import xarray as xr
from matplotlib.figure import Figure

from cartflow.validation.book.case import CaseResult, Check
from cartflow.validation.measurements import data as measured_data


@dataclass(frozen=True, kw_only=True)
class Words:
    """The texts of a case, with the `files` that it needs."""

    name: str
    title: str
    question: str
    equation: str
    method: str
    files: tuple[str, ...]
    references: tuple[str, ...]

    def paths(self) -> list[Path] | None:
        """Return where the files lie, or None unless all are there."""
        paths = [measured_data.found(name) for name in self.files]
        there = [path for path in paths if path is not None]
        return there if len(there) == len(paths) else None

    def skipped(self) -> CaseResult:
        """Return the case undone, with the reason."""
        missing = next(name for name in self.files if measured_data.found(name) is None)
        reason = measured_data.ABSENT.format(missing)
        return self._result((), "", xr.Dataset(), None, reason)

    def done(
        self, checks: tuple[Check, ...], finding: str, dataset: xr.Dataset, figure: Figure
    ) -> CaseResult:
        """Return the case done."""
        return self._result(checks, finding, dataset, figure, "")

    def _result(
        self,
        checks: tuple[Check, ...],
        finding: str,
        dataset: xr.Dataset,
        figure: Figure | None,
        skipped: str,
    ) -> CaseResult:
        return CaseResult(
            name=self.name,
            title=self.title,
            question=self.question,
            equation=self.equation,
            method=self.method,
            finding=finding,
            checks=checks,
            dataset=dataset,
            figure=figure,
            references=self.references,
            skipped=skipped,
        )
