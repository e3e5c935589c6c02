"""From the organ tables of a study to kinetics in organs."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from dataclasses import replace

from cartflow.core.outcome import InputError, require_known
from cartflow.core.parameters import Parameter, parameter, signed
from cartflow.kinetics.network import Network, Species
from cartflow.kinetics.pores import undecided
from cartflow.pbpk.circulation.circulation import Circulation
from cartflow.pbpk.flows.network import OrganNetwork
from cartflow.pbpk.organs.kinetics import OrganKinetics, Site
from cartflow.study.circulating import with_circulating
from cartflow.study.most import DENSEST, require_possible
from cartflow.study.organ_models import of_site, united
from cartflow.study.schema import OrganTable


def organ_kinetics(
    tables: Mapping[str, OrganTable],
    organs: OrganNetwork,
    load: Callable[[list[str]], Network],
    tumour: Network | None,
    circulating: tuple[Circulation, ...] = (),
    alone: Network | None = None,
) -> OrganKinetics | None:
    """Return the kinetics that a study states in organs, or None if it states none.

    `load` reads models by name. With a `tumour` its travelling species travel through the
    organs too, where no reaction takes them; what travels in organs must be in the tumour.
    What is `circulating` travels by ways of its own; where kinetics act nowhere, with the cells of
    `alone` beside it. Raises `InputError` naming the organ's key.
    """
    if not tables and not circulating:
        return None
    own = own_networks(tables, load)
    for name, network in own.items():
        _refuse_solutes(network, f"organs.{name}.kinetics", [c.species for c in circulating])
    network = united(own) if tables else alone or Network(name="none", species=(_CART,))
    if tumour is not None:
        first = f"organs.{next(iter(tables))}.kinetics" if tables else "organs"
        network = _with_travellers(network, tumour, first)
    network = with_circulating(network, circulating, "organs")
    sites = tuple(_site(name, table, organs, own, circulating) for name, table in tables.items())
    return OrganKinetics(organs=organs, network=network, sites=sites, circulating=circulating)


# What travels where nothing else says so.
_CART = Species(name="cart", role="phenotype")


def own_networks(
    tables: Mapping[str, OrganTable], load: Callable[[list[str]], Network]
) -> dict[str, Network]:
    """Return the reactions of each organ's models, which `load` reads."""
    return {name: load(table.kinetics.models) for name, table in tables.items()}


def site_parameters(
    tables: Mapping[str, OrganTable],
    kinetics: OrganKinetics,
    load: Callable[[list[str]], Network],
) -> dict[str, Parameter]:
    """Return every number of the kinetics in organs: parameters, initial values, volumes."""
    found: dict[str, Parameter] = {}
    own = own_networks(tables, load)
    for name, site, volume in zip(tables, kinetics.sites, kinetics.volumes, strict=True):
        network = own[name].with_parameters(tables[name].kinetics.parameters)
        key = f"organs.{name}"
        found |= {f"{key}.kinetics.{k}": p for k, p in network.described_parameters().items()}
        found |= {f"{key}.initial.{k}": p for k, p in initial(name, tables[name], network).items()}
        if site.volume is None:
            found[f"{key}.volume"] = _own_volume(site, float(volume), kinetics.organs)
    return found


def initial(name: str, table: OrganTable, network: Network) -> dict[str, Parameter]:
    """Return what stands in an organ at the start, by species."""
    where, found = f"organs.{name}.initial", {}
    for species, raw in table.initial.items():
        require_known(species, network.species_names, where)
        try:
            unit = network.species[network.index(species)].unit
            found[species] = signed(parameter(raw, unit), "not_negative")
            if unit == "cell/mm^3":
                require_possible(found[species].value, DENSEST, unit)
        except InputError as error:
            msg = f"{where}.{species}: {error}"
            raise InputError(msg) from None
    return found


def _site(
    name: str,
    table: OrganTable,
    organs: OrganNetwork,
    own: Mapping[str, Network],
    circulating: tuple[Circulation, ...],
) -> Site:
    network = own[name]
    try:
        network.with_parameters(table.kinetics.parameters)
    except InputError as error:
        msg = f"organs.{name}.kinetics: {error}"
        raise InputError(msg) from None
    carried = {c.species for c in circulating}
    for species in table.initial:
        if species in carried:
            msg = f"organs.{name}.initial.{species}: it circulates; circulating.{species}.initial"
            raise InputError(msg + " says what there is of it")
    start = {s.name: s.initial for s in network.species if s.initial and s.name not in carried}
    return Site(
        compartment=_compartment(name, table, organs),
        volume=None if table.volume is None else table.volume.value,
        initial=start | {key: p.value for key, p in initial(name, table, network).items()},
        parameters=of_site(own, name, table.kinetics.parameters),
    )


def _compartment(name: str, table: OrganTable, organs: OrganNetwork) -> str:
    """Return the compartment that an organ's name and space stand for."""
    if name.partition("_")[0] == "tumour":
        raise InputError("organs.tumour: the tumour's own kinetics stand in [kinetics]")
    places = {(c.organ, c.space): c.name for c in organs.compartments if c.organ}
    alone = {c.name for c in organs.compartments if c.name in ("venous", "arterial", "lymph")}
    if name in alone:
        if "space" in table.model_fields_set:
            msg = f"organs.{name}.space: has no effect; only organs have spaces"
            raise InputError(msg)
        return name
    known = {organ for organ, _ in places if organ not in ("blood", "tumour")} | alone
    require_known(name, known, "organs")
    if (name, table.space) not in places:
        spaces = ", ".join(sorted(space for organ, space in places if organ == name))
        msg = f"organs.{name}.space: '{table.space}'; with this trafficking model it has: {spaces}"
        raise InputError(msg)
    return places[name, table.space]


def _refuse_solutes(network: Network, where: str, carried: Collection[str]) -> None:
    """Raise `InputError` on a solute of which the study does not say how blood carries it."""
    for species in network.species:
        if species.role == "solute" and species.name not in carried:
            msg = (
                f"{where}: kinetics '{network.name}': '{species.name}' is a solute, which blood "
                f"would carry from organ to organ; say how in a table [circulating.{species.name}]"
            )
            raise InputError(msg)
    name = undecided(network) if carried else None
    if name is not None:
        msg = (
            f"{where}: reactions.{name}: it goes on without the cells that its rate names, so that "
            "it is unsaid whether its rate is per fluid: write what cells do as a reaction of its "
            "own, or per = 'pore' or 'tissue'"
        )
        raise InputError(msg)


def _with_travellers(network: Network, tumour: Network, where: str) -> Network:
    """Return `network` with what else travels, from the tumour."""
    inside = {s.name: s for s in tumour.species}
    for species in network.species:
        if species.role == "phenotype" and species.name not in inside:
            msg = (
                f"{where}: '{species.name}' travels and would enter the tumour, whose kinetics "
                "([kinetics]) do not have it; add a model with it there"
            )
            raise InputError(msg)
        if species.name in inside:
            _require_same_role(species, inside[species.name], where)
    own = set(network.species_names)
    more = [replace(s, initial=0.0) for s in tumour.species if s.role == "phenotype"]
    return replace(network, species=(*network.species, *(s for s in more if s.name not in own)))


def _require_same_role(organ: Species, tumour: Species, where: str) -> None:
    if (organ.role, organ.unit) != (tumour.role, tumour.unit):
        msg = (
            f"{where}: '{organ.name}' is a {organ.role} in {organ.unit} here, but a {tumour.role} "
            f"in {tumour.unit} in [kinetics]"
        )
        raise InputError(msg)


def _own_volume(site: Site, volume: float, organs: OrganNetwork) -> Parameter:
    place = organs.compartments[organs.index(site.compartment)]
    kind = {"tissue": "interstitial_volume", "vascular": "vascular_volume"}.get(place.space, "")
    keys = (f"{place.organ}.{kind}", f"{site.compartment}_volume", "lymph_node_volume")
    stated = next(p for key in keys if (p := organs.parameters.get(f"body.{key}")) is not None)
    return Parameter(
        value=volume,
        unit="mm^3",
        stated=f"{volume:g} mm^3",
        source=stated.source,
        standing="assumed" if stated.standing == "assumed" else "derived",
        note=f"volume of {site.compartment}",
    )
