#!/usr/bin/env bash
# Guess: A chain of a No-U-Turn sampler may begin at the mode of its density, where a search ended;
# momenta take it from there.
# Behaviour: nutpie 0.16.8 refuses to begin where all slopes are exactly 0 ("All initialization
# points failed ... bad initial gradient: Invalid initial point"), as at the mode of a normal
# density. A thousandth beside it the same chain runs. And while a sampler that does not block is
# at work, its `is_finished` does not return False but raises TimeoutError.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet --only-binary :all: "nutpie==0.16.8" "arviz==0.23.4"
cd "$folder"
cat > begin.py <<'PYTHON'
import time
import warnings

import numpy as np

warnings.simplefilter("ignore")
import nutpie
from nutpie.compiled_pyfunc import from_pyfunc


def density(x):
    time.sleep(1e-3)
    return -0.5 * float(x @ x), -x


def sampler(start, blocking):
    model = from_pyfunc(
        2,
        lambda: density,
        lambda *_: lambda x: {"x": x},
        [np.dtype("float64")],
        [(2,)],
        ["x"],
        make_initial_point_fn=lambda _: start,
    )
    lengths = {"draws": 200, "tune": 100, "chains": 1, "cores": 1, "seed": 1}
    return nutpie.sample(model, progress_bar=False, blocking=blocking, **lengths)


try:
    sampler(np.zeros(2), blocking=True)
    raise AssertionError("it began at the mode")
except RuntimeError as error:
    print("at the mode:", str(error).splitlines()[0])
    assert "initialization points failed" in str(error)
print("beside it:", sampler(np.full(2, 1e-3), blocking=True).posterior["x"].shape)
running = sampler(np.full(2, 1e-3), blocking=False)
try:
    print("is_finished:", running.is_finished)
    raise AssertionError("is_finished returned while it ran")
except TimeoutError as error:
    print("is_finished raises TimeoutError:", error)
finally:
    running.cancel()
PYTHON
"$folder/venv/bin/python" begin.py
echo "as described"
