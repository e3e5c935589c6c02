#!/usr/bin/env bash
# Guess: a symmetric, positive tensor as the coefficient of FiPy's DiffusionTerm on a regular grid
# in three dimensions gives its matrix by arithmetic that is defined, as it does in two.
# Behaviour: FiPy 4.0.3 works out directions within each face by dividing through sqrt(1 - n_z^2) of
# its normal n, which is 0 at every face across z. NumPy warns of 0/0 and 1/0 for any tensor, the
# identity too; what is not a number is replaced afterwards, and the result is right: with the
# identity it is that of the number 1. Where warnings are errors it does not run.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet --only-binary :all: "fipy==4.0.3" "numpy==2.4.6" "scipy==1.17.1"
cd "$folder"
"$folder/venv/bin/python" - <<'PYTHON'
import warnings

import numpy as np

warnings.simplefilter("ignore")
from fipy import CellVariable, DiffusionTerm, FaceVariable, Grid2D, Grid3D, TransientTerm


def solved(mesh, coefficient):
    """Return what half a time unit makes of x^2, and what was warned of meanwhile."""
    field = CellVariable(mesh=mesh, value=mesh.cellCenters[0].value ** 2)
    with warnings.catch_warnings(record=True) as told:
        warnings.simplefilter("always", RuntimeWarning)
        (TransientTerm() == DiffusionTerm(coeff=coefficient)).solve(field, dt=0.5)
    texts = {str(each.message) for each in told if each.category is RuntimeWarning}
    return field.value.copy(), sorted(texts)


def identity(mesh):
    """Return the identity at every face."""
    each = np.repeat(np.eye(mesh.dim)[:, :, None], mesh.numberOfFaces, axis=2)
    return (FaceVariable(mesh=mesh, rank=2, value=each),)


plane, space = Grid2D(nx=4, ny=4), Grid3D(nx=4, ny=4, nz=4)
_, of_plane = solved(plane, identity(plane))
by_tensor, of_space = solved(space, identity(space))
by_number, of_number = solved(space, 1.0)
print("in a plane, the identity:", of_plane or "no warning")
print("in space, the number 1:", of_number or "no warning")
print("in space, the identity:", of_space)
print("largest difference between these two:", np.abs(by_tensor - by_number).max())
assert of_plane == [] and of_number == []
assert of_space == [
    "divide by zero encountered in divide",
    "invalid value encountered in divide",
]
assert np.abs(by_tensor - by_number).max() < 1e-6
PYTHON
echo "as described"
