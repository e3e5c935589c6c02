"""Which numbers behind a result nobody has measured: named beside what they lead to."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

import xarray as xr

from cartflow.core.parameters import Parameter

# A study's own bare quantities are known to who wrote it.
_OWN = "study"
# What a network makes of assumed numbers is not assumed once more.
_MADE = "network."
_LONGEST = 6


def assumed(parameters: Mapping[str, Parameter]) -> list[str]:
    """Return the dotted keys of numbers that are assumed, but for a study's bare quantities."""
    found = parameters.items()
    return [k for k, p in found if _counts(k, p.standing, p.source)]


def assumed_in(group: xr.Dataset) -> list[str]:
    """Return the same of the group ``parameters`` of a result."""
    found = (item.attrs for item in group.data_vars.values())
    return [
        str(a["long_name"])
        for a in found
        if _counts(str(a["long_name"]), a.get("standing"), a.get("source"))
    ]


def _counts(key: str, standing: str | None, source: str | None) -> bool:
    return standing == "assumed" and source != _OWN and not key.startswith(_MADE)


def in_words(names: Iterable[str]) -> str:
    """Return the keys by what they belong to, many alike as one, in one line of text.

    >>> in_words(["body.haematocrit", "tumour.retention"])
    'body: haematocrit; tumour: retention'
    """
    parts: dict[str, dict[str, list[str]]] = {}
    for name in names:
        part, _, rest = name.partition(".")
        owner, _, last = rest.rpartition(".")
        parts.setdefault(part, {}).setdefault(last, []).append(owner)
    return "; ".join(f"{part}: {_items(items)}" for part, items in parts.items()) or "none"


def _items(items: Mapping[str, list[str]]) -> str:
    words: list[str] = []
    others: dict[str, list[str]] = {}
    for last, owners in items.items():
        if len(owners) > 2:
            words.append(f"{last} of {len(owners)} parts")
            continue
        for owner in owners:
            others.setdefault(owner, []).append(last)
    for owner, names in others.items():
        if owner and len(names) > 2:
            words.append(f"{len(names)} numbers of {owner}")
        else:
            words += [f"{owner}.{name}" if owner else name for name in names]
    more = len(words) - _LONGEST
    return ", ".join(words if more <= 1 else [*words[:_LONGEST], f"and {more} more"])
