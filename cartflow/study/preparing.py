"""From a study's parts to what runs: the coupled simulation, or the body alone."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from cartflow.core.outcome import InputError
from cartflow.core.parameters import Parameter
from cartflow.coupling.body_alone import BodyAlone
from cartflow.coupling.coupled import Coupled
from cartflow.coupling.door import Door, vessel_fed
from cartflow.coupling.feed import Feed
from cartflow.coupling.simulation import Simulation
from cartflow.pbpk.doses import SoluteDose
from cartflow.pde.problem import Problem
from cartflow.results.tumour import require_free_names
from cartflow.study.assembly import Assembler
from cartflow.study.checks import refuse_tumour_keys, refuse_unused, require_regions
from cartflow.study.circulating import solute_doses
from cartflow.study.composition import Composition
from cartflow.study.courses.blood import blood_course
from cartflow.study.dosing import build_doses, cells_alone
from cartflow.study.earlier import body_of_earlier, is_earlier
from cartflow.study.exchanging import exchanging
from cartflow.study.following import (
    following_regions,
    follows,
    refuse_idle,
    with_fixed_regions,
)
from cartflow.study.given import image_words, with_given_diffusivities, with_given_starts
from cartflow.study.overrides import errors_named
from cartflow.study.parts import arrival, control, engine, leaving, suited
from cartflow.study.schedule import save_times

Array = np.ndarray


def coupled_simulation(
    study: Composition,
) -> tuple[Simulation, dict[str, Parameter], dict[str, str]]:
    """Return the coupled simulation, and the numbers of its fields and tissue by dotted key.

    Third is what images gave, in words by dotted key. It is without events. Raises `InputError`
    without a tumour.
    """
    table, stated = study.table, study.tumour
    assembler = Assembler(study.name, study.geometry, study.kinetics, study.folder)
    with errors_named(study.name):
        refuse_unused(table, stated)
        require_regions(table, stated, study.geometry)
        regions, thresholds = following_regions(
            table.regions, study.geometry, study.kinetics, study.name
        )
        assembler.parameters |= thresholds
        refuse_idle(stated, table)
        tumour = with_fixed_regions(stated, table)
        drains = follows(stated.egress_region, regions)
        require_free_names(study.kinetics, study.geometry)
        lymphatics = assembler.vessels(tumour.lymphatic_density, "tumour.lymphatic_density")
        egress = leaving(tumour, study.geometry, study.organs.egress_rate, lymphatics)
        vessels = assembler.vessels(tumour.vessel_density, "tumour.vessel_density")
        problem = Problem(
            geometry=study.geometry,
            network=study.kinetics,
            fields=with_given_diffusivities(assembler.fields(table.fields), study.given),
            tissue=assembler.tissue(table),
            egress=egress,
            following=regions,
            egress_region="" if drains is None else drains.name,
        )
        where = arrival(tumour, study.geometry, vessels)
        problem, organs, exchange = exchanging(
            problem, study.organ_kinetics, table.circulating, tumour, where
        )
        initial = with_given_starts(assembler.initial(table.fields), problem.fields, study.given)
        given = given_of(study)
        coupled = Coupled(
            network=study.organs,
            engine=engine(table.solver, problem),
            door=Door(
                geometry=study.geometry,
                arrival=where,
                egress=egress,
                follows=follows(stated.region, regions),
            ),
            doses=build_doses(table.doses, study.kinetics, table.time.end, study.dosed_body),
            injection=vessel_fed(study.geometry, tumour.injection_region),
            kinetics=organs,
            happenings=study.models.happenings(organs),
            feed=_feed(study),
            solute_doses=given,
            exchange=exchange,
        )
        coupled = replace(coupled, placed=placed(study, coupled.product_names))
        simulation = Simulation(
            coupled=coupled,
            initial=initial,
            save_times=save_times(
                table.time,
                [dose.time for dose in (*coupled.doses, *given)],
                table.save.every,
            ),
            control=control(table.solver),
        )
        images = {**assembler.images, **image_words(study.given)}
        return suited(simulation, table.solver), assembler.parameters, images


def _feed(study: Composition) -> Feed | None:
    """Return what feeds the tumour of a study that follows no body, if anything does."""
    table = study.tumour.blood
    if study.fed is None or table is None:
        return None
    kinetics = study.kinetics
    products = [kinetics.species_names[i] for i in np.flatnonzero(kinetics.is_product)]
    end = study.table.time.end.value
    course = blood_course(table, kinetics, products, study.folder, end)
    return Feed(vessels=study.fed, course=course)


def body_alone(study: Composition) -> BodyAlone:
    """Return the run of a study without a tumour. Raises `InputError` on keys of one."""
    table = study.table
    with errors_named(study.name):
        refuse_tumour_keys(table)
        kinetics = study.organ_kinetics
        carried = cells_alone(table.doses) if kinetics is None else kinetics.network
        doses = build_doses(table.doses, carried, table.time.end, study.dosed_body)
        given = given_of(study)
        alone = BodyAlone(
            network=study.organs,
            kinetics=kinetics,
            doses=doses,
            save_times=save_times(
                table.time, [dose.time for dose in (*doses, *given)], table.save.every
            ),
            tolerance=control(table.solver).tolerance,
            happenings=study.models.happenings(kinetics),
            travellers=carried.species_names,
            solute_doses=given,
        )
        return replace(alone, placed=placed(study, alone.product_names))


def given_of(study: Composition) -> tuple[SoluteDose, ...]:
    """Return the doses of what circulates beside cells."""
    table = study.table
    if not table.circulating:
        return ()
    return solute_doses(table.circulating, study.circulating, study.body, table.time.end)


def placed(study: Composition, products: Sequence[str]) -> Array | None:
    """Return the product cells that an earlier result puts into the body, if the study says so."""
    table = study.table
    if table.body is None or table.body.initial is None:
        return None
    where = f"{study.name}: body.initial"
    if study.fed is not None:
        msg = f"{where}: has no effect beside tumour.blood, where no body is followed"
        raise InputError(msg)
    if not is_earlier(table.body.initial):
        msg = f"{where}: key 'result' is missing; it names the file of an earlier result"
        raise InputError(msg)
    for organ, item in table.organs.items():
        for species in item.initial:
            if species in products:
                msg = f"organs.{organ}.initial.{species}: has no effect beside body.initial"
                raise InputError(msg)
    return body_of_earlier(table.body.initial, study.organs, products, study.folder, where)
