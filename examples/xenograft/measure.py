"""What a xenograft is spared, and what each of it is worth: delivery and tumour, in mouse and man.

Run `python examples/xenograft/measure.py`; it takes about two minutes.
"""

from pathlib import Path

import numpy as np

from cartflow import Study

STUDY = Path(__file__).parent / "xenograft.toml"
BODIES = {
    "mouse": {"body.name": "mouse_28g", "doses.0.cells": "3e6 cells"},
    "man": {"body.name": "human_male", "doses.0.cells": "1e9 cells"},
}
SITES = ("spleen", "bone_marrow")
HEALTHY = {f"organs.{site}.initial.healthy": "1e5 cells/mm^3" for site in SITES}
SWITCHES = {
    "as it is": {},
    "1 % of cells without antigen": {
        "fields.tumour.initial": "1.98e4 cells/mm^3",
        "fields.tumour_negative.initial": "200 cells/mm^3",
    },
    "10 % of cells without antigen": {
        "fields.tumour.initial": "1.8e4 cells/mm^3",
        "fields.tumour_negative.initial": "2000 cells/mm^3",
    },
    "host clears the product from blood": {"trafficking.name": "rejecting_host.toml"},
    "injected into the tumour": {"doses.0.route": "intratumoural"},
    "no cytokine support": {
        **{f"organs.{s}.kinetics.parameters.homeostatic_rate": "0.05 1/day" for s in SITES},
        "kinetics.parameters.death_rate": "0.3 1/day",
    },
    "sink: antigen in marrow and spleen": HEALTHY,
    "the same, and cells divide on it": {
        **HEALTHY,
        **{f"organs.{s}.kinetics.parameters.expansion_rate": "0.0906 1/h" for s in SITES},
    },
    "outer 1 mm alone has vessels": {
        "geometry.layers.perfused": ["1.5 mm", "2.5 mm"],
        "tumour.region": "perfused",
        "tumour.egress_region": "perfused",
    },
    "radius 10 mm, outer 1 mm with vessels": {
        "geometry.radius": "10 mm",
        "geometry.cells": 100,
        "geometry.layers.perfused": ["9 mm", "10 mm"],
        "tumour.region": "perfused",
        "tumour.egress_region": "perfused",
    },
}
UNTREATED = {
    "kinetics.parameters.killing_rate": "0 1/h",
    "kinetics.parameters.proliferation_rate": "0 1/h",
}


def measure(settings):
    """Return cells delivered per infused cell and mL, and tumour over untreated: mean, at the end.

    Delivered are those that came by vessels or were injected. The mean is over the 28 days.
    """
    study = Study.from_file(STUDY, settings)
    treated = study.run().require_finished()
    numbers = treated.summary()
    injected = numbers["infused"] if settings.get("doses.0.route") == "intratumoural" else 0.0
    share = (numbers["reached_tumour"] + injected) / numbers["infused"]
    untreated = Study.from_file(STUDY, {**settings, **UNTREATED}).run().require_finished()
    with_cells, without = (_burden(study, result) for result in (treated, untreated))
    return (
        share / study.geometry.volume * 1e3,
        with_cells[0] / without[0],
        with_cells[1] / without[1],
    )


def _burden(study, result):
    """Return tumour cells, with or without antigen: the mean over time, and those at the end."""
    tumour = result.tree["tumour"].to_dataset()
    cells = (tumour["tumour"] + tumour["tumour_negative"]).values @ study.geometry.cell_volumes
    return np.trapezoid(cells, tumour["time"].values), cells[-1]


def main():
    """Print one line a switch."""
    heads = " ".join(f"{f'{body}: delivery':>17} {'tumour':>7} {'at end':>7}" for body in BODIES)
    print(f"{'':38} {heads}")
    for name, switch in SWITCHES.items():
        found = [measure({**switch, **body}) for body in BODIES.values()]
        cells = " ".join(f"{d:17.3g} {100 * m:6.1f}% {100 * e:6.1f}%" for d, m, e in found)
        print(f"{name:38} {cells}", flush=True)


if __name__ == "__main__":
    main()
