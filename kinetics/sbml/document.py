"""A text as libsbml's document: sound, its submodels flattened, no parameters in reactions."""

from __future__ import annotations

from typing import Any

from cartflow.core.outcome import InputError
from cartflow.kinetics.sbml.submodels import flatten, require_bounded

# Required packages that say nothing of their own about values.
_READ = {"comp", "l3v2extendedmath"}


def sound_document(sbml: Any, text: str) -> Any:
    """Return the document in `text`, without submodels and without parameters in reactions.

    Raises `InputError` where libsbml finds an error, and for a package that is required and
    not read.
    """
    found = sbml.readSBMLFromString(text)
    _require_packages(found)
    _raise_first(sbml, found)
    if found.getModel() is None:
        raise InputError("not SBML (it has no model)")
    require_bounded(found)
    _require_consistent(sbml, found)
    flatten(sbml, found)
    properties = sbml.ConversionProperties()
    properties.addOption("promoteLocalParameters", True)
    if found.convert(properties) != sbml.LIBSBML_OPERATION_SUCCESS:
        raise InputError("the parameters within its reactions cannot be read")
    return found


def _require_packages(found: Any) -> None:
    spaces = found.getSBMLNamespaces().getNamespaces()
    for number in range(spaces.getNumNamespaces()):
        uri = spaces.getURI(number)
        if "/sbml/level3/" not in uri or uri.endswith("/core"):
            continue
        package = uri.split("/")[-2]
        if found.getPackageRequired(uri) and package not in _READ:
            msg = f"the package '{package}' is required by the file, and is not read"
            raise InputError(msg)


def _require_consistent(sbml: Any, found: Any) -> None:
    """Raise `InputError` where names or formulas are at fault.

    libsbml's general rules are left out: their time grows with the cube of the number of
    assignment rules.
    """
    for kind in ("GENERAL", "SBO", "UNITS"):
        found.setConsistencyChecks(getattr(sbml, f"LIBSBML_CAT_{kind}_CONSISTENCY"), False)
    found.setConsistencyChecks(sbml.LIBSBML_CAT_OVERDETERMINED_MODEL, False)
    found.setConsistencyChecks(sbml.LIBSBML_CAT_MODELING_PRACTICE, False)
    found.checkConsistency()
    _raise_first(sbml, found)


def _raise_first(sbml: Any, found: Any) -> None:
    for number in range(found.getNumErrors()):
        error = found.getError(number)
        if error.getSeverity() >= sbml.LIBSBML_SEV_ERROR:
            text = error.getShortMessage() or error.getMessage()
            msg = f"not SBML ({text}, line {error.getLine()})"
            raise InputError(msg)
