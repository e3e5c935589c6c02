"""Options of a decision: settings that are tried in every member."""

from __future__ import annotations

from collections.abc import Sequence

from cartflow.analyses.bedside.prior import Prior
from cartflow.analyses.fit.sources.source import Source
from cartflow.core import arguments
from cartflow.core.outcome import InputError, suggest

FORM = "KEY=VALUE, such as 'doses.1.amount=1e6 cell'; several keys are parted by ';'"
_MOST = 50


def read_options(texts: Sequence[str], source: Source, prior: Prior) -> dict[str, dict[str, str]]:
    """Return the settings of every option, by its text. Raises `InputError`."""
    found: dict[str, dict[str, str]] = {}
    for text in arguments.names(texts, "options"):
        name = text.strip()
        if name in found:
            msg = f"--option {name[:80]}: is given twice"
            raise InputError(msg)
        found[name] = _settings(name, source, prior)
    if not 2 <= len(found) <= _MOST:
        msg = f"decide: {len(found)} option(s); 2 to {_MOST} are needed: --option {FORM}"
        raise InputError(msg)
    return found


def _settings(text: str, source: Source, prior: Prior) -> dict[str, str]:
    found, known = {}, source.keys()
    for part in text.split(";"):
        key, equals, value = (each.strip() for each in part.partition("="))
        if not equals or not key or not value:
            msg = f"--option {text[:80]}: written is {FORM}"
            raise InputError(msg)
        if key not in known:
            msg = f"--option {text[:80]}: '{source.name}' has no '{key}'; "
            raise InputError(msg + suggest(key, known))
        if key in prior.keys:
            msg = f"--option {text[:80]}: '{key}' differs between patients, and cannot be set"
            raise InputError(msg)
        found[key] = value
    return found
