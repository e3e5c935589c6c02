"""What a study must not say: names that do not exist, keys that would have no effect."""

from __future__ import annotations

from cartflow.core.outcome import InputError, require_known
from cartflow.geometries.geometry import Geometry
from cartflow.pbpk.flows.routes import CAVITY_ROUTES, HOSTS_OF_ROUTES
from cartflow.pbpk.tumour import draining_node, host_cavity
from cartflow.study.schema import StudyTable, TumourTable
from cartflow.study.tumours.checks import refuse_named
from cartflow.study.without_body import refuse_without_body

_REGIONS = ("region", "egress_region", "injection_region")


def require_parts(table: StudyTable, file: str) -> None:
    """Raise `InputError` unless there is a whole tumour, several, or nothing of one."""
    parts = ("tumour", "geometry", "kinetics")
    missing = [name for name in parts if getattr(table, name) is None]
    if 0 < len(missing) < len(parts):
        msg = f"{file}: key '{missing[0]}' is missing; a tumour needs [tumour], [geometry] and "
        raise InputError(msg + "[kinetics]")
    refuse_circulating(table, file)
    if table.tumour is None or table.body is not None:
        # What circulates alone needs no way of cells.
        cells = table.doses or table.organs or table.tumours or not table.circulating
        for name in ("body", *(("trafficking",) if cells else ())):
            if getattr(table, name) is None:
                msg = f"{file}: key '{name}' is missing"
                raise InputError(msg)


def refuse_circulating(table: StudyTable, file: str) -> None:
    """Raise `InputError` where nothing can circulate: without a body, and in several tumours."""
    if not table.circulating:
        return
    name = next(iter(table.circulating))
    for key, there, why in (
        ("body", table.tumour_alone, "a tumour alone follows no body"),
        ("tumours", bool(table.tumours), "with several tumours nothing circulates yet"),
        ("tissue.matrix", table.tissue.matrix is not None, "pores that change do not go with it"),
        (
            "fields",
            any(f.form != "field" for f in table.fields.values()),
            "not beside single cells",
        ),
        (
            "geometry.growth",
            getattr(table.geometry, "growth", None) is not None,
            "not with a tumour that grows yet",
        ),
    ):
        if there:
            msg = f"{file}: circulating.{name}: has no effect beside {key}: {why}"
            raise InputError(msg)


def refuse_tumour_keys(table: StudyTable) -> None:
    """Raise `InputError` on a key that would have no effect in a study without a tumour."""
    _refuse_exponents(table)
    refuse_named(table)
    for key in ("fields", "regions", "tissue"):
        if key in table.model_fields_set:
            msg = f"{key}: has no effect in a study without a tumour"
            raise InputError(msg)
    for key in sorted(table.save.model_fields_set - {"every"}):
        msg = f"save.{key}: has no effect in a study without a tumour; allowed: every"
        raise InputError(msg)
    stepped = table.organs or table.circulating
    allowed = {"tolerance"} if stepped else set()
    for key in sorted(table.solver.model_fields_set - allowed):
        what = "a study without a tumour; allowed: tolerance"
        if not stepped:
            what = "a study of the body alone, whose steps are exact"
        msg = f"solver.{key}: has no effect in {what}"
        raise InputError(msg)
    for i, dose in enumerate(table.doses):
        if dose.route == "intratumoural":
            msg = f"doses.{i}.route: 'intratumoural' is for a study with a tumour"
            raise InputError(msg)


def refuse_unused(table: StudyTable, tumour: TumourTable) -> None:
    """Raise `InputError` on a key that would have no effect: a study should do what it says."""
    _refuse_unused_tumour(tumour)
    refuse_named(table)
    if table.tumour_alone:
        refuse_without_body(table, tumour)
    else:
        _refuse_other_hosts(table, tumour)
    _refuse_exponents(table)
    if table.tissue.matrix is not None:
        return
    if table.tissue.open_porosity is not None:
        raise InputError("tissue.open_porosity: needs tissue.matrix, the field it follows")
    for name, item in table.fields.items():
        if item.open_gain is not None:
            msg = f"fields.{name}.open_gain: needs tissue.matrix, the field it follows"
            raise InputError(msg)


def hints(table: StudyTable) -> list[str]:
    """Return what a study says that is allowed but seldom meant."""
    return [*_of_population(table), *_of_cavity(table)]


def _of_population(table: StudyTable) -> list[str]:
    if table.population is None:
        return []
    members = table.population.members
    return [f"this is the study itself; cartflow sweep runs the {members} members of [population]"]


def _of_cavity(table: StudyTable) -> list[str]:
    tumours = [*table.tumours.values(), *([table.tumour] if table.tumour else [])]
    rates = [t.cavity_entry_rate for t in tumours]
    routes = [d.route for d in table.doses if d.route in CAVITY_ROUTES]
    if tumours and routes and not any(rate is not None and rate.value > 0 for rate in rates):
        return [
            f"a dose is {routes[0]}, but tumour.cavity_entry_rate is 0, so its cells reach the "
            "tumour by lymph and blood only"
        ]
    return []


def require_regions(table: StudyTable, tumour: TumourTable, geometry: Geometry) -> None:
    """Raise `InputError` naming the key of a region that the geometry has not, or is empty.

    Also of a boundary that it has not.
    """
    named = {f"tumour.{k}": getattr(tumour, k) for k in _REGIONS if getattr(tumour, k) is not None}
    named |= {f"fields.{f}.regions": n for f, item in table.fields.items() for n in item.regions}
    for key, name in named.items():
        if name in table.regions:
            continue
        require_known(name, (*geometry.regions, *table.regions), key)
        if not geometry.region(name).any():
            msg = f"{key}: the region '{name}' holds no mesh cell"
            raise InputError(msg)
    if tumour.boundary is not None:
        require_known(tumour.boundary, geometry.boundaries, "tumour.boundary")


def _refuse_other_hosts(table: StudyTable, tumour: TumourTable) -> None:
    """Raise `InputError` on a route to a place where the tumour is not."""
    host = tumour.host
    for i, dose in enumerate(table.doses):
        hosts = HOSTS_OF_ROUTES.get(dose.route, (host or "",))
        if (host or "") not in hosts:
            msg = (
                f"doses.{i}.route: '{dose.route}' is for a tumour in {' or '.join(hosts)}, "
                f"but tumour.host is '{host}'"
            )
            raise InputError(msg)


def _refuse_exponents(table: StudyTable) -> None:
    rule = table.trafficking
    if rule is not None and rule.exponent is not None and rule.scaling != "allometric":
        raise InputError("trafficking.exponent: only scaling = 'allometric' has one")


def _refuse_unused_tumour(table: TumourTable) -> None:
    if table.feeding == "vessels" and table.boundary is not None:
        raise InputError("tumour.boundary: only a tumour with feeding = 'rim' or 'both' has one")
    if table.feeding == "rim" and table.vessel_density is not None:
        raise InputError("tumour.vessel_density: has no effect with feeding = 'rim'")
    if table.feeding == "rim" and table.region is not None:
        raise InputError("tumour.region: only a tumour with feeding = 'vessels' or 'both' has one")
    if (table.feeding == "both") != (table.rim_share is not None):
        raise InputError("tumour.rim_share: needed with feeding = 'both', and only there")
    if table.rim_share is not None and table.rim_share.value >= 1:
        msg = f"tumour.rim_share: '{table.rim_share.stated}' is not below 1"
        raise InputError(msg)
    if table.egress_rate is not None and table.retention is not None:
        raise InputError("tumour.retention: has no effect beside tumour.egress_rate")
    if table.host is None:
        return
    if table.own_node and not draining_node(table.host):
        msg = f"tumour.own_node: a tumour with the host '{table.host}' drains to all nodes"
        raise InputError(msg)
    if table.cavity_entry_rate is not None and not host_cavity(table.host):
        msg = f"tumour.cavity_entry_rate: there is no cavity beside the host '{table.host}'"
        raise InputError(msg)
