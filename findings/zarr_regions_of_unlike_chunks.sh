#!/bin/sh
# Zarr through xarray: processes that write neighbouring regions lose rows, without an error.
#
# Tools:    xarray 2026.9.0, zarr 3.1.6, numpy 2.4.6
# Guess:    `to_zarr(region=...)` of rows that do not overlap may be done by several processes at
#           once; where that is not so, it is refused, as xarray refuses it of Dask's arrays whose
#           chunks share one of Zarr's ("would overlap multiple Dask chunks").
# Behaviour: an array in memory is not looked at so. A region that ends within a chunk reads that
#           chunk, changes its rows and writes it back whole; a process that does the same for the
#           next region at that moment puts the rows back as they were. All calls return, nothing
#           is said, and what was lost has the fill value.
# Seen:     regions of 50 rows on chunks of 37, two processes, 500 rows of numbers written 40
#           times: rows were nan in 34 of 40 stores (up to 74 of 500 rows). Regions of 50 on chunks
#           of 50: never. On an idle machine it is fewer.
# So each region must be whole chunks of every variable, with one writer a chunk.
# This script fails if no store loses a row, or one of whole chunks does.
set -eu
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet --only-binary :all: \
    xarray==2026.9.0 zarr==3.1.6 numpy==2.4.6
cat > "$folder/check.py" <<'PYTHON'
import os
import sys
import tempfile
import warnings
from multiprocessing import get_context

import numpy as np
import xarray as xr

ROWS, REGION, TRIES = 500, 50, 40


def write(job):
    store, start = job
    rows = np.arange(start, start + REGION, dtype=float)
    part = xr.Dataset({"value": ("member", rows)})
    part.to_zarr(store, region={"member": slice(start, start + REGION)}, consolidated=False)


def lost(pool, chunk):
    with tempfile.TemporaryDirectory() as folder:
        store = os.path.join(folder, "store.zarr")
        empty = xr.Dataset({"value": ("member", np.full(ROWS, np.nan))})
        empty.to_zarr(store, encoding={"value": {"chunks": (chunk,)}}, consolidated=False)
        pool.map(write, [(store, start) for start in range(0, ROWS, REGION)], chunksize=1)
        found = xr.open_zarr(store, consolidated=False)["value"].values
    return int(np.isnan(found).sum())


if __name__ == "__main__":
    with get_context("spawn").Pool(2) as pool:
        unlike = [lost(pool, 37) for _ in range(TRIES)]
        alike = [lost(pool, REGION) for _ in range(TRIES)]
    print(f"chunks of 37: {sum(n > 0 for n in unlike)} of {TRIES} stores lost rows, at most {max(unlike)}")
    print(f"chunks of {REGION}: {sum(n > 0 for n in alike)} of {TRIES} stores lost rows")
    sys.exit(0 if max(unlike) > 0 and max(alike) == 0 else 1)
PYTHON
"$folder/venv/bin/python" "$folder/check.py"
echo "as described"
