"""Which published models and bodies the book checks; a plain list, so that it loads at once."""

from __future__ import annotations

from importlib.resources import files

# Models whose file states at least one number that its publication gives.
PUBLISHED_MODELS = {
    "adhikarla2021": "Adhikarla et al. 2021, myeloma under CAR T cells and radionuclides",
    "approved_products": "Approved products in blood, by their labels",
    "barros2021": "Barros et al. 2021, CARTmath",
    "brennan2025": "Brennan et al. 2025, effectors and IL-2",
    "brummer2022": "Brummer et al. 2022, CARRGO with dexamethasone",
    "hardiansyah2019": "Hardiansyah and Ng 2019, chronic lymphocytic leukaemia",
    "kimmel2021": "Kimmel et al. 2021, lymphoma that may die out",
    "leon_triana2021_gbm": "Leon-Triana et al. 2021, glioblastoma",
    "lymphodepletion": "lymphodepletion before infusion, of published parts",
    "mueller_schoell2021": "Mueller-Schoell et al. 2021, axicabtagene ciloleucel",
    "owens2021": "Owens and Bozic 2021, preconditioning",
    "sahoo2020": "Sahoo et al. 2020, CARRGO",
    "stein2019": "Stein et al. 2019, tisagenlecleucel in blood",
    "swanson2022": "Swanson et al. 2022, tumour with stem cells",
}

# Models checked against independent integrations of their equations, exact formulas, and what
# their authors' own code prints, only.
RECOMPUTED_MODELS = {
    "antigen_density": "antigen density in classes",
    "antibody_uptake": "antibody that tumour cells take up",
    "antigen_escape": "antigen escape",
    "b_cells": "normal B cells that CAR T cells kill",
    "chaudhury2020": "Chaudhury et al. 2020, Lotka and Volterra",
    "clones": "clones of one product",
    "constant_supply": "constant supply",
    "conte2025": "Conte et al. 2025, CAR T cells and an oncolytic virus",
    "costimulation": "CD28 against 4-1BB",
    "cytokine_network": "interferon gamma, GM-CSF, interleukin 6",
    "donor_rejection": "donor cells that are rejected",
    "effector_memory_exhausted": "effector, memory and exhausted cells",
    "hanson2016": "Hanson et al. 2016, B-cell leukaemia with inflammation",
    "il6_release": "release of interleukin 6",
    "il7_sink": "a shared sink of interleukin 7",
    "kareva_gevertz2023": "Kareva and Gevertz 2023, a threshold of cytokine storm",
    "kirouac2023": "Kirouac et al. 2023, regulation by antigen",
    "leon_triana2021_ball": "Leon-Triana et al. 2021, leukaemia and healthy B cells",
    "li_lei2025": "Li and Lei 2025, subsets and cytokines",
    "li_lei2025_reduced": "Li and Lei 2025, reduced: effector and memory cells that bind",
    "lineage_switch": "antigen loss and a switch of lineage",
    "liu2022": "Liu et al. 2022, CD19-negative leukaemia",
    "marrow_b_cells": "B cells that mature, and leukaemia",
    "minucci2024": "Minucci et al. 2024, reduced: 13 patients with lymphoma",
    "logistic_growth": "logistic growth",
    "multiphasic": "injected, engrafted, memory and exhausted cells",
    "multiple_binding": "several CAR T cells bound to a tumour cell",
    "nagumo": "bistable growth",
    "predator_prey": "predator and prey",
    "predator_prey_exhaustion": "predators that tire",
    "rodrigues2024": "Rodrigues et al. 2024, melanoma and macrophages",
    "singh2020": "Singh et al. 2020, complexes of CAR and antigen",
    "singh2021": "Singh et al. 2021, an anti-BCMA product",
    "spheroid_growth": "a spheroid's growth by what nutrient reaches its cells",
    "two_antigens": "OR and AND gates",
    "wang2024": "Wang et al. 2024, TCR-T cells in mice",
    "yiu2012": "Yiu et al. 2012, nine cytokines",
}

# Left out of ``--quick``: many check values, or long equations to draw.
LONGER_MODELS = frozenset(
    {
        "barros2021",
        "hanson2016",
        "hardiansyah2019",
        "kimmel2021",
        "kirouac2023",
        "liu2022",
        "yiu2012",
    }
)

# The same of those that are compared with their source: 36 virtual patients.
LONGER_SOURCES = frozenset({"kirouac2023"})

BODIES = {
    "tsai": "Bodies: routes and doses in the pleural mouse of Tsai et al. 2022",
    "tumours": "Bodies: tumours as published with their trafficking models",
    "ganusov": "Bodies: recirculation in the rats of Ganusov and Auerbach 2014",
    "brown": "Bodies: mouse over man per infused cell, after Brown et al. 2021",
    "age": "Bodies: how much of a dose a child's brain receives",
    "khot": "Bodies: labelled T cells in the mice of Khot et al. 2019",
    "singh": "Bodies: blood and organs of the mice of Singh et al. 2020",
    "biodistribution": "Bodies: labelled T cells in mice and rats beside every trafficking model",
    "pet": "Bodies: CAR T cells seen by PET in mice, Lee et al. 2020",
}


def kinetics_title(model: str) -> str:
    """Return the title of a model's case."""
    return f"Kinetics: {(PUBLISHED_MODELS | RECOMPUTED_MODELS)[model]}"


def source_models() -> list[str]:
    """Return the models whose source's own equations stand in `validation/sources`."""
    folder = files("cartflow.validation.sources")
    modules = (item.name for item in folder.iterdir() if item.name.endswith(".py"))
    return sorted(name.removesuffix(".py") for name in modules if not name.startswith("_"))


def source_title(model: str) -> str:
    """Return the title of the case that compares a model with its source's equations."""
    return f"Source: {(PUBLISHED_MODELS | RECOMPUTED_MODELS)[model]}"
