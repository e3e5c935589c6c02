"""The formulas that are broken on purpose, each with the case that must notice."""

from __future__ import annotations

from cartflow.validation.numerics.breaking import (
    Mutation,
    full_storage,
    in_full,
    more_diffusion,
    no_arc,
    of_tissue,
    root,
    squared_shells,
    times,
    volume,
    without,
    without_key,
    without_two_pi,
)

_DIFFUSIVITY = "pde.problem:Problem.place_diffusivity"
_DRIFT = "pde.chemotaxis:Chemotaxis.face_velocity"
_ACCOUNT = "pde.extents:Extents.account"

MUTATIONS: tuple[Mutation, ...] = (
    Mutation(
        name="twice_d_fisher",
        breaks="a factor 2 in D",
        case="fisher_kpp",
        target=_DIFFUSIVITY,
        wrap=times(2.0),
    ),
    Mutation(
        name="porous_d",
        breaks="D(u) at half of its value",
        case="pushed_fronts",
        target="pde.problem:DensityDependence.factor",
        wrap=times(0.5),
    ),
    Mutation(
        name="hindrance_root",
        breaks="1/lambda in place of 1/lambda^2",
        case="tortuosity",
        target="pde.hindrance:Hindrance.factor",
        wrap=root,
    ),
    Mutation(
        name="shell_volumes",
        breaks="volumes of shells as r^2 dr",
        case="depth",
        target="geometries.shapes.ball:row_of_cells",
        wrap=squared_shells,
    ),
    Mutation(
        name="twice_d_orders",
        breaks="a factor 2 in D",
        case="orders",
        target=_DIFFUSIVITY,
        wrap=times(2.0),
    ),
    Mutation(
        name="drift_sign",
        breaks="cells flee the attractant",
        case="orders",
        target=_DRIFT,
        wrap=times(-1.0),
    ),
    Mutation(
        name="staircase",
        breaks="the area of every face of a voxel counted in full",
        case="surfaces",
        target="geometries.voxels.rim:face_shares",
        wrap=in_full,
    ),
    Mutation(
        name="cylinder_areas",
        breaks="areas of cylinders as r L",
        case="surfaces",
        target="geometries.shapes.cylinder:_areas_and_volumes",
        wrap=without_two_pi,
    ),
    Mutation(
        name="egress_lost",
        breaks="what leaves the tumour never reaches the nodes",
        case="conservation",
        target=_ACCOUNT,
        wrap=without("egress"),
    ),
    Mutation(
        name="births_uncounted",
        breaks="divisions are not entered in the ledger",
        case="conservation",
        target=_ACCOUNT,
        wrap=without("born"),
    ),
    Mutation(
        name="handed_over_halved",
        breaks="half of what leaves the vessels reaches the tissue",
        case="conservation",
        target="coupling.door:Door.deliver",
        wrap=times(0.5),
    ),
    Mutation(
        name="lymph_return",
        breaks="the nodes give nothing back to the veins",
        case="organ_network",
        target="pbpk.flows.arcs:Arcs.arc",
        wrap=no_arc("lymph", "venous"),
    ),
    Mutation(
        name="spleen_loss",
        breaks="the spleen's blood passes by the liver",
        case="organ_network",
        target="pbpk.flows.arcs:Arcs.arc",
        wrap=no_arc("spleen_vascular", "liver_vascular"),
    ),
    Mutation(
        name="venous_volume",
        breaks="venous blood of 1.01 times its volume",
        case="organ_network",
        target="pbpk.flows.arcs:Arcs.place",
        wrap=volume("venous", 1.01),
    ),
    Mutation(
        name="extravascular",
        breaks="lymph that empties 1.05 times the organ less its vessels",
        case="organ_network",
        target="pbpk.trafficking:Trafficking.extravascular",
        wrap=times(1.05),
    ),
    Mutation(
        name="portal_blood",
        breaks="blood of the gut does not reach a tumour in the liver",
        case="bodies:tumours",
        target="pbpk.flows.arcs:Arcs.arc",
        wrap=no_arc("gut_vascular", "tumour_vascular"),
    ),
    Mutation(
        name="published_flow",
        breaks="a published tumour with the default's flow",
        case="bodies:tumours",
        target="pbpk.flows.tumour_like:published_vessels",
        wrap=without_key("plasma_flow"),
    ),
    Mutation(
        name="solute_storage",
        breaks="a solute stored in all tissue, not in its pores",
        case="independent_solver",
        target="pde.problem:Problem.storage",
        wrap=full_storage,
    ),
    Mutation(
        name="pores_forgotten",
        breaks="what solutes do among themselves counted per tissue",
        case="independent_solver",
        target="pde.problem:in_pores",
        wrap=of_tissue,
    ),
    Mutation(
        name="film",
        breaks="a film that lets pass 1.05 times as much",
        case="independent_solver",
        target="pde.operators.crossings:conductance",
        wrap=times(1.05),
    ),
    Mutation(
        name="one_engine",
        breaks="a factor 2 in D at the faces of one engine alone",
        case="engines_agree",
        target="pde.operators.operator:field_transport",
        wrap=more_diffusion,
    ),
)
