"""Lee et al. 2020: labelled CAR T cells in mice, where the published trafficking falls short."""

from __future__ import annotations

import numpy as np
import xarray as xr
from matplotlib.figure import Figure

from cartflow.core.dataset import label, variable
from cartflow.core.ticks import colours
from cartflow.validation.bodies.pet_rows import MEASURED, pet_rows, pet_table
from cartflow.validation.bodies.rows import PublishedRow
from cartflow.validation.bodies.text import checks_of, held, notes
from cartflow.validation.book.case import CaseResult
from cartflow.validation.book.drawing import panels
from cartflow.validation.book.names import BODIES

Array = np.ndarray

_MODELS = ("as published", "lung retention", "lung retention and loss")


def case() -> CaseResult:
    """Return the misfit of the published trafficking as it is, and what two fits do to it."""
    rows = pet_rows()
    found = np.array([row[3:] for row in pet_table()])
    return CaseResult(
        name="bodies:pet",
        title=BODIES["pet"],
        question=(
            "Does the trafficking of khot2019 put CAR T cells where PET sees them in mice, and if "
            "not, what would have to change?"
        ),
        equation=r"\frac{dx}{dt} = A x",
        method=(
            "Cells in lung, liver and spleen at 1 h and 7 days, in % of the dose, by the model as "
            "published; with the lung retention that fits the lung at 1 h; and with the retention "
            "and the loss in the lung that fit all five numbers best (least squares of log10). "
            "The check marked as fitted holds by construction. Those marked as misfit compare "
            "with what the model is known to give, so that they hold although the measurement "
            "is another. "
            f"Notes: {notes(rows)}"
        ),
        finding=_finding(rows, found),
        checks=checks_of(rows, _remark),
        dataset=_dataset(found),
        figure=_figure(found),
        references=("lee2020", "khot2019"),
    )


def _remark(row: PublishedRow) -> str:
    if row.standing == "misfit" and row.unit != "1":
        mean, spread = MEASURED[row.name.partition(" ")[0], 1 / 24]
        return f"misfit, stated: PET {mean:g} +- {spread:g}"
    return "misfit, stated" if row.standing == "misfit" else row.standing


def _finding(rows: list[PublishedRow], found: Array) -> str:
    places = [
        f"{place} {_spread(key)}: {', '.join(f'{value:.2g}' for value in values)}"
        for place, key, values in zip(_places(), MEASURED, found, strict=True)
    ]
    means, spreads = np.array(list(MEASURED.values())).T
    outside = [
        int(np.sum(np.abs(found[:, column] - means) > 2 * spreads))
        for column in range(len(_MODELS))
    ]
    return (
        f"{held(rows)} rows hold, and the trafficking does not describe the measurement. In % of "
        f"the dose, measured, then {', '.join(_MODELS)}: {'; '.join(places)}. More than two "
        f"standard deviations off are {', '.join(map(str, outside))} of {len(means)}. As published "
        "the lung holds half of what PET sees at 1 h, and the liver twice. Retention in the lung "
        "mends the first and neither the liver nor the last day. Retention and loss together "
        f"bring the rms of log10 from {rows[4].measured:.2f} to {rows[6].measured:.2f}, with a "
        "lung that holds twice too much at 1 h: no two numbers of the lung describe all five. PET "
        "also sees labels of dead cells, and the cells were others."
    )


def _spread(key: tuple[str, float]) -> str:
    mean, spread = MEASURED[key]
    return f"{mean:g} +- {spread:g}"


def _places() -> list[str]:
    return [f"{organ} at {'1 h' if day < 1 else f'{day:g} days'}" for organ, day in MEASURED]


def _figure(found: Array) -> Figure:
    figure, (axes,) = panels(1, width=8.0, height=4.0)
    places = np.arange(len(MEASURED))
    means, spreads = np.array(list(MEASURED.values())).T
    axes.bar(places - 0.3, means, 0.2, yerr=spreads, color="0.6", capsize=3, label="PET, mean, SD")
    for column, shade in enumerate(colours(len(_MODELS))):
        axes.bar(
            places - 0.1 + 0.2 * column,
            found[:, column],
            0.2,
            color=shade,
            label=f"khot2019, {_MODELS[column]}",
        )
    axes.set_xticks(places, _places())
    axes.set_ylabel("% of the dose")
    axes.legend(frameon=False, fontsize=8)
    return figure


def _dataset(found: Array) -> xr.Dataset:
    means, spreads = np.array(list(MEASURED.values())).T / 100
    return xr.Dataset(
        {
            "measured": variable(("place",), means, "1", "share of the dose by PET, mean"),
            "spread": variable(("place",), spreads, "1", "share of the dose by PET, SD"),
            "modelled": variable(("place", "model"), found / 100, "1", "share of the dose, model"),
        },
        coords={
            "place": label(("place",), _places(), "organ and time"),
            "model": label(("model",), list(_MODELS), "trafficking model"),
        },
    )
