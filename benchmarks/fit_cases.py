"""What is simulated and fitted to see how often intervals hold the truth."""

from __future__ import annotations

from pathlib import Path
from typing import NamedTuple

import numpy as np


class Case(NamedTuple):
    """A model's scenario, or a study beside this file: what varies, what is seen, when (days)."""

    scenario: str | None
    keys: tuple[str, ...]
    seen: tuple[str, ...]
    times: np.ndarray
    study: str | None = None
    most: int = 200

    def path(self, name: str) -> str | Path:
        """Return what is fitted."""
        return name if self.study is None else Path(__file__).parent / self.study


def _from(first: float, last: float, number: int = 16) -> np.ndarray:
    return np.linspace(first, last, number)


CASES = {
    "brummer2022": Case(
        "pbt1_cart_0125",
        ("growth_rate", "crowding", "killing_constant", "stimulation_constant", "death_rate"),
        ("tumour", "cart"),
        _from(0.2, 5.6),
    ),
    "conte2025": Case(
        "cart_1_10",
        ("growth_rate", "killing_constant", "stimulation_constant", "death_rate"),
        ("tumour", "cart"),
        _from(0.15, 2.85),
    ),
    "barros2021": Case(
        "hdlm2_escape",
        ("growth_rate", "initial.tumour", "killing_constant"),
        ("tumour",),
        _from(2.0, 120.0, 32),
    ),
    "sahoo2020": Case(
        "lesion_t7",
        ("growth_rate", "killing_constant", "stimulation_constant"),
        ("tumour", "cart"),
        _from(20.0, 115.0),
    ),
    "chaudhury2020": Case(
        None,
        ("expansion_constant", "death_rate", "growth_rate", "killing_constant"),
        ("cart", "tumour"),
        _from(1.0, 60.0),
    ),
    "leon_triana2021_ball": Case(
        None,
        ("killing_constant", "stimulation_constant", "growth_rate", "cart_lifetime"),
        ("cart", "tumour"),
        _from(2.0, 60.0),
    ),
    "leon_triana2021_gbm": Case(
        "single_target",
        ("expansion_rate", "cart_lifetime", "killing_constant"),
        ("cart", "tumour"),
        _from(1.0, 40.0),
    ),
    "adhikarla2021": Case(
        "cart_alone",
        ("growth_rate", "killing_constant", "death_rate"),
        ("tumour", "cart"),
        _from(8.0, 40.0),
    ),
    "hardiansyah2019": Case(
        "upn1",
        ("killing_constant", "expansion_constant", "effector_death_rate"),
        ("tumour", "effector_blood"),
        _from(1.0, 30.0),
    ),
    "mueller_schoell2021": Case(
        "typical",
        ("expansion_reference", "expansion_half_saturation", "effector_death_rate"),
        ("effector", "tumour"),
        _from(2.0, 60.0),
    ),
    "front_in_a_ball": Case(
        None,
        ("fields.cart.diffusivity", "kinetics.killing_rate", "kinetics.proliferation_rate"),
        ("in_tumour", "amount_tumour", "depth"),
        _from(0.25, 4.0),
        study="fit_front.toml",
        most=40,
    ),
    "leukaemia_in_marrow": Case(
        None,
        (
            "organs.bone_marrow.kinetics.killing_rate",
            "organs.bone_marrow.kinetics.expansion_rate",
            "organs.bone_marrow.kinetics.death_rate",
        ),
        (
            "blood_concentration",
            "density_cart_bone_marrow_tissue",
            "density_tumour_bone_marrow_tissue",
        ),
        _from(1.0, 30.0),
        study="../examples/marrow_leukaemia.toml",
        most=40,
    ),
}
