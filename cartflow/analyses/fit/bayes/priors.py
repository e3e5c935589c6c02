"""The priors of all that is estimated, from ranges, ``--prior``, or what a number states."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace

from cartflow.analyses.fit.bayes.prior import Prior
from cartflow.analyses.fit.parameters import Parameter, Wanted, read_vary
from cartflow.analyses.fit.sources.source import Source, Stated
from cartflow.core.outcome import InputError, require_known

# About where searches begin, of an error's size: 95 % within a tenth and ten times.
_OF_ERRORS = 10.0


def read_given(texts: Mapping[str, str]) -> dict[str, Wanted]:
    """Return priors as ``--prior NAME=[LOW, HIGH] UNIT`` states them. Raises `InputError`."""
    found = {}
    for name, text in texts.items():
        try:
            found[name] = read_vary([f"prior={text}"])[0]
        except InputError as error:
            msg = f"--prior {name}: {str(error).partition(': ')[2]}"
            raise InputError(msg) from None
        if found[name].bounds is None or found[name].logarithmic is not None:
            msg = f"--prior {name}: written is NAME=[LOW, HIGH] UNIT; its scale is that of --vary"
            raise InputError(msg)
    return found


def priors_of(
    source: Source, wanted: Sequence[Wanted], given: Mapping[str, Wanted], as_priors: bool
) -> tuple[list[Wanted], dict[str, Prior]]:
    """Return what is varied with the limits of its prior, and the priors by key.

    `given` are those of ``--prior``. A range of ``--vary`` has even chances within, or
    `as_priors` 95 %; the published range of a number that is varied without one, 95 %. Raises
    `InputError` for a number of which no width is known.
    """
    found: dict[str, Prior] = {}
    for each in wanted:
        stated = source.stated(each.key, each.unit or _unit(given.get(each.key)))
        if stated is None and each.bounds is None and each.key not in given:
            continue  # told when the problem is built
        found[each.key] = _prior(each, stated, given.get(each.key), as_priors)
    ranged = [
        replace(
            each,
            bounds=(found[each.key].low, found[each.key].high),
            unit=each.unit or _unit(given.get(each.key)),
            logarithmic=found[each.key].logarithmic,
        )
        if each.key in found
        else each
        for each in wanted
    ]
    return ranged, found


def _unit(given: Wanted | None) -> str:
    return "" if given is None else given.unit


def _prior(wanted: Wanted, stated: Stated | None, given: Wanted | None, as_priors: bool) -> Prior:
    where = f"--vary {wanted.key}"
    if given is not None:
        if given.unit and wanted.unit and given.unit != wanted.unit:
            msg = f"--prior {wanted.key}: is in '{given.unit}', its --vary in '{wanted.unit}'"
            raise InputError(msg)
        return normal_prior(given, wanted, wanted.bounds, "--prior", f"--prior {wanted.key}")
    if wanted.bounds is not None:
        if as_priors:
            return normal_prior(wanted, wanted, None, "--vary, --priors", where)
        low, high = wanted.bounds
        logarithmic = low > 0 if wanted.logarithmic is None else wanted.logarithmic
        return Prior(low=low, high=high, logarithmic=logarithmic, middle95=None, origin="--vary")
    assert stated is not None
    origin = f" ({stated.origin})" if stated.origin else ""
    if stated.bounds is None:
        msg = f"{where}: is {stated.value:.4g} {stated.unit}{origin}, without a range; no width is "
        raise InputError(msg + f"invented for its prior: give --vary {wanted.key}=[LOW, HIGH] UNIT")
    low, high = stated.bounds
    if not low <= stated.value <= high:
        msg = f"{where}: is {stated.value:.4g} {stated.unit} here, outside its published range "
        raise InputError(msg + f"{low:.4g} to {high:.4g}; give --vary {wanted.key}=[LOW, HIGH]")
    own = replace(wanted, bounds=stated.bounds)
    return normal_prior(own, wanted, None, f"published range; {stated.origin}", where)


def normal_prior(
    known: Wanted,
    wanted: Wanted,
    limits: tuple[float, float] | None,
    origin: str,
    where: str,
) -> Prior:
    """Return the normal prior whose middle 95 % is the range of `known`."""
    assert known.bounds is not None
    low, high = known.bounds
    if not low < high:
        msg = f"{where}: goes from {low:g} to {high:g}; a prior needs a width"
        raise InputError(msg)
    least = low if limits is None else limits[0]
    logarithmic = least > 0 if wanted.logarithmic is None else wanted.logarithmic
    if logarithmic and low <= 0:
        msg = f"{where}: begins at {low:g}; on a logarithmic scale it must be above 0"
        raise InputError(msg)
    found = Prior(low=low, high=high, logarithmic=logarithmic, middle95=known.bounds, origin=origin)
    bounds = limits or found.reach()
    if not (high > bounds[0] and low < bounds[1]):
        msg = f"{where}: {low:g} to {high:g} lies outside of --vary, {bounds[0]:g} to {bounds[1]:g}"
        raise InputError(msg)
    return replace(found, low=bounds[0], high=bounds[1])


def all_priors(
    parameters: Sequence[Parameter], by_key: Mapping[str, Prior], given: Mapping[str, Wanted]
) -> list[Prior]:
    """Return the prior of each parameter, errors' sizes among them. Raises `InputError`."""
    names = [*dict.fromkeys([*by_key, *(p.name for p in parameters)])]
    for name in given:
        require_known(name, names, "--prior: what is estimated")
    return [_of_parameter(p, by_key, given.get(p.name)) for p in parameters]


def _of_parameter(parameter: Parameter, by_key: Mapping[str, Prior], given: Wanted | None) -> Prior:
    limits = (parameter.low, parameter.high)
    if parameter.kind != "error" and (given is None or parameter.name in by_key):
        return by_key[parameter.key]
    own = Wanted(key=parameter.name, bounds=limits, unit="", logarithmic=parameter.logarithmic)
    where = f"--prior {parameter.name}"
    if given is not None:
        if given.unit not in ("", parameter.unit):
            msg = f"{where}: is in '{given.unit}'; it is estimated in '{parameter.unit}'"
            raise InputError(msg)
        return normal_prior(given, own, limits, "--prior", where)
    middle95 = (parameter.stated / _OF_ERRORS, parameter.stated * _OF_ERRORS)
    known = replace(own, bounds=middle95)
    return normal_prior(known, own, limits, "default of an error's size", where)
