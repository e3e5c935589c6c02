#!/bin/sh
# meshio: a mesh written as Gmsh's format 4.1, its default for .msh, comes back without its groups.
#
# Tools:    meshio 5.3.5, numpy 2.4.6
# Guess:    cells with `gmsh:physical` and names in `field_data`, which is how meshio itself reads
#           the groups of a .msh file, are written so that meshio reads them again, or refused.
# Behaviour: format 2.2 ("gmsh22") keeps them. Format 4.1 ("gmsh"), where a group belongs to an
#           entity and not to a cell, keeps the groups' names and loses which cells are in them:
#           `cell_sets` has the names with no cells, `gmsh:physical` is gone, and every cell's
#           `gmsh:geometrical` is 1. Neither writing nor reading raises an error.
# Seen:     two tetrahedra in the groups 1 "core" and 2 "rim": [1, 2] by 2.2; by 4.1 both sets are
#           empty and `gmsh:geometrical` is [1, 1] where [1, 2] was written.
# So a mesh whose regions matter is written as 2.2, and a named region without cells is a mistake.
# This script fails if 4.1 keeps the groups, or if 2.2 does not.
set -eu
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet --only-binary :all: meshio==5.3.5 numpy==2.4.6
cat > "$folder/check.py" <<'PYTHON'
import meshio
import numpy as np

points = np.array([[0, 0, 0], [1, 0, 0], [0, 1, 0], [0, 0, 1], [1, 1, 1]], dtype=float)
cells = [("tetra", np.array([[0, 1, 2, 3], [1, 2, 3, 4]]))]
groups = [np.array([1, 2])]
mesh = meshio.Mesh(
    points,
    cells,
    cell_data={"gmsh:physical": groups, "gmsh:geometrical": groups},
    field_data={"core": np.array([1, 3]), "rim": np.array([2, 3])},
)
found = {}
for kind in ("gmsh22", "gmsh"):
    meshio.write(f"{kind}.msh", mesh, file_format=kind)
    found[kind] = meshio.read(f"{kind}.msh")
    print(kind, found[kind].cell_data, found[kind].cell_sets)
assert found["gmsh22"].cell_data["gmsh:physical"][0].tolist() == [1, 2]
assert sorted(found["gmsh"].field_data) == ["core", "rim"]
assert "gmsh:physical" not in found["gmsh"].cell_data
assert all(len(cells) == 0 for each in found["gmsh"].cell_sets.values() for cells in each)
assert found["gmsh"].cell_data["gmsh:geometrical"][0].tolist() == [1, 1]
PYTHON
cd "$folder" && venv/bin/python check.py
