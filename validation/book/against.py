"""Two sets of checks, as `cartflow validate --json` writes them, to the last digit.

``python -m cartflow.validation.book.against OLD.json NEW.json`` prints what differs and exits 1
if anything does.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from cartflow.core.outcome import InputError
from cartflow.core.tables import read_text

# What a check is known by, and what of it is compared.
_COMPARED = ("measured", "expected", "tolerance", "kind", "unit", "reference")
Key = tuple[str, str, str]
Checks = dict[Key, Mapping[str, Any]]


def read_checks(path: Path) -> dict[str, Any]:
    """Return what `cartflow validate --json` has written to `path`. Raises `InputError`."""
    try:
        data = json.loads(read_text(path))
        _by_key(data)
        _ = data["scope"]
    except (ValueError, RecursionError, LookupError, TypeError, AttributeError):
        msg = f"{path}: does not hold the checks that cartflow validate --json writes"
        raise InputError(msg) from None
    return dict(data)


def differences(old: Mapping[str, Any], new: Mapping[str, Any]) -> Iterator[str]:
    """Yield one line for each number or check that is in one only, or differs in any digit.

    Seconds and the words of findings, which print the numbers rounded, are not compared.
    """
    if old["scope"] != new["scope"]:
        yield f"scope: {new['scope']}, was {old['scope']}"
    before, now = _by_key(old), _by_key(new)
    for key in [*before, *(key for key in now if key not in before)]:
        if key not in now:
            yield f"{_name(key)}: is missing"
        elif key not in before:
            yield f"{_name(key)}: is new"
        else:
            yield from _changes(_name(key), before[key], now[key])


def only(data: Mapping[str, Any], names: Sequence[str]) -> dict[str, Any]:
    """Return the data with the cases called `names` alone."""
    return {**data, "cases": [case for case in data["cases"] if case["name"] in names]}


def print_differences(old: Mapping[str, Any], new: Mapping[str, Any], name: str) -> bool:
    """Print how `new` differs from `old`, which is called `name`; return whether it is the same."""
    found = list(differences(old, new))
    for line in found:
        print(f"differs       {line}")
    number = len(_by_key(new))
    print(f"against       {name}: {number} checks, {len(found) or 'no'} differences")
    return not found


def _changes(name: str, old: Mapping[str, Any], new: Mapping[str, Any]) -> Iterator[str]:
    for what in _COMPARED:
        if _digits(old.get(what)) != _digits(new.get(what)):
            yield f"{name}: {what} {_digits(new.get(what))}, was {_digits(old.get(what))}"


def _digits(value: Any) -> str:
    """Return a number with all its digits; what is not finite was written as null."""
    return "not finite" if value is None else str(value)


def _by_key(data: Mapping[str, Any]) -> Checks:
    """Return the checks by case, name and engine; a case without any stands by its verdict."""
    found: Checks = {}
    for case in data["cases"]:
        for check in case["checks"]:
            found[case["name"], str(check["name"]), str(check["engine"])] = dict(check)
        if not case["checks"]:
            found[case["name"], str(case["verdict"]), ""] = {}
    return found


def _name(key: Key) -> str:
    case, check, engine = key
    return f"{case}: {check}" + (f" [{engine}]" if engine else "")


def main(paths: Sequence[str]) -> int:
    """Compare two files; return 0 if all checks are the same, 1 if not, 2 on other files."""
    if len(paths) != 2:
        print("two files are needed: OLD.json NEW.json", file=sys.stderr)
        return 2
    try:
        old, new = (read_checks(Path(path)) for path in paths)
    except InputError as error:
        print(error, file=sys.stderr)
        return 2
    return 0 if print_differences(old, new, paths[0]) else 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
