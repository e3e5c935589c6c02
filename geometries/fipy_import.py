"""The one door to FiPy, opened only when a mesh is needed."""

from __future__ import annotations

import importlib
import os
import sys
import warnings
from functools import cache
from typing import Any


@cache
def fipy() -> Any:
    """Return the module `fipy`, imported without its warnings and with SciPy's solvers.

    A suite named in the environment variable ``FIPY_SOLVERS`` is left as it is.
    """
    os.environ.setdefault("FIPY_SOLVERS", "scipy")
    arguments = sys.argv
    # FiPy reads the command line of whichever program imports it.
    sys.argv = arguments[:1]
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            return importlib.import_module("fipy")
    finally:
        sys.argv = arguments
