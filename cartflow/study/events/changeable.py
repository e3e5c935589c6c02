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
    "circulating": "how it circulates stays as it is; a dose has a time of its own",
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
    plain = _of_one(key)
    for fixed, why in _NEVER.items():
        if plain == fixed or plain.startswith(f"{fixed}."):
            msg = f"{where}: cannot change in a run: {why}"
            raise InputError(msg)
    if ".initial" in key:
        msg = f"{where}: cannot change in a run: {_STARTS}"
        raise InputError(msg)
    names = {setting_key(name): name for name in numbers if _may_change(name)}
    _require_tumour(key, names, where)
    require_known(key, names, where)
    if key.startswith(_SCALED) and numbers[key].value == 0:
        msg = f"{where}: cannot change in a run: it is 0, and would be scaled"
        raise InputError(msg)
    return names[key]


def _may_change(name: str) -> bool:
    plain = _of_one(name)
    fixed = any(plain == key or plain.startswith(f"{key}.") for key in _NEVER)
    return not fixed and ".initial" not in name


_TUMOURS = "tumours."
_TABLES = ("geometry", "kinetics", "fields", "tissue")


def _of_one(key: str) -> str:
    """Return the key of one tumour of several as if there were no other."""
    if not key.startswith(_TUMOURS):
        return key
    rest = key.removeprefix(_TUMOURS).partition(".")[2]
    return rest if rest.partition(".")[0] in _TABLES else f"tumour.{rest}"


def _require_tumour(key: str, names: Mapping[str, str], where: str) -> None:
    """Raise `InputError` on a key that does not say which tumour of several is meant."""
    meant = key.removeprefix("tumour.")
    for name in names:
        if name.startswith(_TUMOURS) and not key.startswith(_TUMOURS):
            tumour = name.removeprefix(_TUMOURS).partition(".")[0]
            if f"{_TUMOURS}{tumour}.{meant}" in names:
                msg = f"{where}: of which tumour? write '{_TUMOURS}{tumour}.{meant}'"
                raise InputError(msg)
