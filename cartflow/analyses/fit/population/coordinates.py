"""Coordinates of subjects' random effects that neither data nor spread pull along.

By its data, at its likeliest effects m, a subject's ln-likelihood bends by A and slopes by -g. With
typical values t, and effects L z, z then is about ``N(s, H^-1)``, ``H = L^T A L + 1``,
``s = H^-1 L^T (A (m - t) - g)``: that of a bowl. The coordinates w of ``z = s + K^-T w``, with
H = K K^T, are about standard normal whatever the population's numbers: where data say all of a
subject they are its own values (centred), where they say nothing they are z (not centred), and
between else.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from cartflow.analyses.fit.mixed.individual import Mode

Array = np.ndarray


@dataclass(frozen=True, kw_only=True, eq=False)
class Bowl:
    """What a subject's data say of its own inner values x: ``x^T bend x / 2 - pull^T x``."""

    bend: Array
    pull: Array

    def laid(self, root: Array, typical: Array) -> Laid:
        """Return the coordinates for a factor `root` of the covariance, about `typical`."""
        bent = root.T @ self.bend @ root + np.eye(len(root))
        # A product with the inverse of few rows is faster than threads that solve with the factor.
        inverse = np.linalg.inv(np.linalg.cholesky(bent))
        force = self.pull - self.bend @ typical
        middle = inverse.T @ (inverse @ (root.T @ force))
        return Laid(bowl=self, root=root, inverse=inverse, force=force, middle=middle)


def bowl(found: Mode, places: Array, typical: Array) -> Bowl:
    """Return the bowl at a subject's likeliest effects, about `typical` values."""
    rows = found.at.rows[:, places]
    bend = rows.T @ rows
    return Bowl(bend=bend, pull=bend @ (typical + found.eta) - found.at.gradient[places])


@dataclass(frozen=True, kw_only=True, eq=False)
class Laid:
    """The coordinates of one subject for given numbers of the population.

    `inverse` is K^-1, `force` the slope ``A (m - t) - g``, and `middle` s.
    """

    bowl: Bowl
    root: Array
    inverse: Array
    force: Array
    middle: Array

    def z(self, w: Array) -> Array:
        """Return the standard effects at coordinates."""
        return self.middle + self.inverse.T @ w

    def w(self, z: Array) -> Array:
        """Return the coordinates of standard effects."""
        return np.asarray(np.linalg.solve(self.inverse.T, z - self.middle))

    @property
    def log_volume(self) -> float:
        """ln of the determinant of z by w."""
        return float(np.log(np.diag(self.inverse)).sum())

    def slopes(self, w: Array, to_z: Array) -> tuple[Array, Array, Array]:
        """Return slopes to w, to the factor and to typical values, of what slopes by `to_z`.

        Those of `log_volume` are among them.
        """
        inverse, bent = self.inverse, self.bowl.bend @ self.root
        to_w = inverse @ to_z
        to_force = inverse.T @ to_w
        # K's adjoint is -K^-T w to_w^T - diag(1/K); through the factor by Murray 2016.
        inner = np.tril(-np.outer(w, to_w))
        inner[np.diag_indices_from(inner)] = 0.5 * (np.diag(inner) - 1.0)
        plain = inverse.T @ inner @ inverse - np.outer(to_force, self.middle)
        to_root = bent @ (plain + plain.T) + np.outer(self.force, to_force)
        return to_w, to_root, -bent @ to_force
