"""SBML files as models: those that cartflow wrote with roles and units, others in plain numbers."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

from cartflow.core.outcome import named
from cartflow.kinetics.model import Model
from cartflow.kinetics.runs.conditions import require_locatable
from cartflow.kinetics.sbml.bounds import bounded_text
from cartflow.kinetics.sbml.document import sound_document
from cartflow.kinetics.sbml.foreign import Foreign, foreign
from cartflow.kinetics.sbml.library import libsbml
from cartflow.kinetics.sbml.naming import Names
from cartflow.kinetics.sbml.own import own_model
from cartflow.kinetics.sbml.own_form import beyond_own, states_roles
from cartflow.kinetics.sbml.read_elements import elements
from cartflow.kinetics.sbml.times import days_per_unit


def read_sbml(path: Path) -> Model:
    """Return the model in an SBML file, with its start and events as the scenario ``sbml``.

    A file of `write_sbml` comes back with its units and roles. In others every number is
    taken as a plain one, species are signals, and time is in the file's unit, a day if it states
    none. Raises `InputError`, naming the file and the element, for what is not read.
    """
    with named(path):
        sbml, source = _source(path)
        if states_roles(source) and not beyond_own(sbml, source):
            return own_model(sbml, source, _name(path))
        return _foreign(sbml, source, path).model


def read_foreign(path: Path) -> Foreign:
    """Return the model in an SBML file read as one of others, with what its names mean."""
    with named(path):
        sbml, source = _source(path)
        return _foreign(sbml, source, path)


def foreign_of(text: str, name: str) -> Foreign:
    """Return the model in the text of an SBML file, as `read_foreign` does that in a file."""
    sbml = libsbml()
    document = sound_document(sbml, text)
    source = document.getModel()
    title = source.getName() or source.getId()
    result = foreign(elements(sbml, source), Names().new(name), title, ())
    require_locatable(result.model)
    return result


def _source(path: Path) -> tuple[Any, Any]:
    text = bounded_text(path)
    sbml = libsbml()
    document = sound_document(sbml, text)
    model = document.getModel()
    model.document = document  # which libsbml frees with its last name
    return sbml, model


def _foreign(sbml: Any, source: Any, path: Path) -> Foreign:
    title = source.getName() or source.getId()
    result = foreign(elements(sbml, source), _name(path), title, tuple(_flags(sbml, source)))
    require_locatable(result.model)
    return result


def _flags(sbml: Any, source: Any) -> Iterator[str]:
    if days_per_unit(sbml, source) is None:
        yield "the unit of time is not stated: taken as a day"
    if states_roles(source):
        yield f"its roles and units are not read, since it has {beyond_own(sbml, source)}"


def _name(path: Path) -> str:
    return Names().new(path.stem)
