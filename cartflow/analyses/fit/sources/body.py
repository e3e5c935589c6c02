"""A study of organs alone as what data are held against."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np

from cartflow.alone.forward.plan import Number
from cartflow.analyses.derivatives.outcomes import Course
from cartflow.analyses.fit.sources.differenced import Differenced
from cartflow.analyses.fit.sources.moments import Moments, moments_of
from cartflow.analyses.fit.sources.of_study import OfStudy
from cartflow.analyses.fit.sources.organs import by_organ, masses
from cartflow.analyses.fit.sources.source import Runner
from cartflow.analyses.fit.sources.varied import Varied, require_finished, saving_at
from cartflow.coupling.body_alone import BodyAlone
from cartflow.coupling.state import State
from cartflow.pbpk.flows.observables import organ_table, venous_concentration
from cartflow.study.study import Study

Array = np.ndarray


@dataclass(frozen=True, kw_only=True, eq=False)
class BodySource(OfStudy):
    """A study of organs alone: cells that are carried about, and kinetics in organs, if any.

    Quantities are ``blood_concentration``, ``cells_ORGAN`` and ``mass_ORGAN``, ``infused``,
    ``born``, ``died``, and where kinetics act ``density_SPECIES_COMPARTMENT``. Derivatives are
    differences; without kinetics the run itself is exact.
    """

    @property
    def texts(self) -> frozenset[str]:
        """Nothing beside numbers."""
        return frozenset()

    @property
    def profiles(self) -> frozenset[str]:
        """Nothing: organs are well mixed."""
        return frozenset()

    @cached_property
    def units(self) -> dict[str, str]:
        """The internal unit of every quantity, by name."""
        alone = _alone(self.study)
        return {n: each.unit for n, each in _courses(self.study, alone, [alone.start()]).items()}

    def runner(
        self,
        settings: Mapping[str, Any],
        numbers: Sequence[Number],
        times: Array,
        depths: Array | None = None,
    ) -> Runner:
        """Return the run of a subject, which saves at its times and ends with the last."""
        study = saving_at(self.study, settings, np.unique(times))
        run = _BodyRun(Varied(study, numbers), moments_of(times, None))
        return Differenced(run, numbers)


class _BodyRun:
    """The courses of organs alone at values of the study's numbers. Raises `StepFailed`."""

    def __init__(self, varied: Varied, moments: Moments) -> None:
        self._varied, self._moments = varied, moments

    def __call__(self, values: Array) -> dict[str, Array]:
        study = self._varied.at(values)
        alone = _alone(study)
        record = alone.run()
        require_finished(study, record.outcome)
        saved = np.array([state.time for state in record.states])
        return self._moments.of(saved, _courses(study, alone, record.states))


def _alone(study: Study) -> BodyAlone:
    run = study.prepared
    assert isinstance(run, BodyAlone)
    return run


def _courses(study: Study, alone: BodyAlone, states: Sequence[State]) -> dict[str, Course]:
    """Return what the states of a body tell, over time."""
    body = np.array([state.body for state in states])
    members = organ_table(alone.network).members.sum(axis=1)
    found = {
        "blood_concentration": Course(
            values=venous_concentration(alone.network, body).sum(axis=1),
            unit="cell/mm^3",
            text="product cells in venous blood",
        ),
        "cells": Course(
            values=body.sum(axis=2) @ members.T,
            unit="cell",
            text="product cells in the organ",
            dims=("organ",),
        ),
        **{
            name: Course(
                values=np.array([getattr(s.ledger, name).sum() for s in states]),
                unit="cell",
                text=f"product cells {name}",
            )
            for name in ("infused", "born", "died")
        },
    }
    return {
        **by_organ(found, alone.network),
        **masses(study, len(states)),
        **_at_sites(alone, states),
    }


def _at_sites(alone: BodyAlone, states: Sequence[State]) -> dict[str, Course]:
    """Return the densities of all species where kinetics act."""
    if alone.kinetics is None:
        return {}
    each = [alone.organs.densities(s.body, s.residents, s.carried) for s in states]
    return {
        f"density_{species.name}_{site.compartment}": Course(
            values=np.array([found[i, j] for found in each]),
            unit=species.unit,
            text=f"{species.name} in {site.compartment}",
        )
        for i, site in enumerate(alone.kinetics.sites)
        for j, species in enumerate(alone.kinetics.network.species)
    }
