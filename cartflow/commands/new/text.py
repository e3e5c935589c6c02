"""The text of a new study: its tables with a comment on what a user will want to change."""

from __future__ import annotations

import json
from pathlib import Path

from cartflow.commands.new.answers import NOWHERE, TUMOUR, Answers, is_image
from cartflow.kinetics.files.load import load_model
from cartflow.kinetics.files.local_model import local_model
from cartflow.kinetics.network import Network
from cartflow.kinetics.species import Species

_CAPACITIES = ("carrying_capacity", "capacity")
_START = 2e4  # cells/mm3, of a tumour whose kinetics know no capacity
_MOTILITY = (
    '{ value = "2 um^2/min", source = "dekkers2022", standing = "derived", '
    'note = "engineered T cells among organoids in matrix: 1.7 to 2.4" }'
)
_FREE = (
    '{ value = "100 um^2/s", source = "assumed", standing = "assumed", '
    'note = "free diffusion of a small protein in water" }'
)
_HEAD = """\
# cartflow check FILE   says whether this file is right
# cartflow run FILE     runs it; cartflow plot and cartflow report show the result
# A quantity is text with a unit, or a table that also says where it comes from:
#   { value = "2 um^2/min", source = "dekkers2022", standing = "derived", note = "..." }
"""


def study_text(answers: Answers, folder: Path) -> str:
    """Return the study file of `answers`; kinetics files are sought from `folder`.

    Raises `InputError` where the kinetics cannot be read.
    """
    parts = [
        f"{_HEAD}title = {_quoted(answers.title)}",
        "# Who is treated: cartflow show body.\n[body]\nname = " + _quoted(answers.body),
        "# How cells leave the blood, and come back: cartflow show trafficking.\n"
        "[trafficking]\nname = " + _quoted(answers.trafficking),
        "# At once into a vein; route, time, duration and split say otherwise.\n"
        "[[doses]]\ncells = " + _quoted(answers.dose),
    ]
    if answers.disease == TUMOUR:
        parts += _tumour(answers, _network(answers, folder))
    elif answers.disease != NOWHERE:
        parts += _organ(answers, _network(answers, folder))
    return "\n\n".join([*parts, f"[time]\nend = {_quoted(answers.days)}"]) + "\n"


def _network(answers: Answers, folder: Path) -> Network:
    """Return what the model does in tissue, which is not all that it does in a whole body."""
    return local_model([load_model(answers.kinetics, folder)]).network


def _tumour(answers: Answers, network: Network) -> list[str]:
    return [
        _geometry(answers),
        '# Its vessels branch from its host\'s; feeding = "rim" lets cells in at the rim only.\n'
        f"[tumour]\nhost = {_quoted(answers.host)}\nfeeding = {_quoted(answers.feeding)}",
        f"{_rates(network)}\n[kinetics]\nmodels = [{_quoted(answers.kinetics)}]",
        *[text for each in network.species if (text := _field(each, network))],
    ]


def _geometry(answers: Answers) -> str:
    if is_image(answers.size):
        return (
            "# labels = { core = 1, rim = 2 } names the image's labels; cartflow show geometry "
            f'FILE prints them.\n[geometry]\nshape = "mask"\nfile = {_quoted(answers.size)}'
        )
    return (
        "# Shells of a ball; cartflow refine FILE says whether they are enough.\n"
        f'[geometry]\nshape = "ball"\nradius = {_quoted(answers.size)}\ncells = 50'
    )


def _organ(answers: Answers, network: Network) -> list[str]:
    organ = f"organs.{answers.disease}"
    starts = [(each, _start(each, network)) for each in network.species]
    rows = [f"{each.name} = {start}" for each, start in starts if start]
    kinetics = f"{_rates(network)}\n[{organ}.kinetics]\nmodels = [{_quoted(answers.kinetics)}]"
    return [kinetics, *(["\n".join([f"[{organ}.initial]", *rows])] if rows else [])]


def _rates(network: Network) -> str:
    """Return a comment on the kinetics, with a parameter that there is as the example."""
    first = next(iter(network.parameters.values()), None)
    if first is None:
        return "# cartflow show kinetics lists models."
    name = next(iter(network.parameters))
    return (
        "# cartflow show kinetics NAME prints equations and numbers; another number is\n"
        f'# parameters.{name} = "{first.stated}" below the models.'
    )


def _field(species: Species, network: Network) -> str:
    """Return the table of a field, or nothing where it starts and stays as the model says."""
    start = _start(species, network)
    rows = [f"initial = {start}"] if start else []
    if species.role == "phenotype":
        rows.append(f"diffusivity = {_MOTILITY}")
    if species.role == "solute":
        rows.append(f"diffusivity = {_FREE}")
    return "\n".join([f"[fields.{species.name}]", *rows]) if rows else ""


def _start(species: Species, network: Network) -> str:
    """Return the density of tissue cells at the start: half of what it can hold, where known."""
    residents = [s for s in network.species if s.role == "resident" and s.unit == "cell/mm^3"]
    if species not in residents or species.initial > 0.0:
        return ""
    if species is not residents[0]:
        return _quoted("0 cells/mm^3")
    known = (name for name in _CAPACITIES if name in network.parameters)
    name = next(known, None)
    if name is None:
        return _assumed(_START, "as dense as in the examples")
    return _assumed(0.5 * network.parameters[name].value, f"half of {name}")


def _assumed(density: float, note: str) -> str:
    return (
        f'{{ value = "{density:g} cells/mm^3", source = "assumed", standing = "assumed", '
        f'note = "{note}" }}'
    )


def _quoted(text: str) -> str:
    """Return `text` as a basic string of TOML, which escapes as JSON does."""
    return json.dumps(text, ensure_ascii=False)
