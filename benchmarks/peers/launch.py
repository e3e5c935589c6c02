"""Runs a peer in a process of its own, away from this repository's folders."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np

FOLDER = Path(__file__).parent


def launch(script: str, job: Mapping[str, Any], start: np.ndarray) -> dict[str, np.ndarray]:
    """Return the arrays that `script` writes for `job`, begun from `start`.

    Raises `RuntimeError` with the last of its messages if it fails.
    """
    # A folder named pde on the path would stand before py-pde.
    environment = {k: v for k, v in os.environ.items() if k != "PYTHONPATH"}
    with tempfile.TemporaryDirectory() as folder:
        place = Path(folder)
        np.save(place / "start.npy", start)
        written = {**job, "start": str(place / "start.npy")}
        (place / "job.json").write_text(json.dumps(written), encoding="utf-8")
        command = [sys.executable, str(FOLDER / script), "job.json", "out.npz"]
        done = subprocess.run(
            command, cwd=place, env=environment, capture_output=True, text=True, check=False
        )
        if done.returncode != 0:
            msg = f"{script}: {' '.join(done.stderr.splitlines()[-3:])}"
            raise RuntimeError(msg)
        with np.load(place / "out.npz") as found:
            return {name: found[name] for name in found.files}
