"""How deep do CAR T cells get from the rim, by motility and tortuosity?

Cells leave the vessels of a mouse's flank tumour at its rim only and wander inwards without
kinetics, attractant or way back. Prints the depth that holds 95 % of them after two weeks.

    python examples/infiltration_depth.py
"""

from cartflow import Study

STUDY = """
title = "From the rim inwards"
body.name = "mouse_28g"
trafficking.name = "khot2019"
doses = [{ cells = "3e6 cells" }]
geometry = { shape = "ball", radius = "2.5 mm", cells = 100 }
tumour = { host = "flank", feeding = "rim", egress_rate = "0 1/day" }
kinetics.models = ["none"]
fields.cart.diffusivity = "2 um^2/min"
fields.cart.hindrance.tortuosity = 1.0
time = { end = "14 days", every = "7 days" }
solver.tolerance = 1e-3
"""

MOTILITIES = ("2 um^2/min", "8 um^2/min", "16 um^2/min")
TORTUOSITIES = (1.0, 1.25, 1.6, 2.0)


def depth(motility: str, tortuosity: float, end: str = "14 days") -> float:
    """Return the depth below the rim, in mm, that holds 95 % of the cells at the end."""
    settings = {
        "fields.cart.diffusivity": motility,
        "fields.cart.hindrance.tortuosity": tortuosity,
        "time.end": end,
    }
    return Study.from_text(STUDY, settings=settings).run().require_finished().summary()["depth"]


def main() -> None:
    """Print the table."""
    print("depth (mm) below the rim of 95 % of the cells after 14 days")
    print("motility     " + "".join(f"  lambda {t:4.2f}" for t in TORTUOSITIES))
    for motility in MOTILITIES:
        row = [depth(motility, tortuosity) for tortuosity in TORTUOSITIES]
        print(f"{motility:13}" + "".join(f"{value:13.2f}" for value in row))


if __name__ == "__main__":
    main()
