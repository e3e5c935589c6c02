"""What was at work and when, for the attributes of files."""

from __future__ import annotations

import datetime
from functools import cache
from importlib.metadata import PackageNotFoundError, version


@cache
def installed_version(package: str, otherwise: str = "unknown") -> str:
    """Return the version of an installed package, or `otherwise`."""
    try:
        return version(package)
    except PackageNotFoundError:
        return otherwise


def now() -> str:
    """Return the date and time, UTC, as ISO 8601 has it."""
    return datetime.datetime.now(datetime.UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
