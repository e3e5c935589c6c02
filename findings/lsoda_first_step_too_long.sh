#!/usr/bin/env bash
# Guess: An integrator with error control that is given a first step too long tries shorter ones
# until one holds, as SciPy's BDF does.
# Behaviour: LSODA of SciPy 1.17.1 gives up at the start ("Unexpected istate in LSODA.", repeated
# convergence failures) when the first step is some 1e8 times too long for a pair of cells that
# meet, dn/dt = -k n^2. Left to find its first step itself it solves the same problem.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet --only-binary :all: "scipy==1.17.1" "numpy==2.4.6"
cd "$folder"
cat > first.py <<'PYTHON'
import warnings

from scipy.integrate import solve_ivp

warnings.simplefilter("ignore")


def met(time, cells):
    return [-1e3 * cells[0] ** 2]


def solved(method, first, end):
    return solve_ivp(met, (0, end), [1e12], method, first_step=first, rtol=1e-6, atol=1e-9)


for method, first in (("LSODA", 1e-7), ("LSODA", None), ("BDF", 1e-7)):
    found = solved(method, first, 1e-6)
    print(method, first, found.success, found.message, "from", found.t[0], "to", found.t[-1])
    assert found.success == ((method, first) != ("LSODA", 1e-7))
    if found.success:
        exact = 1e12 / (1 + 1e15 * 1e-6)
        assert abs(found.y[0, -1] / exact - 1) < 1e-3, found.y[0, -1]
PYTHON
"$folder/venv/bin/python" first.py
echo "as described"
