"""Files that say only what differs: ``like`` another, other lymph, and what closes a body."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

from cartflow.core.outcome import InputError
from cartflow.core.parameters import Parameter
from cartflow.core.paths import lies_within
from cartflow.core.tables import read_toml
from cartflow.pbpk.body import Organ
from cartflow.pbpk.checks import shown


def other_size(path: Path) -> tuple[str, dict[str, Any]] | None:
    """Return whose body a file gives another weight, and all that it states; None for others."""
    data = read_toml(path)
    like = data.get("like")
    if not isinstance(like, str) or "body_weight" not in data:
        return None
    return like, data


def stated_over(
    sized: Mapping[str, Any], read: Mapping[str, Any], stated: Mapping[str, Any]
) -> dict[str, Any]:
    """Return the parts of a `sized` body with those that its file has `stated`, as `read`.

    Organs and cavities are taken number by number.
    """
    found = {name: read[name] if name in stated else sized[name] for name in sized}
    for kind in ("organs", "cavities"):
        parts = dict(sized[kind])
        for name, table in stated.get(kind, {}).items():
            changed = {key: getattr(read[kind][name], key) for key in table}
            parts[name] = replace(parts[name], **changed) if name in parts else read[kind][name]
        found[kind] = parts
    return found


def require_beside(name: str, path: Path, folder: Path) -> None:
    """Raise `InputError` where a file's `name` of another is a `path` out of its `folder`.

    Links are followed; what ships has a name, and no path.
    """
    if name.endswith(".toml") and not lies_within(path, folder):
        msg = f"'{name:.60}' leads out of the file's folder"
        raise InputError(msg)


def with_model(path: Path, find: Callable[[str, Path], Path]) -> dict[str, Any]:
    """Return the table in `path`, laid over the one that its key `like` names, and so on.

    `find(name, folder)` returns the file of a name. Raises `InputError`, also on a circle.
    """
    layers: list[dict[str, Any]] = []
    seen: list[Path] = []
    folder = path.parent
    while True:
        if path.resolve() in seen:
            msg = f"{seen[0]}: like: the files go round in a circle, by {path}"
            raise InputError(msg)
        seen.append(path.resolve())
        data = read_toml(path)
        like = data.pop("like", None)
        layers.append(data)
        if like is None:
            break
        if not isinstance(like, str):
            msg = f"{path}: like: {like!r} is not the name of a model or a .toml file"
            raise InputError(msg)
        try:
            other = find(like, path.parent)
            require_beside(like, other, folder)
        except InputError as error:
            msg = f"{path}: like: {error}"
            raise InputError(msg) from None
        path = other
    merged: dict[str, Any] = {}
    for layer in reversed(layers):
        merged = _over(merged, layer)
    return merged


def closed_with_rest(parts: dict[str, Any]) -> dict[str, Any]:
    """Return a body's parts with what closes it: flow of ``rest`` and lung, and venous blood.

    `parts` are the arguments of `Body`. Raises `InputError` if the other organs take more than
    there is.
    """
    organs = dict(parts["organs"])
    if "rest" not in organs or "lung" not in organs:
        return parts
    output: Parameter = parts["cardiac_output"]
    others = sum(o.blood_flow.value for n, o in organs.items() if n not in ("lung", "rest"))
    flow = _left(output, others, "close_with_rest: the other organs take all blood flow")
    organs["rest"] = replace(organs["rest"], blood_flow=flow)
    organs["lung"] = replace(organs["lung"], blood_flow=output)
    blood: Parameter = parts["blood_volume"]
    held = sum(o.vascular_volume.value for o in organs.values()) + parts["arterial_volume"].value
    veins = _left(blood, held, "close_with_rest: organs and arteries hold all blood")
    return {**parts, "organs": organs, "venous_volume": veins}


def with_lymph(parts: dict[str, Any], total: Parameter | None) -> dict[str, Any]:
    """Return a body's parts with its organs' lymph in proportion, `total` in all; cavities stay.

    Without a `total` lymph stays as it is.
    """
    organs: dict[str, Organ] = parts["organs"]
    if total is None:
        return parts
    ratio = total.value / sum(organ.lymph_flow.value for organ in organs.values())
    note = f"x {ratio:.4g}, as all others, so that all lymph is {total.stated}"
    scaled = {}
    for name, organ in organs.items():
        flow = organ.lymph_flow.times(ratio, organ.lymph_flow.unit, note)
        flow = replace(flow, source=total.source, stated=shown(flow.value, flow.unit))
        scaled[name] = replace(organ, lymph_flow=flow)
    return {**parts, "organs": scaled}


def _left(total: Parameter, taken: float, what: str) -> Parameter:
    left = total.value - taken
    if left <= 0:
        msg = f"{what}: {shown(taken, total.unit)} of {shown(total.value, total.unit)}"
        raise InputError(msg)
    return total.times(left / total.value, total.unit, f"what the others leave of {total.stated}")


def _over(base: dict[str, Any], top: dict[str, Any]) -> dict[str, Any]:
    """Return `base` with the values of `top`; tables are merged, quantities replaced whole."""
    merged = dict(base)
    for key, value in top.items():
        old = merged.get(key)
        if isinstance(old, dict) and isinstance(value, dict) and "value" not in {**old, **value}:
            merged[key] = _over(old, value)
        else:
            merged[key] = value
    return merged
