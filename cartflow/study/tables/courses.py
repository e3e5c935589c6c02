"""What may stand in the table of a course: numbers in time, in a file or an array."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from cartflow.core.parameters import Parameter
from cartflow.core.tables import Table, quantity

Interpolation = Literal["linear", "step", "pchip"]


class CourseTable(Table):
    """A number in time: columns of a CSV file, or an array of one dimension.

    `time` and `value` name the columns; what lies between is `interpolation`.
    """

    course: Any
    time: str | None = None
    time_unit: str | None = None
    value: str | dict[str, str] | None = None
    unit: str | None = None
    interpolation: Interpolation = "linear"


class BloodTable(CourseTable):
    """Cells in the blood that enters a tumour's vessels, and without a body how these take them.

    `value` names one column, of the first phenotype, or one for each phenotype.
    """

    capture: Annotated[Parameter, quantity("1")] | None = None
    haematocrit: Annotated[Parameter, quantity("1")] | None = None
