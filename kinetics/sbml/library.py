"""python-libsbml, which is only needed to read and write SBML."""

from __future__ import annotations

from typing import Any

from cartflow.core.outcome import InputError


def libsbml() -> Any:
    """Return the module `libsbml`; raise `InputError` if it is not installed."""
    try:
        import libsbml as module
    except ImportError:
        msg = "SBML needs python-libsbml; install it with: pip install 'cartflow[sbml]'"
        raise InputError(msg) from None
    return module
