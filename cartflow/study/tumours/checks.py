"""What a study of several tumours must not say."""

from __future__ import annotations

from collections.abc import Mapping

from cartflow.core.outcome import InputError, require_known
from cartflow.kinetics.network import Network
from cartflow.pbpk.flows.routes import ARTERY, HOSTS_OF_ROUTES
from cartflow.study.schema import StudyTable
from cartflow.study.tumours.merging import Written

_INTO_ONE = ("intratumoural", ARTERY)


def refuse_named(table: StudyTable) -> None:
    """Raise `InputError` on a dose that names a tumour where there are not several."""
    for i, dose in enumerate(table.doses):
        if dose.tumour is not None:
            msg = f"doses.{i}.tumour: '{dose.tumour}' has no effect: the study names no tumours"
            raise InputError(msg)


def require_several(table: StudyTable) -> None:
    """Raise `InputError` on what tumours that share a body cannot have."""
    if table.body is None:
        raise InputError("key 'body' is missing; several tumours share one")
    for i, dose in enumerate(table.doses):
        if dose.route in _INTO_ONE:
            if dose.tumour is None:
                names = ", ".join(table.tumours)
                msg = f"doses.{i}.tumour: is missing; '{dose.route}' is into one of {names}"
                raise InputError(msg)
            require_known(dose.tumour, table.tumours, f"doses.{i}.tumour")
        elif dose.tumour is not None:
            msg = f"doses.{i}.tumour: has no effect with route = '{dose.route}'"
            raise InputError(msg)
        hosts = HOSTS_OF_ROUTES.get(dose.route)
        if hosts is not None and not any(each.host in hosts for each in table.tumours.values()):
            msg = (
                f"doses.{i}.route: '{dose.route}' is for a tumour in {' or '.join(hosts)}, and "
                "there is none"
            )
            raise InputError(msg)


def require_fields(written: Written | None, networks: Mapping[str, Network]) -> None:
    """Raise `InputError` on a field that all are said to share, and none has."""
    tables = {} if written is None else written.top.get("fields", {})
    species = {name for network in networks.values() for name in network.species_names}
    for name in tables:
        require_known(name, species, "fields")


def travellers(networks: Mapping[str, Network]) -> Network:
    """Return all species of some tumours' kinetics, which agree in those that travel.

    Raises `InputError` naming the tumour that lacks what would enter it, or sees it otherwise.
    """
    species = {s.name: (s, name) for name, network in networks.items() for s in network.species}
    for name, network in networks.items():
        own = {s.name: s for s in network.species}
        for each, other in species.values():
            where = f"tumours.{name}.kinetics"
            if each.role == "phenotype" and each.name not in own:
                msg = (
                    f"{where}: '{each.name}' of tumours.{other} travels and would enter this "
                    "tumour, whose kinetics do not have it; add a model with it"
                )
                raise InputError(msg)
            mine = own.get(each.name, each)
            counted = {each.role, mine.role} & {"phenotype", "product"}
            if counted and mine.role != each.role:
                msg = (
                    f"{where}: '{each.name}' is a {mine.role} here, but a {each.role} in "
                    f"tumours.{other}"
                )
                raise InputError(msg)
    return Network(name="tumours", species=tuple(each for each, _ in species.values()))
