"""The libraries that sample and measure samples, which come with an extra."""

from __future__ import annotations

import warnings
from typing import Any

from cartflow.core.outcome import InputError


def nutpie_and_arviz() -> tuple[Any, Any]:
    """Return nutpie and ArviZ; raise `InputError` if they are not installed."""
    try:
        with warnings.catch_warnings():
            # ArviZ below 1, which nutpie needs, announces its successor.
            warnings.simplefilter("ignore", FutureWarning)
            import arviz
            import nutpie
    except ImportError:
        msg = "fit: --bayes needs nutpie; install it with: pip install 'cartflow[bayes]'"
        raise InputError(msg) from None
    return nutpie, arviz
