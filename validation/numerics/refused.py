"""What cannot be is refused before anything runs, with what is wrong and what would be right."""

from __future__ import annotations

import tempfile
from collections.abc import Mapping
from pathlib import Path
from typing import NamedTuple

import numpy as np
import xarray as xr

from cartflow.core.dataset import label, variable
from cartflow.core.outcome import InputError
from cartflow.study.study import Study
from cartflow.validation.book.case import CaseResult, Check, Scope

_STUDY = """
title = "A flank tumour"
[body]
name = "body.toml"
[trafficking]
name = "khot2019"
[[doses]]
cells = "1e6 cells"
[geometry]
shape = "ball"
radius = "2 mm"
cells = 3
[tumour]
host = "flank"
[kinetics]
models = ["none"]
[time]
end = "1 day"
"""
_BODY = 'like = "mouse_28g"\nname = "mine"\n'
_SOURCE = 'source = "assumed", standing = "assumed"'


class _Misuse(NamedTuple):
    """What a user's body says beside the mouse, settings of the study, and words of the error."""

    body: str
    settings: Mapping[str, str]
    words: tuple[str, ...]


def _flow(value: str, source: str = _SOURCE, organ: str = "brain") -> str:
    comma = ", " if source else ""
    return f'[organs.{organ}]\nblood_flow = {{ value = "{value}"{comma}{source} }}\n'


_MISUSES = {
    "flows with a gap of 1.5 %": _Misuse(
        _flow("31.42 mL/h"), {}, ("688.42 mL/h", "678.42 mL/h", "a gap of +1.47 %")
    ),
    "more blood than there is": _Misuse(
        f'blood_volume = {{ value = "1.9 mL", {_SOURCE} }}\n', {}, ("1.717 mL", "a gap of -9.63 %")
    ),
    "organs that do not fit the weight": _Misuse(
        f'[organs.muscle]\nvolume = {{ value = "30 mL", {_SOURCE} }}\n',
        {},
        ("body_weight of 28 g", "mL per g", "0.7 to 1.1"),
    ),
    "an unknown organ": _Misuse(
        _flow("1 mL/h", organ="brian"), {}, ("unknown organ 'brian'", "did you mean 'brain'?")
    ),
    "a number without a source": _Misuse(
        _flow("21.42 mL/h", source=""), {}, ("organs.brain.blood_flow", "'source' is missing")
    ),
    "a flow in mL": _Misuse(_flow("21.42 mL"), {}, ("length^3", "'1 mL/h'")),
    "an artery of another organ": _Misuse(
        "", {"doses.0.route": "hepatic_artery"}, ("doses.0.route", "tumour in liver", "'flank'")
    ),
    "a cavity of another organ": _Misuse(
        "", {"doses.0.route": "intraventricular"}, ("doses.0.route", "tumour in brain", "'flank'")
    ),
    "an unknown host": _Misuse("", {"tumour.host": "flnak"}, ("'flnak'", "did you mean 'flank'?")),
    "an unknown body": _Misuse("", {"body.name": "mouse_28"}, ("did you mean 'mouse_28g'?",)),
    "a tumour that takes all blood of its host": _Misuse(
        "", {"geometry.radius": "20 mm"}, ("tumour", "blood")
    ),
}


def case(scope: Scope) -> CaseResult:
    """Return whether each misuse is refused, in words that say what is wrong; any scope."""
    del scope
    messages = {name: _message(misuse) for name, misuse in _MISUSES.items()}
    told = {
        name: all(word in messages[name] for word in misuse.words)
        for name, misuse in _MISUSES.items()
    }
    return CaseResult(
        name="refused",
        title="What cannot be is refused",
        question=(
            "Are bodies that do not close, numbers without a source and routes that lead nowhere "
            "refused before anything runs, in words that say what is wrong?"
        ),
        equation=r"\sum_i Q_i = Q_{\mathrm{lung}}, \quad \sum_i V_{v,i} + V_{ven} + V_{art} = B",
        method=(
            "A body like mouse_28g with one thing wrong, or a study with one setting wrong, is "
            "read. It must raise an error in one line that holds given words: the numbers that "
            "do not fit, the key, the nearest right name."
        ),
        finding=" ".join(f"{name}: {text}." for name, text in messages.items()),
        checks=tuple(_check(name, held) for name, held in told.items()),
        dataset=_dataset(messages, told),
        figure=None,
    )


def _message(misuse: _Misuse) -> str:
    """Return the error, without the folder of the files, or an empty text if there is none."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        (folder / "body.toml").write_text(_BODY + misuse.body, encoding="utf-8")
        (folder / "study.toml").write_text(_STUDY, encoding="utf-8")
        try:
            _ = Study.from_file(folder / "study.toml", misuse.settings).simulation
        except InputError as error:
            return str(error).replace(f"{folder}/", "")
    return ""


def _check(name: str, held: bool) -> Check:
    return Check(
        name=f"{name}: refused in words that tell",
        measured=float(held),
        expected=1.0,
        tolerance=0.0,
        kind="absolute",
        reference="exact",
    )


def _dataset(messages: Mapping[str, str], told: Mapping[str, bool]) -> xr.Dataset:
    dims = ("misuse",)
    return xr.Dataset(
        {
            "refused": variable(dims, np.array(list(told.values()), float), "1", "1 if refused"),
            "message": label(dims, list(messages.values()), "what is said"),
        },
        coords={"misuse": label(dims, list(messages), "what is wrong")},
    )
