"""How long the command line and the import take, and that neither loads FiPy or numba."""

from __future__ import annotations

import subprocess
import sys
import time
from typing import Any

import numpy as np

COMMANDS = {
    "cartflow --help": [sys.executable, "-m", "cartflow", "--help"],
    "import cartflow": [sys.executable, "-c", "import cartflow"],
    "python -c pass": [sys.executable, "-c", "pass"],
}
LOADED = {
    "import cartflow": "import cartflow",
    "cartflow --help": (
        "import contextlib, io; from cartflow.cli import main\n"
        "with contextlib.redirect_stdout(io.StringIO()), contextlib.suppress(SystemExit):\n"
        "    main(['--help'])\n"
    ),
}


def run(*, repeats: int = 10) -> dict[str, Any]:
    """Return median wall times in seconds, and which heavy modules were loaded (none)."""
    begin = time.perf_counter()
    medians = {name: median_seconds(command, repeats) for name, command in COMMANDS.items()}
    return {
        "title": "Starting up",
        "rows": [
            {"what": name, "seconds": seconds, "goal": 0.3 if "cartflow" in name else None}
            for name, seconds in medians.items()
        ],
        "repeats": repeats,
        "loaded": {name: loaded(code) for name, code in LOADED.items()},
        "seconds": time.perf_counter() - begin,
    }


def median_seconds(command: list[str], repeats: int) -> float:
    """Return the median wall time of `repeats` runs after one to warm up."""
    seconds = []
    for _ in range(repeats + 1):
        before = time.perf_counter()
        subprocess.run(command, check=True, capture_output=True)
        seconds.append(time.perf_counter() - before)
    return float(np.median(seconds[1:]))


def loaded(code: str) -> list[str]:
    """Return which of FiPy and numba a fresh interpreter holds after `code`."""
    tail = "import sys\nprint(*[m for m in ('fipy', 'numba') if m in sys.modules])"
    done = subprocess.run(
        [sys.executable, "-c", f"{code}\n{tail}"], check=True, capture_output=True, text=True
    )
    return done.stdout.split()
