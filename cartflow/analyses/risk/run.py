"""A linear risk score, trained on one half of a cohort and tested on the other."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

import numpy as np
import xarray as xr

from cartflow.analyses.bedside.research import RESEARCH
from cartflow.analyses.held import Held
from cartflow.analyses.risk.judged import (
    act_above,
    area,
    area_interval,
    brier,
    calibration,
    net_benefit,
    treat_all,
    wilson,
)
from cartflow.analyses.risk.linear import Score, fisher, logistic
from cartflow.analyses.risk.table import Cohort, halves, read_cohort
from cartflow.analyses.risk.words import risk_lines
from cartflow.core import arguments
from cartflow.core.dataset import label, without_fill
from cartflow.core.outcome import InputError, require_known
from cartflow.core.paths import as_path
from cartflow.core.provenance import installed_version, now

Array = np.ndarray
By = Literal["logistic", "fisher"]
_LARGEST_SEED = 2**31 - 1
_THRESHOLDS = np.linspace(0.01, 0.99, 99)


@dataclass(frozen=True, kw_only=True, eq=False)
class RiskScore(Held):
    """A trained and tested score: `dataset` holds all of it. Research only."""

    score: Score

    def chance(self, predictors: Mapping[str, float]) -> float:
        """Return the chance of the outcome; `predictors` by name as trained, logarithms taken."""
        names = self.dataset["weight_name"].values.tolist()[1:]
        for name in names:
            require_known(name, predictors, "risk: predictors")
        values = [arguments.number(predictors[name], name) for name in names]
        return float(self.score.chance(np.array([values]))[0])

    def plot(self, path: str | Path) -> None:
        """Write the figure as PNG: ROC curve, calibration, net benefit."""
        from cartflow.results.figures.risk import plot_risk

        plot_risk(self.dataset, as_path(path, "RiskScore.plot"))

    def summary_lines(self) -> list[str]:
        """Return the lines that ``cartflow risk`` prints."""
        return risk_lines(self.dataset)


def risk_score(
    table: Any,
    predictors: Sequence[str],
    outcome: str,
    *,
    by: By = "logistic",
    harm: float | None = None,
    benefit: float | None = None,
    seed: int = 1,
) -> RiskScore:
    """Train a linear score of `predictors` for an `outcome` of 0 or 1, and test it; research only.

    `table` has a row a patient; ``["log(il6_peak)", "log(cmax)"]`` are columns or natural
    logarithms of them. `by` is ``logistic`` (maximum likelihood) or ``fisher``. A half, drawn by
    `seed`, trains; all that judges is of the other. With `harm` and `benefit` of acting the
    threshold is that of the expected utility. Raises `InputError`.
    """
    require_known(by, ("logistic", "fisher"), "--by")
    seed = arguments.whole_number(seed, "seed", 0, _LARGEST_SEED)
    if (harm is None) != (benefit is None):
        raise InputError("risk: harm and benefit are given together, or neither")
    acting: dict[str, float] = {}
    if harm is not None and benefit is not None:
        two = arguments.number(harm, "harm"), arguments.number(benefit, "benefit")
        acting = {"harm": two[0], "benefit": two[1], "act_above": act_above(*two)}
    cohort = read_cohort(table, predictors, arguments.text(outcome, "outcome"))
    trained = halves(cohort.outcome, seed, cohort.source)
    method = logistic if by == "logistic" else fisher
    found = method(cohort.predictors[trained], cohort.outcome[trained])
    attrs = {
        "Conventions": "CF-1.11",
        "analysis": "risk score",
        "title": f"Risk score of {outcome}",
        "comment": RESEARCH,
        "history": f"{now()} cartflow risk",
        "source": f"cartflow {installed_version('cartflow')}",
        "data": cohort.source,
        "outcome_column": outcome,
        "by": by,
        "seed": seed,
        **_judged(cohort, trained, found),
    }
    if acting:
        attrs |= {**acting, **_acted(cohort, trained, found, acting["act_above"])}
    dataset = _dataset(cohort, trained, found).assign_attrs(attrs)
    return RiskScore(dataset=without_fill(dataset), score=found)


def _judged(cohort: Cohort, trained: Array, found: Score) -> dict[str, float]:
    score, outcome, tested = found.of(cohort.predictors), cohort.outcome, ~trained
    value, error = area(score[tested], outcome[tested])
    low, high = area_interval(value, error)
    middle, errors = calibration(score[tested], outcome[tested])
    share = float(outcome[trained].mean())
    chance = found.chance(cohort.predictors[tested])
    return {
        "train_area": area(score[trained], outcome[trained])[0],
        "test_area": value,
        "test_area_error": error,
        "test_area_low": low,
        "test_area_high": high,
        "calibration_intercept": float(middle[0]),
        "calibration_slope": float(middle[1]),
        "calibration_intercept_error": float(errors[0]),
        "calibration_slope_error": float(errors[1]),
        "brier": brier(chance, outcome[tested]),
        "brier_base": brier(np.full(len(chance), share), outcome[tested]),
    }


def _acted(cohort: Cohort, trained: Array, found: Score, threshold: float) -> dict[str, float]:
    outcome = cohort.outcome[~trained]
    chance = found.chance(cohort.predictors[~trained])
    at = np.array([threshold])
    acts = chance >= threshold
    told = {
        "net_benefit": float(net_benefit(chance, outcome, at)[0]),
        "net_benefit_all": float(treat_all(outcome, at)[0]),
    }
    for name, which, right in (("sensitivity", 1, acts), ("specificity", 0, ~acts)):
        hits, of = int(right[outcome == which].sum()), int((outcome == which).sum())
        low, high = wilson(hits, of)
        told |= {name: hits / of, f"{name}_low": low, f"{name}_high": high}
    return told


def _dataset(cohort: Cohort, trained: Array, found: Score) -> xr.Dataset:
    def plain(values: Any, text: str, *dims: str) -> xr.Variable:
        return xr.Variable(dims, np.asarray(values), {"long_name": text, "units": "1"})

    outcome, chance = cohort.outcome, found.chance(cohort.predictors)
    tested = ~trained
    with np.errstate(invalid="ignore"):
        errors = np.sqrt(np.diag(found.covariance))
    steps = np.concatenate([[np.nan], cohort.predictors[trained].std(axis=0, ddof=1)])
    return xr.Dataset(
        {
            "weight_name": label(("weight_of",), ["1", *cohort.names], "what a weight is of"),
            "weight": plain(found.weights, "weight, of the logarithm of the odds", "weight_of"),
            "weight_error": plain(errors, "standard error of the weight", "weight_of"),
            "weight_step": plain(steps, "standard deviation of the predictor", "weight_of"),
            "predictor": plain(cohort.predictors, "predictors", "patient", "predictor_of"),
            "outcome": plain(outcome, "outcome, 0 or 1", "patient"),
            "trained": plain(trained.astype(np.int8), "whether trained on, else tested", "patient"),
            "chance": plain(chance, "chance of the outcome by the score", "patient"),
            "threshold": plain(_THRESHOLDS, "chance above which is acted", "threshold_of"),
            "benefit_of_score": plain(
                net_benefit(chance[tested], outcome[tested], _THRESHOLDS),
                "net benefit of acting by the score, tested",
                "threshold_of",
            ),
            "benefit_of_all": plain(
                treat_all(outcome[tested], _THRESHOLDS),
                "net benefit of acting in all, tested",
                "threshold_of",
            ),
        }
    )
