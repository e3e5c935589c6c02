#!/usr/bin/env bash
# Guess: the settings that a Dask LocalCluster of processes gives its workers (one thread for
# OpenMP, MKL and OpenBLAS, when glibc trims its heap) are the workers' own, and are gone with them.
# Behaviour: distributed 2026.8.0 writes them into the environment of the process that makes the
# cluster, and leaves them there once it is closed. A solver, a NumPy or an R that a notebook starts
# after its sweep runs on one thread, hashes text by a seed of Dask's, and takes memory as the
# workers did; before the sweep it did not.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet --only-binary :all: "distributed==2026.8.0" "dask==2026.8.0"
cd "$folder"
cat > environment.py <<'PYTHON'
import os
import subprocess
import sys

from distributed import LocalCluster

NAMES = ("OMP_NUM_THREADS", "MKL_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MALLOC_TRIM_THRESHOLD_")
TELL = f"import os; print([os.environ.get(name) for name in {NAMES}])"


def child():
    """Return what a program that is started now finds in its environment."""
    return subprocess.run([sys.executable, "-c", TELL], capture_output=True, text=True).stdout


if __name__ == "__main__":
    for name in (*NAMES, "PYTHONHASHSEED"):
        os.environ.pop(name, None)
    before = child()
    with LocalCluster(
        n_workers=1, threads_per_worker=1, host="127.0.0.1", dashboard_address="127.0.0.1:0"
    ):
        pass
    after = child()
    print("a program started before the cluster:", before, end="")
    print("one started after it was closed:     ", after, end="")
    print("seed of hashes:", os.environ.get("PYTHONHASHSEED"))
    assert before.split() == ["[None,", "None,", "None,", "None]"]
    assert after.split() == ["['1',", "'1',", "'1',", "'65536']"]
    assert "PYTHONHASHSEED" in os.environ
PYTHON
"$folder/venv/bin/python" environment.py
echo "as described"
