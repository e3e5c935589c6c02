"""How many seconds `examples/mouse_flank.toml` takes, and where they go."""

from __future__ import annotations

import cProfile
import pstats
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from cartflow.study.study import Study

STUDY = Path(__file__).parents[1] / "examples" / "mouse_flank.toml"
ROOT = STUDY.parents[1]


def run(*, days: Sequence[float] = (7.0, 28.0), shares: int = 10) -> dict[str, Any]:
    """Return the seconds to read and to run the study, and the shares by module."""
    begin = time.perf_counter()
    _timed(min(days) / 100.0)  # compiles, or loads what was compiled
    rows = [{"days": d, **_timed(d)} for d in days]
    return {
        "title": "examples/mouse_flank.toml",
        "rows": rows,
        "where": where(min(days), shares),
        "seconds": time.perf_counter() - begin,
    }


def _study(days: float) -> Study:
    return Study.from_file(STUDY, {"time.end": f"{days} days"})


def _timed(days: float) -> dict[str, Any]:
    start = time.perf_counter()
    study = _study(days)
    _ = study.simulation
    ready = time.perf_counter()
    result = study.run()
    end = time.perf_counter()
    return {
        "seconds": end - ready,
        "seconds_to_read": ready - start,
        "outcome": str(result.tree.attrs.get("outcome", "")),
    }


def where(days: float, shares: int) -> list[dict[str, Any]]:
    """Return the modules that the time of a run was spent in, themselves and without calls."""
    study = _study(days)
    _ = study.simulation
    profile = cProfile.Profile()
    profile.runcall(study.run)
    spent: dict[str, float] = {}
    for (file, _, name), (_, _, own, _, _) in pstats.Stats(profile).stats.items():  # type: ignore[attr-defined]
        module = _module(file, name)
        spent[module] = spent.get(module, 0.0) + own
    total = sum(spent.values())
    ranked = sorted(spent.items(), key=lambda item: -item[1])[:shares]
    return [{"module": name, "share": own / total, "seconds": own} for name, own in ranked]


def _module(file: str, name: str) -> str:
    if file == "~":
        return f"built-in {name.strip('<>')[:60]}"
    path = Path(file)
    if path.resolve().is_relative_to(ROOT):
        return str(path.resolve().relative_to(ROOT))
    parts = path.parts
    if "site-packages" in parts:
        return parts[parts.index("site-packages") + 1]
    return f"python {path.stem}"
