"""The reference engine: FiPy's terms, backward Euler. Slow and plain."""

from __future__ import annotations

from importlib.metadata import version

from cartflow.pde.problem import Problem
from cartflow.pde.reference.fipy_equation import FipyEquation
from cartflow.pde.reference.implicit_euler import DriftScheme, ImplicitEuler
from cartflow.pde.reference.nonnegative_solver import TOLERANCE


class FipyEngine(ImplicitEuler):
    """Backward Euler with each field's equation stated in FiPy's terms."""

    name = "fipy"

    def __init__(self, problem: Problem, *, sweeps: int = 1, drift: DriftScheme = "upwind") -> None:
        equations = {
            item.name: FipyEquation(
                problem.geometry,
                drifts=item.chemotaxis is not None,
                anisotropy=item.anisotropy,
            )
            for item in problem.fields
            if item.mobile
        }
        super().__init__(problem, equations, sweeps=sweeps, drift=drift)
        self._drift: DriftScheme = drift

    def for_problem(self, problem: Problem) -> FipyEngine:
        """Return the same engine for another problem."""
        return FipyEngine(problem, sweeps=self.sweeps, drift=self._drift)

    def settings(self) -> dict[str, str]:
        """Return solver, tolerance and versions for the result's attributes."""
        one_dimensional = self.problem.geometry.mesh.dim == 1
        solver = "LU without pivoting" if one_dimensional else "BiCGSTAB and Jacobi sweeps"
        return {
            "engine": self.name,
            "engine_solver": f"{solver}, relative tolerance {TOLERANCE:g}",
            "engine_scheme": f"backward Euler, {self._drift} drift, pure losses implicit",
            "engine_sweeps": str(self.sweeps),
            "fipy_version": version("fipy"),
        }
