"""Which numbers of a study can change while a run goes on, and why others cannot."""

from __future__ import annotations

from collections.abc import Mapping

from cartflow.core.outcome import InputError, require_known
from cartflow.core.parameters import Parameter
from cartflow.study.numbers import setting_key

# Numbers that the state is counted in, or starts from, by what their names begin or end with.
_NEVER = {
    "geometry": "the geometry stays as it is",
    "time": "the times of a run stay as they are",
    "solver": "how a run is stepped stays as it is",
    "doses": "a dose has a time of its own; give it a table [[doses]]",
    "events": "events do not change events",
    "tissue.porosity": "what is dissolved is counted in it; tissue.matrix opens it",
    "tissue.open_porosity": "what is dissolved is counted in it",
    "tumour.vascular_fraction": "cells in the vessels are counted in that volume",
    "tumour.interstitial_fraction": "it is a volume, which stays as it is",
    "body.blood_volume": "cells in blood are counted in that volume",
}
# Numbers that are varied by factors on all that rests on them.
_SCALED = ("body.", "trafficking.")
_STARTS = "a start is over once the run goes on"


def changeable(key: str, numbers: Mapping[str, Parameter], where: str) -> str:
    """Return the name, among `numbers`, of what the `key` of a study sets, if it may change.

    Raises `InputError`.
    """
    for fixed, why in _NEVER.items():
        if key == fixed or key.startswith(f"{fixed}."):
            msg = f"{where}: cannot change in a run: {why}"
            raise InputError(msg)
    if ".initial" in key:
        msg = f"{where}: cannot change in a run: {_STARTS}"
        raise InputError(msg)
    names = {setting_key(name): name for name in numbers if _may_change(name)}
    require_known(key, names, where)
    if key.startswith(_SCALED) and numbers[key].value == 0:
        msg = f"{where}: cannot change in a run: it is 0, and would be scaled"
        raise InputError(msg)
    return names[key]


def _may_change(name: str) -> bool:
    fixed = any(name == key or name.startswith(f"{key}.") for key in _NEVER)
    return not fixed and ".initial" not in name
