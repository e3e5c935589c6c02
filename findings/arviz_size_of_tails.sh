#!/usr/bin/env bash
# Guess: The effective sample size of tails is one number, of the 5 % and the 95 % quantile
# (Vehtari et al. 2021), however the draws are handed over: `arviz.ess(draws, method="tail")`.
# Behaviour: arviz 0.23.4 gives that number. arviz 1.3.0 gives another for the same draws in a
# DataArray, since the quantiles follow the width of intervals in its settings (`stats.ci_prob`),
# and for an array, for which its help names `prob` as optional, raises TypeError that `prob` is
# missing. With prob=(0.05, 0.95) all agree. The standard error of `loo` is larger by
# sqrt(n / (n - 1)) than in 0.23.4, since the variance over n values is divided by n - 1.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
# arviz 1 needs Python 3.12 or later.
for python in python3.12 python3.13 python3.14 python3; do
    "$python" -c 'import sys; sys.exit(sys.version_info < (3, 12))' 2>/dev/null && break
done
for version in 0.23.4 1.3.0; do
    "$python" -m venv "$folder/$version"
    "$folder/$version/bin/pip" install --quiet --only-binary :all: "arviz==$version"
done
cd "$folder"
cat > tails.py <<'PYTHON'
import warnings

import numpy as np
import xarray as xr

warnings.simplefilter("ignore")
import arviz

rng = np.random.default_rng(1)
draws = np.cumsum(rng.normal(size=(4, 500)), axis=1) / 20 + rng.standard_t(3, size=(4, 500))
of_one = xr.DataArray(draws, dims=("chain", "draw"))
try:
    array = f"{float(arviz.ess(draws, method='tail')):.1f}"
except TypeError as error:
    array = f"TypeError: {error}"
inside = arviz.ess(of_one, method="tail")
inside = inside if isinstance(inside, xr.DataArray) else inside["x"]
asked = float(arviz.ess(draws, method="tail", prob=(0.05, 0.95)))
loss = -0.15 * (draws[..., None] - rng.normal(size=7)) ** 2
if arviz.__version__.startswith("0"):
    data = arviz.from_dict(posterior={"a": draws}, log_likelihood={"v": loss})
else:
    data = arviz.from_dict({"posterior": {"a": draws}, "log_likelihood": {"v": loss}})
error = arviz.loo(data, pointwise=True).se
print(f"{arviz.__version__} | {array} | {float(inside):.1f} | {asked:.1f} | {error:.4f}")
PYTHON
old=$("$folder/0.23.4/bin/python" tails.py)
new=$("$folder/1.3.0/bin/python" tails.py)
printf '%s\n' "version | array | DataArray | prob=(0.05, 0.95) | standard error of loo" "$old" "$new"
[[ $old == "0.23.4 | 180.6 | 180.6 | 180.6 | 1.3183" ]]
[[ $new == "1.3.0 | TypeError"*"'prob' | 34.7 | 180.6 | 1.4240" ]]
echo "as described"
