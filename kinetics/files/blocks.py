"""Building blocks by name: common processes that a file names instead of writing their rates."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from cartflow.core.outcome import InputError, suggest
from cartflow.kinetics.species import Reaction, require_identifier


@dataclass(frozen=True, kw_only=True)
class Part:
    """One reaction of a block: what it consumes and produces, and its rate, by the block's keys."""

    suffix: str = ""
    consumes: str = ""
    produces: str = ""
    rate: str


def _saturating(drive: str) -> str:
    return f"{drive}/(half_saturation + {drive})"


# Words in the rates that are keys of the block are replaced by what the file gives for them.
BLOCKS: dict[str, tuple[Part, ...]] = {
    "exponential_growth": (Part(produces="species", rate="rate*species"),),
    "logistic_growth": (
        Part(produces="species", rate="rate*species"),
        Part(suffix="_crowding", consumes="species", rate="rate*species*species/capacity"),
    ),
    "gompertz_growth": (
        Part(produces="species", rate="rate*species*max(log(capacity/max(species, floor)), 0)"),
        Part(
            suffix="_decline",
            consumes="species",
            rate="rate*species*max(log(max(species, floor)/capacity), 0)",
        ),
    ),
    "death": (Part(consumes="species", rate="rate*species"),),
    "mass_action_killing": (Part(consumes="target", rate="constant*killer*target"),),
    "saturating_killing": (Part(consumes="target", rate=f"rate*killer*{_saturating('target')}"),),
    "hill_killing": (
        Part(
            consumes="target",
            rate="rate*target*(killer/half_saturation)^exponent"
            "/(1 + (killer/half_saturation)^exponent)",
        ),
    ),
    "antigen_driven_proliferation": (
        Part(produces="species", rate=f"rate*species*{_saturating('antigen')}"),
    ),
    "exhaustion": (
        Part(
            consumes="species",
            produces="exhausted",
            rate=f"rate*species*{_saturating('antigen')}",
        ),
    ),
    "memory_formation": (
        Part(
            consumes="species",
            produces="memory",
            rate="rate*species*half_saturation/(half_saturation + antigen)",
        ),
    ),
    "memory_recall": (
        Part(
            consumes="memory",
            produces="species",
            rate=f"rate*memory*{_saturating('antigen')}",
        ),
    ),
    "homeostatic_drive": (
        Part(produces="species", rate=f"rate*species*{_saturating('cytokine')}"),
    ),
}

_KEYS = [
    "species",
    "target",
    "killer",
    "antigen",
    "exhausted",
    "memory",
    "cytokine",
    "rate",
    "constant",
    "capacity",
    "floor",
    "half_saturation",
    "exponent",
]


def block_keys(kind: str) -> tuple[str, ...]:
    """Return the keys that a block of `kind` needs; raise `InputError` for an unknown kind."""
    if kind not in BLOCKS:
        msg = f"kind '{kind}'; {suggest(kind, BLOCKS)}"
        raise InputError(msg)
    used = set()
    for part in BLOCKS[kind]:
        used |= set(_words(part.rate)) | {part.consumes, part.produces}
    return tuple(key for key in _KEYS if key in used)


def block_reactions(name: str, kind: str, given: Mapping[str, str]) -> list[Reaction]:
    """Return the reactions of a block: rates with each key replaced by the name given for it.

    Names are species or parameters of the file; what they are is checked with the network.
    Raises `InputError` naming the block and the key that is missing, idle or no name.
    """
    where = f"blocks.{name}"
    try:
        needed = block_keys(kind)
    except InputError as error:
        msg = f"{where}: {error}"
        raise InputError(msg) from None
    for key in needed:
        if key not in given:
            msg = f"{where}: key '{key}' is missing; kind '{kind}' needs {', '.join(needed)}"
            raise InputError(msg)
    for key, value in given.items():
        if key not in needed:
            msg = f"{where}: unknown key '{key}'; {suggest(key, needed)}"
            raise InputError(msg)
        require_identifier(value, f"{where}.{key}")
    return [
        Reaction(
            name=name + part.suffix,
            consumes={given[part.consumes]: 1.0} if part.consumes else {},
            produces={given[part.produces]: 1.0} if part.produces else {},
            rate="".join(given.get(word, word) for word in _pieces(part.rate)),
        )
        for part in BLOCKS[kind]
    ]


def _pieces(rate: str) -> list[str]:
    """Split a rate into words and what stands between them."""
    pieces, current = [], ""
    for character in rate:
        inside = character.isidentifier() or character == "_"
        if current and inside != (current[-1].isidentifier() or current[-1] == "_"):
            pieces.append(current)
            current = ""
        current += character
    return [*pieces, current]


def _words(rate: str) -> list[str]:
    return [piece for piece in _pieces(rate) if piece.isidentifier()]
