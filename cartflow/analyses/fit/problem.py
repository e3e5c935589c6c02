"""The fit as one function of all that is estimated: likelihood, gradient and information."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property

import numpy as np

from cartflow.analyses.fit.measured import Measured
from cartflow.analyses.fit.parameters import Parameter, values_of
from cartflow.analyses.fit.scaling import scaled
from cartflow.analyses.fit.sources.source import Runner
from cartflow.analyses.fit.table.measurements import Measurements
from cartflow.core.outcome import StepFailed

Array = np.ndarray
_HUGE = 1e150


@dataclass(frozen=True, kw_only=True, eq=False)
class Subject:
    """A subject's run: its times, and which parameters its runner takes, in order.

    `depths` (mm) are where in the tumour each time is meant, nan for what is of the whole.
    """

    name: str
    runner: Runner
    times: Array
    depths: Array
    takes: tuple[int, ...]
    settings: Mapping[str, object] = field(default_factory=dict)


@dataclass(frozen=True, kw_only=True, eq=False)
class Evaluation:
    """What the data say of values: `loss` = -ln L - ln prior, slopes on the inner scale.

    `rows` (m, parameters) have the information as ``rows.T @ rows``; `predicted` (entries,) and
    its `tangents` (parameters, entries) are in the units of the table; `linear` are scale and
    offset by observable.
    """

    loss: float
    gradient: Array
    rows: Array
    predicted: Array
    tangents: Array
    linear: Mapping[str, tuple[float, float]]
    likelihood: float

    @classmethod
    def failed(cls, parameters: int, entries: int) -> Evaluation:
        """Return that of values with which nothing ran."""
        return cls(
            loss=np.inf,
            gradient=np.zeros(parameters),
            rows=np.zeros((1, parameters)),
            predicted=np.full(entries, np.nan),
            tangents=np.zeros((parameters, entries)),
            linear={},
            likelihood=np.inf,
        )


@dataclass(frozen=True, kw_only=True, eq=False)
class Problem:
    """Data, what predicts them, and what is estimated; `priors` are (middle, sd) or None."""

    measurements: Measurements
    subjects: Sequence[Subject]
    measured: Sequence[Measured]
    parameters: Sequence[Parameter]
    priors: Sequence[tuple[float, float] | None] = ()

    @cached_property
    def bounds(self) -> tuple[Array, Array]:
        """The lowest and the highest values on the inner scale."""
        ends = np.array([p.bounds for p in self.parameters]).reshape(-1, 2)
        return ends[:, 0], ends[:, 1]

    @property
    def free(self) -> int:
        """How many numbers are estimated, scales and offsets among them."""
        extra = sum(m.observable.scaled + m.observable.shifted for m in self.measured)
        return len(self.parameters) + extra

    def values(self, inner: Array) -> Array:
        """Return the values of all parameters in their units."""
        return values_of(self.parameters, inner)

    def stretch(self, values: Array) -> Array:
        """Return the derivative of each value to its inner one."""
        logged = np.array([p.logarithmic for p in self.parameters], dtype=bool)
        return np.where(logged, values, 1.0)

    def evaluate(self, inner: Array, slopes: bool = True) -> Evaluation:
        """Return what the data say at `inner`; an infinite loss where a run fails."""
        values = self.values(inner)
        try:
            runs = [
                subject.runner.run(values[list(subject.takes)], slopes) for subject in self.subjects
            ]
        except StepFailed:
            return Evaluation.failed(len(self.parameters), self.measurements.size)
        count, size = len(values), self.measurements.size
        predicted, tangents = np.full(size, np.nan), np.zeros((count, size))
        loss, gradient = 0.0, np.zeros(count)
        rows: list[Array] = []
        linear: dict[str, tuple[float, float]] = {}
        for each in self.measured:
            plain, moves = self.observed(each, runs, values, slopes)
            if not np.isfinite(plain).all():
                return Evaluation.failed(len(self.parameters), self.measurements.size)
            found = scaled(each, plain, moves, values)
            if not np.isfinite(found.loss):
                return Evaluation.failed(len(self.parameters), self.measurements.size)
            predicted[each.entries] = found.predicted
            tangents[:, each.entries] = found.tangents
            linear[each.observable.name] = found.linear
            loss += found.loss
            gradient += found.gradient
            rows.append(found.rows)
        stretch = self.stretch(values)
        gradient = gradient * stretch
        everything = np.concatenate(rows) * stretch
        if not (np.isfinite(gradient).all() and np.abs(everything).max(initial=0.0) < _HUGE):
            return Evaluation.failed(len(self.parameters), self.measurements.size)
        likelihood = loss
        for k, prior in enumerate(self.priors):
            if prior is not None:
                away = (inner[k] - prior[0]) / prior[1]
                loss += 0.5 * away**2
                gradient[k] += away / prior[1]
                own = np.zeros((1, count))
                own[0, k] = 1.0 / prior[1]
                everything = np.concatenate([everything, own])
        return Evaluation(
            loss=float(loss),
            gradient=gradient,
            rows=everything,
            predicted=predicted,
            tangents=tangents * stretch[:, None],
            linear=linear,
            likelihood=float(likelihood),
        )

    def observed(
        self, each: Measured, runs: Sequence[object], values: Array, slopes: bool
    ) -> tuple[Array, Array]:
        """Return the observable at its entries, and its derivatives to all values."""
        count = len(values)
        plain = np.empty(len(each.entries))
        moves = np.zeros((count, len(each.entries)))
        for place, subject in enumerate(self.subjects):
            here = np.flatnonzero(each.subjects == place)
            if here.size:
                found, tangent = self.courses(each, subject, runs[place], values, slopes)
                plain[here] = found[each.times[here]]
                moves[:, here] = tangent[:, each.times[here]]
        return plain, moves

    def courses(
        self, each: Measured, subject: Subject, run: object, values: Array, slopes: bool
    ) -> tuple[Array, Array]:
        """Return an observable over a subject's times, in its unit, and its derivatives."""
        observable, count = each.observable, len(values)
        simulated, tangents = run.values, run.slopes  # type: ignore[attr-defined]
        own = {p.key: k for k, p in enumerate(self.parameters) if p.kind == "observed"}
        size = len(subject.times)
        found = {
            name: simulated[name] if name in simulated else np.full(size, values[own[name]])
            for name in observable.names
        }
        value = observable.value(found) / each.factor
        moves = np.zeros((count, size))
        if slopes:
            takes = list(subject.takes)
            for name, slope in observable.slopes(found).items():
                if name in simulated:
                    moves[takes] += slope * tangents[name] / each.factor
                else:
                    moves[own[name]] += slope / each.factor
        return value, moves
