#!/usr/bin/env bash
# Guess: The PEtab prior `parameterScaleNormal` with mean 1 on the scale log10 is highest where
# log10 of the parameter is 1, so that it pulls an estimate there.
# Behaviour: petab 0.8.2 evaluates it as a density of the parameter itself, with the factor
# 1/(x ln 10) of the change of scale, also when it is asked on that scale (`x_scaled=True`): it is
# highest at mean - sd^2 ln 10, for sd 0.5 at 0.424. Only `pdf(..., rescale=True)` is the normal
# density of the scale. Two readings of one file differ by that in their best values.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet "petab==0.8.2" "scipy==1.17.1"
cd "$folder"
cat > prior.py <<'PYTHON'
import math
import warnings

warnings.simplefilter("ignore")
import numpy as np
from petab.v1.priors import Prior

mean, sd = 1.0, 0.5
prior = Prior("parameterScaleNormal", (mean, sd), bounds=(1e-9, 1e9), transformation="log10")
at = np.linspace(-1.0, 3.0, 4001)
loss = np.array([float(prior.neglogprior(x, x_scaled=True)) for x in at])
density = np.array([float(prior.pdf(x, x_scaled=True, rescale=True)) for x in at])
print("least -ln prior at", at[loss.argmin()], "largest rescaled density at", at[density.argmax()])
assert abs(at[loss.argmin()] - (mean - sd**2 * math.log(10))) < 2e-3
assert abs(at[density.argmax()] - mean) < 2e-3
PYTHON
"$folder/venv/bin/python" prior.py
echo "as described"
