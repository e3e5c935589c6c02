"""What steps of body and tumour as one system count, and why they fail, whatever takes them."""

from __future__ import annotations

from functools import cached_property

import numpy as np

from cartflow.core.outcome import StepFailed
from cartflow.coupling.coupled import Coupled
from cartflow.coupling.ledger import Ledger, residual
from cartflow.coupling.line.advance import SHORTEST
from cartflow.coupling.line.counting import Counts
from cartflow.coupling.state import State
from cartflow.pbpk.flows.observables import in_body
from cartflow.pde.engine import Engine

Array = np.ndarray
_CHANGES = "it changes too fast"
UNBALANCED = "its balance is lost: rates too large for numbers"
CLOSED = 1e-8  # of all cells infused and born, and one more


class AsOneSystem:
    """The accounts of a `coupled` system; its steps are at least `minimum` days long."""

    def __init__(self, coupled: Coupled, minimum: float) -> None:
        self.coupled, self.minimum = coupled, minimum

    def beginning(self, time: float, least: Array | None) -> tuple[Array, Array, Array]:
        """Return what is infused a day from `time` on, and the `least` amounts, of which none is 0.

        That is into the body (products, compartments), and of all products (products,) in all.
        """
        dosing = self.coupled.dosing
        supply, injected = dosing.infusion(time)
        some = np.zeros(len(self.coupled.field_names)) if least is None else least
        wanted = np.where(np.isfinite(some), some, 0.0)
        return np.ascontiguousarray(supply.T), dosing.counted(supply, injected), wanted

    @property
    def crossing_species(self) -> Array:
        """The species of each crossing that counts tell of."""
        return np.zeros(0, dtype=np.int64)

    @cached_property
    def _turning(self) -> tuple[Array, Array, Array]:
        """Products born, dead and converted (products, reactions) per event."""
        network, products = self.coupled.engine.problem.network, self.coupled.products
        return network.born[products], network.died[products], network.converted[products]

    def counted(self, old: Ledger, counts: Counts, body: Array, infused: Array) -> list[Ledger]:
        """Return the ledgers with what happened until several times, first in all arrays.

        `infused` (times, products) is what was; takes what was gathered out of `body`.
        """
        coupled, new = self.coupled, {}
        for name in old.__annotations__:
            new[name] = np.tile(getattr(old, name), (len(infused), 1))
        born, died, converted = self._turning
        forwards, reverse = counts.forwards, counts.reverse
        # A ledger's first columns are the tumour's products.
        mine = slice(0, len(coupled.products))
        new["infused"] += infused
        new["born"][:, mine] += forwards @ born.T + reverse @ died.T
        new["died"][:, mine] += forwards @ died.T + reverse @ born.T
        new["converted"][:, mine] += (forwards - reverse) @ converted.T
        if counts.came.size:
            fields = np.eye(len(coupled.engine.problem.fields))[self.crossing_species]
            new["infused"][:, mine] += (counts.came @ fields)[:, coupled.products]
            new["died"][:, mine] += (counts.went @ fields)[:, coupled.products]
            new["came"] += counts.came
            new["went"] += counts.went
        new["egress"][:, mine] += counts.egress
        for name, gathered in (("lost", new["died"]), ("handed_over", new["inflow"])):
            place = coupled.network.index(name)
            gathered += body[:, :, place]
            if name == "handed_over" and coupled.feed is not None:
                # What vessels without a body hand over comes from outside.
                new["infused"] += body[:, :, place]
            body[:, :, place] = 0.0
        return [
            Ledger(**{name: rows[n] for name, rows in new.items()}) for n in range(len(infused))
        ]

    def unbalanced(self, new: State) -> StepFailed | None:
        """Return what failed if rates beyond what numbers resolve have made or lost cells."""
        inside = self.coupled.in_tumour(new.tumour)
        none = np.zeros(len(inside))
        gaps = np.abs(residual(new.ledger, in_body(self.coupled.network, new.body), inside, none))
        most = CLOSED * (1.0 + float(np.sum(new.ledger.infused + new.ledger.born)))
        if not gaps.size or float(gaps.max()) <= most:
            return None
        name = self.coupled.product_names[int(np.argmax(gaps))]
        return StepFailed(name, UNBALANCED, new.time)

    def underflow(self, which: int, tissue: Array, time: float) -> StepFailed:
        """Return why no step was short enough, which a drift may be to blame for."""
        return too_short(self.coupled.engine, self.minimum, which, tissue, time)


def too_short(engine: Engine, minimum: float, which: int, tissue: Array, time: float) -> StepFailed:
    """Return why no step of at least `minimum` days was short enough for the field `which`."""
    fields, least = engine.problem.fields, minimum
    if which >= len(fields):
        name, reason, least = "organs", _CHANGES, min(least, SHORTEST)
    else:
        limit = engine.step_limit(tissue)
        drifts = limit.days < least
        name = limit.field if drifts else fields[which].name
        reason = limit.reason if drifts else _CHANGES
    return StepFailed(name, f"the step fell below {least:g} day ({reason})", time)
