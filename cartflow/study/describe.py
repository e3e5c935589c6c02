"""A study in sentences: what would run, and what of it nobody has measured."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from cartflow.cells.simulation import CellSimulation
from cartflow.core.assumed import assumed, in_words
from cartflow.core.parameters import Parameter
from cartflow.coupling.body_alone import BodyAlone
from cartflow.coupling.runs import Run, system_of
from cartflow.coupling.simulation import Simulation
from cartflow.kinetics.species import Species
from cartflow.pbpk.doses import Dose
from cartflow.study.composition import Composition
from cartflow.study.events.programme import Events
from cartflow.study.fibres.tables import has_directions
from cartflow.study.images.numbers import is_image
from cartflow.study.schema import TumourTable
from cartflow.study.tables.courses import CourseTable
from cartflow.study.tables.fields import FieldTable

_BYTES = 8
_SHOWN = 10


def describe(
    study: Composition,
    prepared: Run,
    events: Events[Any] | None,
    images: Mapping[str, str],
    parameters: Mapping[str, Parameter],
) -> list[tuple[str, str]]:
    """Return (what, sentence) pairs: doses, body, tumour, kinetics, fields, times, assumptions.

    `prepared` is what the study would run, `events` what happens meanwhile, `images` what was
    read from images, `parameters` every number used.
    """
    table = study.table
    return [
        ("title", table.title),
        *_doses(system_of(prepared).doses),
        *_events(study, events),
        *_body(study),
        *(_tumour(study) if isinstance(prepared, Simulation) else []),
        *[
            (what, f"{name}: {words}")
            for name, one in study.tumours.items()
            for what, words in _tumour(one)
        ],
        *[
            ("organs", f"{organ}: {', '.join(each.kinetics.models)}")
            for organ, each in table.organs.items()
        ],
        ("time", f"{table.time.end.value:g} day, {len(prepared.save_times)} times saved"),
        *[("image", f"{key}: {words}") for key, words in images.items()],
        *_size(prepared),
        ("assumed", in_words(assumed(parameters))),
    ]


def _doses(doses: Sequence[Dose]) -> list[tuple[str, str]]:
    """Return a sentence for each dose, or for each part of a split one."""
    rows = [("dose", _dose(dose)) for dose in doses[:_SHOWN]]
    more = len(doses) - _SHOWN
    return [*rows, ("dose", f"and {more} more")] if more > 0 else rows


def _dose(dose: Dose) -> str:
    when = "at the start" if dose.time == 0 else f"on day {dose.time:.6g}"
    how = "at once" if dose.duration == 0 else f"over {dose.duration * 24:.4g} hours"
    where = f" of {dose.tumour}" if dose.tumour else ""
    return f"{dose.cells:g} {dose.phenotype}, {dose.route.replace('_', ' ')}{where}, {when}, {how}"


def _body(study: Composition) -> list[tuple[str, str]]:
    """Return where cells go outside the tumour, if anywhere."""
    blood = None if study.table.tumour is None else study.table.tumour.blood
    course = [] if blood is None else [("blood", f"as the course {_course(blood)} gives it")]
    if study.table.body is None:
        return [*course, ("body", "none: the tumour is alone")]
    body, ways = study.body, study.trafficking
    use = "" if blood is None else "; not followed, only the tumour's vessels are of it"
    return [
        *course,
        ("body", f"{body.name}: {body.title}{use}"),
        ("trafficking", f"{ways.name}: {ways.title}; carried over by {study.scaling().name}"),
    ]


def _events(study: Composition, events: Events[Any] | None) -> list[tuple[str, str]]:
    """Return a sentence for each event, and for each number that is a course."""
    happening = [] if events is None else events.described()
    courses = [f"{course.key} as a course" for course in study.courses]
    return [("event", text) for text in (*happening, *courses)]


def _course(table: CourseTable) -> str:
    return table.course if isinstance(table.course, str) else "given as an array"


def _tumour(study: Composition) -> list[tuple[str, str]]:
    """Return the sentences about the tumour: where it is, what feeds it, who is in it."""
    geometry, tumour = study.geometry, study.tumour
    fields = study.table.fields
    fed = _feeding(tumour)
    if study.table.tumour_alone and study.fed is None:
        fed = "fed by no blood"
    return [
        (
            "tumour",
            f"{_host(tumour.host)}{geometry.name} of {geometry.volume:.4g} mm3, "
            f"{geometry.maximal_depth:.3g} mm deep, in {geometry.size} mesh cells; {fed}",
        ),
        *([("vessels", words)] if (words := study.vessels_in_words()) else []),
        *[
            ("region", f"{name}: where {table.where}, within {table.within}")
            for name, table in study.table.regions.items()
        ],
        ("kinetics", ", ".join(study.table.kinetics.models) if study.table.kinetics else ""),
        *[
            ("field", f"{s.name} ({s.role}): {_field(s, fields.get(s.name, FieldTable()))}")
            for s in study.kinetics.species
        ],
    ]


def _host(host: str | None) -> str:
    return "" if host is None else f"in the host {host}: "


def _feeding(tumour: TumourTable) -> str:
    if tumour.feeding == "both":
        return "fed by vessels and the rim"
    inner = f"vessels in '{tumour.region or 'all'}'"
    return "fed by the rim" if tumour.feeding == "rim" else f"fed by {inner}"


def _field(species: Species, table: FieldTable) -> str:
    """Return how a field starts and moves."""
    unit = "" if species.unit == "1" else f" {species.unit}"
    start = f"{species.initial:g}{unit}" if table.initial is None else _stated(table.initial)
    moves = "immobile" if table.diffusivity is None else f"diffuses at {_stated(table.diffusivity)}"
    if table.speed is not None and table.persistence_time is not None:
        moves = (
            f"walks at {_stated(table.speed)}, straight on for {_stated(table.persistence_time)}"
        )
    drift = table.chemotaxis
    climbs = "" if drift is None else f", climbs {drift.attractant} ({drift.law})"
    edges = "".join(f", {b.type} at {name}" for name, b in table.boundaries.items())
    single = {"cells": "single cells, ", "cells_below": _below(table)}.get(table.form, "")
    return f"{single}starts at {start}, {moves}{climbs}{edges}"


def _below(table: FieldTable) -> str:
    """Return below which number cells are single ones."""
    per = table.threshold_per.replace("_", " ")
    return (
        "" if table.threshold is None else f"single cells below {table.threshold.stated} a {per}, "
    )


def _stated(value: object) -> str:
    """Return a number as it was written, or that there is one for each region."""
    if isinstance(value, Parameter):
        return value.stated
    if isinstance(value, dict):
        if has_directions(value):
            return "rates that differ by direction"
        if is_image(value):
            return "what images say"
        whole = value.get("value")
        return str(whole) if whole is not None else f"values by region ({', '.join(value)})"
    return str(value)


def _size(prepared: Run) -> list[tuple[str, str]]:
    """Return how the system is stepped, and how large its saved fields are."""
    if isinstance(prepared, BodyAlone):
        return []
    numbers = prepared.initial.size * len(prepared.save_times)
    if isinstance(prepared, CellSimulation):
        asked = prepared.asked
        how = f"cells, fields and body in turn, {asked.step * 24:.4g} hours at most"
        return [("steps", f"{how}; seed {asked.seed}; saved fields take {_megabytes(numbers)}")]
    how = "body and tumours in turns"
    if isinstance(prepared, Simulation):
        how = "body and tumour as one system" if prepared.together else "body and tumour in turns"
    tolerance = prepared.control.tolerance
    return [
        ("steps", f"{how}, tolerance {tolerance:g}; saved fields take {_megabytes(numbers)}"),
    ]


def _megabytes(numbers: int) -> str:
    return f"{numbers * _BYTES / 1e6:.3g} MB"
