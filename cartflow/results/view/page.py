"""The window's page: one file of HTML with its style and script, and the colours of figures."""

from __future__ import annotations

import json
from functools import cache
from importlib.resources import files

import matplotlib as mpl
import numpy as np


@cache
def page() -> str:
    """Return the page, with the colour map of the figures written into it."""
    colours = (np.asarray(mpl.colormaps["cividis"](np.arange(256)))[:, :3] * 255).astype(int)
    text = files("cartflow.results.view").joinpath("page.html").read_text(encoding="utf-8")
    return text.replace("/*COLOURS*/[]", json.dumps(colours.tolist()))
