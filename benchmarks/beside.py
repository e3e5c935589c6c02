"""One study run by a build of cartflow, in a process of its own: ``python beside.py JSON``.

It uses what builds have in common, so that another checkout (CARTFLOW_BESIDE) can be timed beside
this one: `Study.from_file(...).run()` and the names in a result.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np

VARIABLE = "CARTFLOW_BESIDE"


def beside() -> str | None:
    """Return the folder of the other checkout, if one is named."""
    return os.environ.get(VARIABLE)


def runs(
    folder: str | None,
    study: Path,
    settings: list[dict[str, Any]],
    keep: Sequence[Path] = (),
) -> list[dict[str, Any]]:
    """Return seconds, of the processors too, and numbers of a study with each of `settings`.

    It is that of the build in `folder`; the first is run once before, for what is compiled. In
    the files to `keep` are the CAR T cells of each (times, voxels).
    """
    environment = dict(os.environ)
    if folder is not None:
        environment["PYTHONPATH"] = folder
    given = json.dumps({"study": str(study), "settings": settings, "keep": [*map(str, keep)]})
    done = subprocess.run(
        [sys.executable, "-W", "ignore", __file__, given],
        check=True,
        capture_output=True,
        text=True,
        env=environment,
    )
    found: list[dict[str, Any]] = json.loads(done.stdout.splitlines()[-1])
    return found


def main(given: str) -> None:
    """Run what `given` says and print it as JSON."""
    from cartflow import Study

    asked = json.loads(given)
    rows = []
    files = [None, *asked["keep"]] if asked["keep"] else [None] * (len(asked["settings"]) + 1)
    for settings, file in zip([asked["settings"][0], *asked["settings"]], files, strict=True):
        start, used = time.perf_counter(), time.process_time()
        result = Study.from_file(asked["study"], settings).run()
        seconds, used = time.perf_counter() - start, time.process_time() - used
        if file is not None:
            inside = result.tree["tumour"]["cart"].values
            np.save(file, np.nan_to_num(inside).reshape(len(inside), -1))
        numbers = result.summary()
        cells = result.tree["body"].to_dataset()["cells"].isel(time=-1)
        organs = cells.sum(["phenotype", "space"], skipna=True)
        rows.append(
            {
                "seconds": seconds,
                "processor_seconds": used,
                **{name: numbers[name] for name in ("reached_tumour", "in_tumour", "depth")},
                **{
                    str(name): float(value)
                    for name, value in zip(organs["organ"].values, organs.values, strict=True)
                },
            }
        )
    print(json.dumps(rows[1:]))


if __name__ == "__main__":
    main(sys.argv[1])
