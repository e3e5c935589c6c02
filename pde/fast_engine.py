"""The fast engine: the equations of the reference, assembled without FiPy's work at each step."""

from __future__ import annotations

from importlib.metadata import version

from cartflow.pde.assembled_equation import AssembledEquation
from cartflow.pde.implicit_euler import ImplicitEuler
from cartflow.pde.nonnegative_solver import TOLERANCE
from cartflow.pde.problem import Problem


class FastEngine(ImplicitEuler):
    """Backward Euler with each field's equation assembled from the faces of the same FiPy mesh."""

    name = "fast"

    def __init__(self, problem: Problem, *, sweeps: int = 1) -> None:
        assembled = AssembledEquation(problem.geometry)
        equations = {item.name: assembled for item in problem.fields if item.mobile}
        super().__init__(problem, equations, sweeps=sweeps)

    def settings(self) -> dict[str, str]:
        """Return solver, tolerance and versions for the result's attributes."""
        solver = f"BiCGSTAB and Jacobi sweeps, relative tolerance {TOLERANCE:g}"
        return {
            "engine": self.name,
            "engine_solver": "LAPACK dgtsv" if self.problem.geometry.mesh.dim == 1 else solver,
            "engine_scheme": "backward Euler, upwind drift, pure losses implicit",
            "engine_sweeps": str(self.sweeps),
            "fipy_version": version("fipy"),
        }
