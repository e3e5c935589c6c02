"""One field's equation in FiPy's terms, built once and refreshed for each step."""

from __future__ import annotations

from typing import Any

import numpy as np

from cartflow.geometries.fipy_import import fipy
from cartflow.geometries.geometry import Geometry
from cartflow.pde.anisotropic.shapes import matrices
from cartflow.pde.reference.equation import Coefficients
from cartflow.pde.reference.nonnegative_solver import solver_class
from cartflow.pde.reference.oblique_diffusion import ObliqueDiffusion

Array = np.ndarray


def upwind_class(velocity: Any) -> type:
    """Return FiPy's upwind term with the direction taken afresh from `velocity` at each step.

    FiPy's own keeps the weights of the first step, stale where diffusivity or velocity was zero.
    """
    normals = np.asarray(velocity.mesh.faceNormals)

    class FreshUpwindTerm(fipy().UpwindConvectionTerm):  # type: ignore[misc]
        def _getWeight(self, *coefficients: Any, **more: Any) -> dict[str, dict[str, Array]]:
            from_owner = (np.sum(np.asarray(velocity.value) * normals, axis=0) > 0).astype(float)
            weights = {
                "cell 1 diag": from_owner,
                "cell 1 offdiag": 1.0 - from_owner,
                "cell 2 diag": from_owner - 1.0,
                "cell 2 offdiag": -from_owner,
            }
            return {"implicit": weights}

        def _getCoeffMatrix_(self, var: Any, weight: dict[str, Array]) -> dict[str, Array]:
            flow = np.asarray(self._getGeomCoeff(var).value)
            return {place: flow * share for place, share in weight.items()}

    return FreshUpwindTerm


class FipyEquation:
    """An `Equation` stated with FiPy's terms, which are built once and refreshed.

    With an `anisotropy` (cells, 6) the diffusivity at faces is times the mean of that of the cells
    beside them; FiPy's scheme is then right for smooth fields, and may fall below zero at others.
    """

    def __init__(
        self, geometry: Geometry, *, drifts: bool, anisotropy: Array | None = None
    ) -> None:
        f = fipy()
        mesh = geometry.mesh
        self._geometry = geometry
        self._unknown = f.CellVariable(mesh=mesh, hasOld=True)
        self._storage = f.CellVariable(mesh=mesh, value=1.0)
        self._shape = None if anisotropy is None else face_shapes(geometry, anisotropy)
        rank = 0 if anisotropy is None else 2
        self._diffusivity = f.FaceVariable(mesh=mesh, rank=rank, value=0.0)
        self._gain = f.CellVariable(mesh=mesh, value=0.0)
        self._loss = f.CellVariable(mesh=mesh, value=0.0)
        self._velocity = f.FaceVariable(mesh=mesh, rank=1, value=0.0) if drifts else None
        right = (
            f.DiffusionTerm(coeff=self._diffusivity if rank == 0 else [self._diffusivity])
            + self._gain
            + f.ImplicitSourceTerm(coeff=-self._loss)
        )
        if self._velocity is not None:
            right = right - upwind_class(self._velocity)(coeff=self._velocity)
        self._oblique = None
        if geometry.connectivity.oblique is not None:
            self._oblique = ObliqueDiffusion(geometry)
            self._beside = f.FaceVariable(mesh=mesh, rank=1, value=0.0)
            right = right - upwind_class(self._beside)(coeff=self._beside)
        self._equation = f.TransientTerm(coeff=self._storage) == right
        self._solver = solver_class()(direct=mesh.dim == 1)

    def solve(self, amount: Array, dt: float, coefficients: Coefficients) -> Array:
        """Return u after `dt` days from `amount` per mesh cell."""
        # FiPy's transient term takes the new storage on both sides, so the old u is made to fit.
        self._refresh(amount / coefficients.storage, coefficients)
        with self._quietly():
            self._equation.solve(var=self._unknown, dt=dt, solver=self._solver)
        return np.array(self._unknown.value)

    def rate(self, values: Array, coefficients: Coefficients) -> Array:
        """Return the right-hand side at `values`, as FiPy assembles it."""
        self._refresh(values, coefficients)
        with self._quietly():
            residual = self._equation.justResidualVector(
                var=self._unknown, dt=1.0, solver=self._solver
            )
        return -np.asarray(residual) / np.asarray(self._geometry.mesh.cellVolumes)

    def _quietly(self) -> np.errstate:
        """FiPy's tensors divide by zero in three dimensions, and leave out what comes of it."""
        kind: Any = None if self._shape is None else "ignore"
        return np.errstate(divide=kind, invalid=kind)

    def _refresh(self, values: Array, coefficients: Coefficients) -> None:
        self._unknown.setValue(values)
        self._unknown.updateOld()
        self._storage.setValue(coefficients.storage)
        self._gain.setValue(coefficients.gain)
        self._loss.setValue(coefficients.loss)
        spread = self._spread(coefficients.diffusivity)
        self._diffusivity.setValue(spread if self._shape is None else self._shape * spread)
        if self._velocity is not None and coefficients.velocity is not None:
            self._velocity.setValue(self._along_normals(coefficients.velocity))
        if self._oblique is not None:
            velocity = self._oblique.velocity(values, coefficients.diffusivity)
            self._beside.setValue(self._along_normals(velocity))

    def _along_normals(self, velocity: Array) -> Array:
        return self._spread(velocity)[None, :] * np.asarray(self._geometry.mesh.faceNormals)

    def _spread(self, interior: Array) -> Array:
        values = np.zeros(self._geometry.mesh.numberOfFaces)
        values[self._geometry.connectivity.faces] = interior
        return values


def face_shapes(geometry: Geometry, anisotropy: Array) -> Array:
    """Return the mean of the shapes of the two cells at every face of the mesh, (d, d, faces)."""
    faces, mesh = geometry.connectivity, geometry.mesh
    tensors = matrices(anisotropy)[:, : mesh.dim, : mesh.dim]
    values = np.zeros((mesh.numberOfFaces, mesh.dim, mesh.dim))
    values[faces.faces] = 0.5 * (tensors[faces.owner] + tensors[faces.neighbour])
    return np.ascontiguousarray(np.moveaxis(values, 0, 2))
