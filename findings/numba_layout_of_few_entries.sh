#!/usr/bin/env bash
# Guess: the places of a matrix' entries, which np.argwhere gives as an array of two columns, are of
# one type for numba, so that a loop over them is compiled once.
# Behaviour: NumPy 2.4.6 gives them in Fortran's order, which for no entry and for one is C's as
# well, and numba 0.68.1 then takes it for C's. So a loop is compiled anew for the first matrix with
# two entries, and for k such arrays up to 2^k times, with everything that it calls. A network with
# one reaction took as long to compile as one with many after it. np.ascontiguousarray makes it one.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet --only-binary :all: "numpy==2.4.6" "numba==0.68.1"
cd "$folder"
cat > layouts.py <<'PYTHON'
import itertools

import numba
import numpy as np


@numba.njit
def count(one, two, three):
    return one.shape[0] + two.shape[0] + three.shape[0]


def places(entries):
    matrix = np.zeros((3, 3))
    matrix.flat[:entries] = 1.0
    return np.argwhere(matrix)


types = [str(numba.typeof(places(entries))) for entries in range(4)]
print("no entry to three:", types)
assert types == ["array(int64, 2d, C)"] * 2 + ["array(int64, 2d, F)"] * 2
for numbers in itertools.product((1, 2, 3), repeat=3):
    count(*map(places, numbers))
print("versions compiled for three such arrays:", len(count.signatures))
assert len(count.signatures) == 8
PYTHON
"$folder/venv/bin/python" layouts.py
echo "as described"
