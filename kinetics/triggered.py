"""Events by condition: what they wait for, and what they set."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from cartflow.kinetics.expressions.grammar import Expression


@dataclass(frozen=True, kw_only=True)
class Triggered:
    """When `trigger` becomes true, after `delay` days the species in `changes` are set.

    What a species is set to is times its expression in `scales`, if it has one, as that is when
    the event comes: an amount is set by its concentration.
    `starts_true` says what the trigger was before the start; one that is not `persistent` is
    called off if its trigger turns false while it waits. Values are those at the time of the
    trigger or of the event. Of several at one time that of the highest `priority` comes first;
    among equals chance decides.
    """

    name: str
    trigger: Expression
    delay: Expression | None = None
    priority: Expression | None = None
    changes: Mapping[str, Expression]
    scales: Mapping[str, Expression] = field(default_factory=dict)
    starts_true: bool = True
    persistent: bool = True
    at_trigger_time: bool = True
