"""The members of a study's population: values of each number that varies."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np

from cartflow.analyses.population.distribution import Distribution
from cartflow.analyses.population.reading import distribution
from cartflow.analyses.population.scores import scores
from cartflow.core.outcome import InputError, nearest
from cartflow.core.parameters import Parameter, Sign
from cartflow.core.units.conversion import to_internal
from cartflow.core.units.dimensions import internal_unit
from cartflow.core.units.quantities import split
from cartflow.pbpk.variation.variability import load_variability
from cartflow.study.numbers import setting_key, study_setting
from cartflow.study.overrides import errors_named
from cartflow.study.study import Study
from cartflow.study.tables.population import PopulationTable, VariedTable

MOST_MEMBERS = 1_000_000
_MOST_NUMBERS = 1000
# Dimensions of keys that a study need not state.
_LIKE = (
    (re.compile(r"body\.weight"), "kg"),
    (re.compile(r"body\.height"), "m"),
    (re.compile(r"body\.factors\..+|doses\.\d+\.shares\..+"), "1"),
    (re.compile(r"doses\.\d+\.maximum"), "cell"),
)
_SIZES = ("body.weight", "body.height", "body.name")
# Numbers that no key of a study sets.
_OUTSIDE = ("trafficking.", "body.cardiac_output", "body.blood_volume")
_DOSE = re.compile(r"doses\.\d+\.cells")


@dataclass(frozen=True, kw_only=True, eq=False)
class Column:
    """One number of the members: its `distribution`, and the `values` (or names) they have."""

    distribution: Distribution
    values: tuple[float, ...] = ()
    names: tuple[str, ...] = field(default=(), repr=False)


def population_of(study: Study, numbers: Mapping[str, Parameter]) -> list[Column]:
    """Return the members of the study's ``[population]``, a column for each number that varies.

    `numbers` are those of the study that may vary, with the geometry's. Raises `InputError`.
    """
    table = study.table.population
    assert table is not None
    with errors_named(study.name):
        found = distributions_of(study, table, numbers)
        if table.members > MOST_MEMBERS:
            msg = f"population.members: {table.members} are more than {MOST_MEMBERS}"
            raise InputError(msg)
        keys = [each.key for each in found]
        drawn = scores(keys, table.members, table.seed, table.correlations)
        for each in found:
            _require_taken(study, each, numbers)
    return [_column(each, column) for each, column in zip(found, drawn.T, strict=True)]


def distributions_of(
    study: Study, table: PopulationTable, numbers: Mapping[str, Parameter]
) -> list[Distribution]:
    """Return the distributions of what varies; what the study states goes before published ones."""
    found = [_of_table(study, key, each, numbers) for key, each in table.varied.items()]
    stated = set(table.varied)
    if table.variability is not None:
        if study.table.body is None:
            raise InputError("population.variability: there is no [body] whose organs vary")
        published = load_variability(table.variability).spreads(study.body)
        for key, spread in published.items():
            if key not in stated:
                centre = {"mean": 1.0} if spread.distribution == "normal" else {"median": 1.0}
                least = {"lowest": 0.0} if spread.distribution == "normal" else {}
                each = VariedTable(
                    distribution=spread.distribution,
                    cv=spread.cv.value,
                    source=spread.cv.source,
                    standing=spread.cv.standing,
                    **centre,
                    **least,
                )
                found.append(distribution(key, each, "1"))
    if not 0 < len(found) <= _MOST_NUMBERS:
        msg = f"population.varied: {len(found)} numbers vary; 1 to {_MOST_NUMBERS} may"
        raise InputError(msg)
    return found


def _of_table(
    study: Study, key: str, table: VariedTable, numbers: Mapping[str, Parameter]
) -> Distribution:
    name = key.replace("kinetics.parameters.", "kinetics.")
    own = numbers.get(name) or study.stated.get(key)
    sign: Sign = "not_negative" if own is None else own.sign
    like = None if own is None else own.unit
    if own is None:
        like = next((unit for form, unit in _LIKE if form.fullmatch(key)), None)
    if like is None and table.distribution != "choice":
        hint = nearest(name, [*numbers, *_SIZES])
        msg = f"population.varied.{key}: is no number of the study{hint}"
        raise InputError(msg)
    if _DOSE.fullmatch(key) and _per_weight(table):
        like = "cell/kg"
    return distribution(key, table, like, sign)


def _per_weight(table: VariedTable) -> bool:
    """Return whether cells are stated per body weight."""
    stated = (table.median, table.mean, table.lowest, table.highest)
    try:
        units = {split(value)[1] for value in stated if isinstance(value, str)}
        return any(internal_unit(unit) == "cell/ng" for unit in units)
    except InputError:
        return False


def _require_taken(study: Study, each: Distribution, numbers: Mapping[str, Parameter]) -> None:
    """Raise `InputError` unless the study can have what the number is in its middle member."""
    for middle in each.names or (each.middle,):
        try:
            if each.key.startswith(_OUTSIDE) and each.key in numbers:
                value = to_internal(middle, numbers[each.key].unit)
                setting = study_setting(study).varied({each.key: value})
                _ = study.in_body(setting.body, setting.trafficking).prepared
            else:
                plain = each.unit == "1" and not each.names
                key = setting_key(each.key) if each.key in numbers else each.key
                settings = {key: float(middle) if plain else middle}
                _ = study.with_settings(settings).prepared
        except InputError as error:
            words = str(error).removeprefix(f"{study.name}: ")
            msg = f"population.varied.{each.key}: the study cannot have {middle}: {words}"
            raise InputError(msg) from None


def _column(each: Distribution, drawn: np.ndarray) -> Column:
    values = each.values(drawn)
    if each.kind == "choice":
        return Column(distribution=each, names=tuple(each.names[int(i)] for i in values))
    return Column(distribution=each, values=tuple(values.tolist()))
