"""What `cartflow.monitor` was asked for, as attributes that repeat it."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from cartflow.analyses.bedside.prior import Prior
from cartflow.analyses.bedside.research import RESEARCH
from cartflow.analyses.fit.table.measurements import Measurements
from cartflow.core.provenance import now


@dataclass(frozen=True, kw_only=True)
class Asked:
    """What was asked for."""

    identity: Mapping[str, str]
    settings: Mapping[str, Any]
    observables: Mapping[str, str]
    errors: Mapping[str, str]
    until: float
    draws: int
    seed: int

    def attributes(
        self, what: str, prior: Prior, data: Measurements | None, events: Sequence[str]
    ) -> dict[str, Any]:
        """Return the attributes of the dataset of `what`."""
        title = self.identity.get("model") or self.identity.get("title")
        return {
            "Conventions": "CF-1.11",
            "analysis": what,
            "title": f"{title}: {what}",
            "comment": RESEARCH,
            "history": f"{now()} cartflow",
            **self.identity,
            "settings": json.dumps({**prior.settings, **self.settings}, default=str),
            "observables": json.dumps({**prior.observables, **self.observables}),
            "errors": json.dumps(dict(self.errors)),
            "population": prior.origin,
            "events": json.dumps(list(events)),
            **({} if data is None else {"data": data.source}),
            "until_days": self.until,
            "draws": self.draws,
            "seed": self.seed,
        }
