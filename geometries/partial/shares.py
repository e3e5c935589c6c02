"""Filled shares that count as none of a voxel and as all of it."""

from __future__ import annotations

EMPTY, FULL = 1e-6, 1.0 - 1e-6
