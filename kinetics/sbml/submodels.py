"""Models within models (the package comp): counted first, then flattened by libsbml."""

from __future__ import annotations

from typing import Any

from cartflow.core.outcome import InputError
from cartflow.kinetics.sbml.bounds import MOST_ELEMENTS


def require_bounded(document: Any) -> None:
    """Raise `InputError` for submodels that are not to be flattened, nor to be checked.

    These are model definitions in other files, which libsbml would open whatever path they
    name, a model that holds itself, and more than 100,000 elements once all are in place.
    """
    definitions, model = document.getPlugin("comp"), document.getModel()
    if definitions is None:
        return
    if definitions.getNumExternalModelDefinitions():
        name = definitions.getExternalModelDefinition(0).getId()
        msg = f"the external model definition '{name}': other files are not read"
        raise InputError(msg)
    known = {d.getId(): d for d in definitions.getListOfModelDefinitions()}
    for each in (model, *known.values()):
        _elements(each, {**known, model.getId(): model}, {}, ())


def flatten(sbml: Any, document: Any) -> None:
    """Put the submodels of a document in their places; raise `InputError` where libsbml fails."""
    model = document.getModel().getPlugin("comp")
    if model is None or not model.getNumSubmodels():
        return
    properties = sbml.ConversionProperties()
    properties.addOption("flatten comp", True)
    properties.addOption("performValidation", False)
    if document.convert(properties) != sbml.LIBSBML_OPERATION_SUCCESS:
        errors = [document.getError(i) for i in range(document.getNumErrors())]
        found = [e.getShortMessage() for e in errors if e.getSeverity() >= sbml.LIBSBML_SEV_ERROR]
        msg = f"its submodels cannot be flattened ({found[0] if found else 'libsbml'})"
        raise InputError(msg)


def _elements(model: Any, known: dict[str, Any], counts: dict[str, int], above: Any) -> int:
    """Return how many elements `model` has with all its submodels in their places."""
    name = model.getId()
    if name in above:
        msg = f"the model definition '{name}' holds itself"
        raise InputError(msg)
    if name not in counts:
        total = model.getListOfAllElements().getSize()
        plugin = model.getPlugin("comp")
        for submodel in () if plugin is None else plugin.getListOfSubmodels():
            inner = known.get(submodel.getModelRef())
            if inner is None:
                msg = f"the submodel '{submodel.getId()}' is of an unknown model"
                raise InputError(msg)
            total += _elements(inner, known, counts, (*above, name))
        if total > MOST_ELEMENTS:
            msg = f"more than the {MOST_ELEMENTS} elements that are read, submodels in place"
            raise InputError(msg)
        counts[name] = total
    return counts[name]
