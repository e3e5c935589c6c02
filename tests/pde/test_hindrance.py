"""Laws of hindrance: their formulas, their limits, and the published pair of the brain."""

import numpy as np
import pytest

from cartflow.core.outcome import InputError
from cartflow.pde.hindrance import (
    Hindrance,
    archie,
    archie_exponent,
    bruggeman,
    mackie_meares,
    maxwell,
    millington_quirk,
    weissberg,
)

BY_POROSITY = ["maxwell", "bruggeman", "weissberg", "millington_quirk", "mackie_meares"]
EPS = np.array([0.05, 0.2, 0.5, 0.9, 1.0])


@pytest.mark.parametrize(
    ("law", "expected"),
    [
        (maxwell, 1.18),
        (bruggeman, 1.50),
        (weissberg, 1.34),
        (millington_quirk, 1.31),
        (mackie_meares, 9.0),
        (lambda eps: archie(eps, 1.58), 1.60),
    ],
)
def test_tortuosity_at_the_porosity_of_the_brain(law, expected):
    assert law(np.array([0.2])) == pytest.approx([expected], abs=0.006)


def test_formulas_in_terms_of_the_effective_diffusivity():
    # What each law is usually quoted as: superficial diffusivity over that of the free fluid.
    effective = {law: EPS * Hindrance(law=law).factor(EPS) for law in BY_POROSITY}
    assert effective["maxwell"] == pytest.approx(2 * EPS / (3 - EPS), rel=1e-14)
    assert effective["bruggeman"] == pytest.approx(EPS**1.5, rel=1e-14)
    assert effective["weissberg"] == pytest.approx(EPS / (1 - np.log(EPS) / 2), rel=1e-14)
    assert effective["millington_quirk"] == pytest.approx(EPS ** (4 / 3), rel=1e-14)
    assert effective["mackie_meares"] == pytest.approx(EPS**3 / (2 - EPS) ** 2, rel=1e-14)
    assert EPS * Hindrance(law="archie", exponent=2.3).factor(EPS) == pytest.approx(EPS**2.3)


@pytest.mark.parametrize("law", BY_POROSITY)
def test_open_fluid_hinders_nothing_and_less_room_hinders_more(law):
    tortuosity = Hindrance(law=law).tortuosity_at(EPS)
    assert tortuosity[-1] == pytest.approx(1.0, abs=1e-15)
    assert np.all(np.diff(tortuosity) < 0)


def test_bruggeman_is_archie_with_three_halves():
    assert archie(EPS, 1.5) == pytest.approx(bruggeman(EPS), rel=1e-14)
    assert Hindrance(law="archie").tortuosity_at(EPS) == pytest.approx(bruggeman(EPS), rel=1e-14)


def test_archie_exponent_passes_through_the_measured_pair():
    m = archie_exponent(0.20, 1.6)
    assert m == pytest.approx(1.58, abs=0.005)
    assert archie(np.array([0.20]), m) == pytest.approx([1.6], rel=1e-14)


def test_measured_tortuosity_and_added_matrix():
    law = Hindrance(law="measured", tortuosity=1.6, matrix_tortuosity=1.5)
    assert law.tortuosity_at(EPS) == pytest.approx(np.full(5, 2.4))
    assert law.factor(EPS) == pytest.approx(np.full(5, 1 / 5.76))
    both = Hindrance(law="maxwell", matrix_tortuosity=1.5).factor(EPS)
    assert both == pytest.approx(Hindrance(law="maxwell").factor(EPS) / 2.25)


def test_the_default_does_not_hinder():
    assert np.all(Hindrance().factor(EPS) == 1.0)


def test_errors_name_the_law_and_the_number():
    with pytest.raises(InputError, match=r"hindrance law.*'maxwel'.*did you mean 'maxwell'"):
        Hindrance(law="maxwel")
    for name in ("tortuosity", "matrix_tortuosity", "exponent"):
        with pytest.raises(InputError, match=rf"hindrance: {name} 0\.9 is below 1"):
            Hindrance(**{name: 0.9})
    with pytest.raises(InputError, match="below 1"):
        Hindrance(tortuosity=np.nan)
