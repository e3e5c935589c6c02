"""An antibody in a body: the published equations, solved apart, and the curve printed of them."""

from dataclasses import replace

import numpy as np
import pytest
from scipy.integrate import solve_ivp

from cartflow.core.parameters import parameter
from cartflow.kinetics.network import Network, Species
from cartflow.pbpk.circulation.load import load_solute
from cartflow.pbpk.circulation.proteins import antibody_circulation
from cartflow.pbpk.files.load import load_body
from cartflow.pbpk.flows.network import organ_network
from cartflow.pbpk.organs.acting import ActingOrgans
from cartflow.pbpk.organs.kinetics import OrganKinetics
from cartflow.pbpk.trafficking import Trafficking

# Shah and Betts 2012, table 4: plasma, endosomal and interstitial volume (mL), plasma flow (mL/h),
# vascular reflection coefficient. The lung's flow is what the others and its lymph come to.
ORGANS = {
    "lung": (55.0, 5.0, 300.0, None, 0.95),
    "heart": (13.1, 1.71, 48.8, 7752.0, 0.95),
    "muscle": (662.0, 150.0, 3910.0, 33469.0, 0.95),
    "skin": (127.0, 17.0, 1125.0, 11626.0, 0.95),
    "adipose": (148.0, 67.3, 2289.0, 11233.0, 0.95),
    "bone": (224.0, 50.8, 1891.0, 2591.0, 0.85),
    "brain": (31.9, 7.25, 261.0, 21453.0, 0.99),
    "kidney": (18.2, 1.66, 49.8, 36402.0, 0.90),
    "liver": (183.0, 10.7, 429.0, 13210.0, 0.85),
    "small_intestine": (6.15, 1.93, 67.1, 12368.0, 0.90),
    "large_intestine": (8.74, 2.74, 95.3, 12867.0, 0.95),
    "pancreas": (5.70, 0.518, 18.0, 3056.0, 0.90),
    "thymus": (0.353, 0.0321, 1.09, 353.0, 0.90),
    "spleen": (26.8, 1.11, 44.3, 6343.0, 0.85),
    "rest": (204.0, 24.3, 831.0, 5521.0, 0.95),
}
PORTAL = ("small_intestine", "large_intestine", "pancreas", "spleen")
# mL, h, nmol/mL: FcRn, uptake, degradation, binding, recycled share, lymphatic reflection.
FCRN, UPTAKE, KDEG, KON, KOFF, FR, SIGMA_IS = 49.8, 0.0366, 42.9, 559.0, 23.9, 0.715, 0.2
PLASMA, NODE, NODE_FLOW = 3126.0, 274.0, 3670.0
MOLAR_MASS = 144_190.0  # adalimumab, g/mol
DOSE = 5.0 * 71.0 / MOLAR_MASS * 1e6  # nmol, of 5 mg/kg
HOURS = np.array([8.0, 24.0, 72.0, 168.0, 336.0, 504.0, 672.0, 1008.0])
# Of a public implementation of the paper (its figure 8c), nmol/L at HOURS.
PRINTED = np.array([485.12, 458.62, 408.48, 346.94, 276.45, 224.61, 183.78, 124.36])


def published(dose):
    """Return plasma and interstitial concentrations (nmol/mL) of the published equations."""
    names = list(ORGANS)
    total = sum(q for *_, q, _ in ORGANS.values() if q)
    flow = {n: q or total / (1 - 1 / 500) for n, (*_, q, _) in ORGANS.items()}
    lymph = {n: q / 500 for n, q in flow.items()}

    def change(_, y):
        d = np.zeros_like(y)
        c_p, c_ln = y[0] / PLASMA, y[1] / NODE
        own = {n: y[2 + 5 * k : 7 + 5 * k] for k, n in enumerate(names)}
        c_v = {n: own[n][0] / ORGANS[n][0] for n in names}
        out = {n: flow[n] - lymph[n] for n in names}
        through_liver = out["liver"] + sum(out[n] for n in PORTAL)
        d[0] = through_liver * c_v["liver"] + NODE_FLOW * c_ln - flow["lung"] * c_p
        d[1] = -NODE_FLOW * c_ln
        for k, n in enumerate(names):
            _, v_e, v_is, _, sigma = ORGANS[n]
            eu, eb, free, tissue = own[n][1:]
            c_is, c_eb, cl = tissue / v_is, eb / v_e, UPTAKE * v_e
            bind = KON * (eu / v_e) * (free / v_e) * v_e - KOFF * eb
            enters, leaves = flow[n] * c_v["lung"], out[n]
            if n == "lung":
                enters = flow[n] * c_p
            if n == "liver":
                enters += sum(out[p] * c_v[p] for p in PORTAL)
                leaves = through_liver
            convected = (1 - sigma) * lymph[n] * c_v[n]
            drained = (1 - SIGMA_IS) * lymph[n] * c_is
            row = 2 + 5 * k
            d[row] = enters - leaves * c_v[n] - convected - cl * c_v[n] + cl * FR * c_eb
            d[row + 1] = cl * (c_v[n] + c_is) - bind - KDEG * eu
            d[row + 2] = bind - cl * c_eb
            d[row + 3] = cl * c_eb - bind
            d[row + 4] = convected - drained - cl * c_is + cl * (1 - FR) * c_eb
            d[1] += drained
            if n not in (*PORTAL, "liver", "lung"):
                d[0] += out[n] * c_v[n]
        return d

    start = np.zeros(2 + 5 * len(names))
    start[0] = dose
    for k, n in enumerate(names):
        start[2 + 5 * k + 3] = FCRN * ORGANS[n][1]
    solution = solve_ivp(
        change, (0, HOURS[-1]), start, method="BDF", t_eval=HOURS, rtol=1e-9, atol=1e-9 * dose
    )
    rows = [6 + 5 * k for k in range(len(names))]
    volumes = np.array([ORGANS[n][2] for n in names])
    return solution.y[0] / PLASMA, solution.y[rows] / volumes[:, None]


@pytest.fixture(scope="module")
def ours():
    """Return a run of the antibody in the body that is as published, by a dose in nmol."""
    body = load_body("human_shah2012")
    total = sum(q for *_, q, _ in ORGANS.values() if q)
    share = NODE_FLOW / (total / (1 - 1 / 500))
    numbers = {"molar_mass": f"{MOLAR_MASS} g/mol", "node_flow": repr(share)}
    solute, _ = load_solute("antibody", numbers)
    circulation = antibody_circulation("antibody", body, solute)
    plain = Trafficking(name="none", title="", made_for=body, organs={})
    network = Network(
        name="none",
        species=(
            Species(name="cart", role="phenotype"),
            Species(name="antibody", role="solute", unit="ng/mm^3"),
        ),
    )
    organs = organ_network(body, plain)
    kinetics = OrganKinetics(organs=organs, network=network, sites=(), circulating=(circulation,))
    acting = ActingOrgans(network=organs, products=("cart",), kinetics=kinetics, tolerance=1e-8)

    def run(dose):
        cells, residents = acting.start()
        carried, gone, time, found = acting.carried_start, 0.0, 0.0, []
        carried[circulation.index("venous")] = dose * MOLAR_MASS
        for hours in HOURS:
            step = acting.step(cells, residents, (hours - time) / 24.0, carried=carried)
            carried, time = step.carried, hours
            gone += float(step.eliminated[0])
            found.append(carried / np.maximum(circulation.volumes, 1e-300) / MOLAR_MASS * 1e3)
            missing = abs(carried.sum() + gone - dose * MOLAR_MASS)
            assert missing <= 1e-12 * dose * MOLAR_MASS
        at = np.array(found).T
        tissues = [circulation.index(f"{name}_tissue") for name in ORGANS]
        return at[circulation.index("venous")], at[tissues]

    return run


@pytest.mark.parametrize("dose", [DOSE, 400 * DOSE])
def test_it_is_the_published_system(ours, dose):
    plasma, tissues = published(dose)
    found, inside = ours(dose)
    np.testing.assert_allclose(found, plasma, rtol=1e-4)
    np.testing.assert_allclose(inside, tissues, rtol=1e-4)


def test_the_printed_curve_of_plasma(ours):
    np.testing.assert_allclose(1e3 * ours(DOSE)[0], PRINTED, rtol=1e-4)


def test_where_there_is_no_receptor_nothing_is_kept():
    body = load_body("mouse_28g")
    solute, _ = load_solute("antibody")
    none = replace(solute, receptor=parameter("0 mol/L", "nmol/mm^3"))
    kept, lost = (antibody_circulation("a", body, s).rates for s in (solute, none))
    names = antibody_circulation("a", body, solute).names
    free, bound = names.index("liver_endosome_free"), names.index("liver_endosome_bound")
    assert kept[bound, free] > 0
    assert lost[bound, free] == 0
