"""Error against time on meshes of one mask: the study of docs/howto_infiltration_experiment.md.

The mask is an ellipsoid with half axes of 3.2, 2.8 and 3.0 mm. `python benchmarks/mask_meshes.py
[FIGURE]` prints, for each mesh, cells, product cells at the end, how far they are from the limit
of 0.4, 0.2 and 0.1 mm, and processor time; about two minutes without, ten with --fine (0.1 mm).
"""

from __future__ import annotations

import re
import sys
import tempfile
import time
from pathlib import Path

import nibabel
import numpy as np

from cartflow import Study

HALF_AXES = np.array([3.2, 2.8, 3.0])
# Product cells at the end on 0.4, 0.2 and 0.1 mm; shifts fall 1.87-fold.
MEASURED = (151119.0, 146914.0, 144662.0)
LIMIT = MEASURED[2] - (MEASURED[1] - MEASURED[2]) ** 2 / (
    MEASURED[0] - 2 * MEASURED[1] + MEASURED[2]
)
INTERIOR = 'interior = { below = "0.5 mm", factor = 2 }'
MESHES = {
    "0.4 mm": ((0.4,) * 3, ""),
    "0.2 x 0.2 x 0.4 mm": ((0.2, 0.2, 0.4), ""),
    "0.2 mm": ((0.2,) * 3, ""),
    "0.2 mm, 0.4 mm below 0.5 mm": ((0.2,) * 3, INTERIOR),
}
FINE = {"0.1 mm": ((0.1,) * 3, "")}


def write_mask(edges: tuple[float, ...], path: Path) -> None:
    """Write the ellipsoid, necrotic within half its axes, in voxels of `edges` (mm)."""
    counts = np.ceil(HALF_AXES / edges).astype(int) + 1
    places = [(np.arange(-n, n) + 0.5) * e for n, e in zip(counts, edges, strict=True)]
    x, y, z = (p / half for p, half in zip(places, HALF_AXES, strict=True))
    distance = np.sqrt(x[:, None, None] ** 2 + y[:, None] ** 2 + z**2)
    labels = np.where(distance <= 0.5, 2, np.where(distance <= 1, 1, 0))
    nibabel.save(nibabel.Nifti1Image(labels.astype(np.int16), np.diag([*edges, 1.0])), path)


def study_text(more: str) -> str:
    """Return the study of the page with more keys in its geometry."""
    page = Path(__file__).parents[1] / "docs" / "howto_infiltration_experiment.md"
    found = re.search(
        r"<!-- file: infiltration.toml -->\n```toml\n(.*?)```", page.read_text(), re.S
    )
    assert found is not None
    return found[1].replace("largest_component = true", f"largest_component = true\n{more}")


def run(edges: tuple[float, ...], more: str, folder: Path) -> tuple[int, float, float]:
    """Return mesh cells, product cells at the end, and seconds of the processor."""
    write_mask(edges, folder / "tumour.nii.gz")
    path = folder / "study.toml"
    path.write_text(study_text(more), encoding="utf-8")
    study = Study.from_file(path, settings={"solver.mesh_check": False})
    begun = time.process_time()
    result = study.run().require_finished()
    seconds = time.process_time() - begun
    return study.geometry.size, float(result.summary()["in_tumour"]), seconds


def draw(rows: dict[str, tuple[int, float, float]], path: str) -> None:
    """Draw the distance from the limit against the processor's time."""
    import matplotlib.pyplot as plt

    figure, axes = plt.subplots(figsize=(6, 4), layout="constrained")
    for name, (cells, number, seconds) in rows.items():
        axes.semilogx(seconds, abs(number / LIMIT - 1) * 100, "o", label=f"{name} ({cells} cells)")
    axes.axhline(1, color="0.7", linewidth=1)
    axes.set(xlabel="processor time (s)", ylabel="error of product cells (%)", ylim=(0, None))
    axes.legend(fontsize=8, loc="lower left")
    figure.savefig(path, dpi=150)


def main(arguments: list[str]) -> None:
    """Run the meshes, print the table, draw the figure if a name is given."""
    meshes = {**MESHES, **(FINE if "--fine" in arguments else {})}
    rows = {}
    with tempfile.TemporaryDirectory() as folder:
        run((0.8,) * 3, "", Path(folder))  # compiles
        for name, (edges, more) in meshes.items():
            rows[name] = run(edges, more, Path(folder))
            cells, number, seconds = rows[name]
            error = 100 * (number / LIMIT - 1)
            print(
                f"{name:30} {cells:7d} {number:9.0f} {error:+5.1f} % {seconds:7.1f} s", flush=True
            )
    for path in (a for a in arguments if not a.startswith("--")):
        draw(rows, path)


if __name__ == "__main__":
    main(sys.argv[1:])
