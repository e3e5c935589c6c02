"""Which labels of a segmentation are tumour, by name: its own segments', BraTS's, or given ones."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from cartflow.core.outcome import InputError, require_known, suggest
from cartflow.geometries.images.files.image import Image

# What the challenges' labels mean, by year. The resection cavity of 2024 is no tissue.
BRATS: dict[str, dict[str, int]] = {
    "brats2017": {"necrotic_core": 1, "oedema": 2, "enhancing": 4},
    "brats2023": {"necrotic_core": 1, "oedema": 2, "enhancing": 3},
    "brats2024": {"non_enhancing_core": 1, "flair_hyperintensity": 2, "enhancing": 3},
}
_CAVITY = {"brats2024": {"resection_cavity": 4}}


def label_names(image: Image, labels: Any, present: Sequence[int]) -> Mapping[str, int] | None:
    """Return {region: label} of what `labels` asks for among those `present`; None means all.

    `labels` is one of ``brats2017`` (until 2021), ``brats2023``, ``brats2024``; a list of the
    image's own segments; or {region: label or segment}. Without any, the names of its segments.
    Raises `InputError` for names that are not there, and where a label 4 may mean one of two.
    """
    own = image.names
    if labels is None or labels == {}:
        if own is None:
            _ask_about_four(present)
            return None
        return {name: label for name, label in own.items() if label in present} or own
    if isinstance(labels, str):
        return _brats(labels, present)
    if isinstance(labels, Mapping):
        return {name: _label(name, value, own) for name, value in labels.items()}
    if isinstance(labels, Sequence) and all(isinstance(n, str) for n in labels):
        return {name: _label(name, name, own) for name in labels}
    msg = f"labels: got {labels!r}; give {{ region = label }}, a list of segments, or one of "
    raise InputError(msg + ", ".join(BRATS))


def _label(region: str, value: Any, own: Mapping[str, int] | None) -> Any:
    if not isinstance(value, str):
        return value
    if own is None:
        msg = f"labels: region '{region}' is to be the segment '{value}'; the image names none"
        raise InputError(msg)
    require_known(value, own, "labels: segment")
    return own[value]


def _brats(name: str, present: Sequence[int]) -> dict[str, int]:
    if name not in BRATS:
        msg = f"labels: unknown name '{name}'; {suggest(name, BRATS)}"
        raise InputError(msg)
    known = {**BRATS[name], **_CAVITY.get(name, {})}
    others = sorted(set(present) - set(known.values()))
    if others:
        fits = [n for n, m in BRATS.items() if others[0] in {*m.values(), *_cavities(n)}]
        which = f"; it is one in {' and '.join(fits)}" if fits else ""
        msg = f"labels: label {others[0]} is none of {name}{which}"
        raise InputError(msg)
    return {region: label for region, label in BRATS[name].items() if label in present}


def _cavities(name: str) -> list[int]:
    return list(_CAVITY.get(name, {}).values())


def _ask_about_four(present: Sequence[int]) -> None:
    if 4 in present and set(present) <= {1, 2, 3, 4}:
        msg = (
            "label 4 is enhancing tumour in BraTS 2017 to 2021, the resection cavity in 2024: say "
            "labels = 'brats2017' or 'brats2024', or name the labels of the tumour"
        )
        raise InputError(msg)
