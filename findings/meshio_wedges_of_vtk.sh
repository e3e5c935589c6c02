#!/usr/bin/env bash
# Guess: a wedge that VTK has written comes into meshio with the corners in the order of the file,
# since VTK and meshio (which follows Gmsh) now have the same: VTK 9.7 says of its wedge that the
# triangle (0, 2, 1) looks outwards, as Gmsh's prism does, and gives it a positive volume so.
# Behaviour: meshio 5.3.5 swaps corners 1 with 2 and 4 with 5 of every wedge in a .vtu file, for
# the order that VTK had documented before. The wedge that it returns is turned inside out.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet --only-binary :all: "vtk==9.7.2" "meshio==5.3.5"
cd "$folder"
"$folder/venv/bin/python" - <<'PYTHON'
import meshio
import numpy as np
from vtkmodules.vtkCommonCore import vtkPoints
from vtkmodules.vtkCommonDataModel import VTK_WEDGE, vtkUnstructuredGrid
from vtkmodules.vtkFiltersVerdict import vtkCellSizeFilter
from vtkmodules.vtkIOXML import vtkXMLUnstructuredGridWriter

# The first triangle's normal points to the second.
corners = [(0, 0, 0), (1, 0, 0), (0, 1, 0), (0, 0, 1), (1, 0, 1), (0, 1, 1)]
points, grid = vtkPoints(), vtkUnstructuredGrid()
for corner in corners:
    points.InsertNextPoint(corner)
grid.SetPoints(points)
grid.InsertNextCell(VTK_WEDGE, 6, list(range(6)))
sizes = vtkCellSizeFilter()
sizes.SetInputData(grid)
sizes.Update()
volume = sizes.GetOutput().GetCellData().GetArray("Volume").GetValue(0)
writer = vtkXMLUnstructuredGridWriter()
writer.SetFileName("wedge.vtu")
writer.SetInputData(grid)
writer.SetCompressorTypeToZLib()
writer.Write()
read = meshio.read("wedge.vtu").cells_dict["wedge"][0].tolist()
print(f"VTK's volume of [0, 1, 2, 3, 4, 5]: {volume:g}; meshio reads {read}")
assert volume > 0
assert read == [0, 2, 1, 3, 5, 4]
PYTHON
echo "as described"
