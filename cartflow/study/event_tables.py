"""What may stand in a table of events: when it comes to pass, and which numbers it changes."""

from __future__ import annotations

from typing import Annotated, Any

from pydantic import Field

from cartflow.core.parameters import Parameter
from cartflow.core.tables import Table, quantity

Moment = Annotated[Parameter, quantity("day")]
Interval = Annotated[Parameter, quantity("day", above=0)]


class EventTable(Table):
    """Numbers that take other values (`set`), or are multiplied, at a time or on a condition."""

    time: Moment | None = None
    every: Interval | None = None
    until: Moment | None = None
    when: str | None = None
    after: Moment | None = None
    set: dict[str, Any] = Field(default_factory=dict)
    multiply: dict[str, Any] = Field(default_factory=dict)
