"""Models within models: flattened where they stand in the file, refused where they do not."""

import numpy as np
import pytest

from cartflow.core.outcome import InputError
from cartflow.kinetics.sbml.reading import read_sbml

COMP = "http://www.sbml.org/sbml/level3/version1/comp/version1"


def composed(sbml, inside, beside, **parts):
    text = sbml.document(version=1, **parts)
    text = text.replace("<sbml ", f'<sbml xmlns:comp="{COMP}" comp:required="true" ')
    text = text.replace(
        "</model>", f"<comp:listOfSubmodels>{inside}</comp:listOfSubmodels></model>"
    )
    return text.replace("</sbml>", f"{beside}</sbml>")


def submodel(name, of):
    return f"<comp:submodel comp:id='{name}' comp:modelRef='{of}'/>"


def definition(name, inner):
    return f"<comp:modelDefinition id='{name}'>{inner}</comp:modelDefinition>"


def definitions(*parts):
    return f"<comp:listOfModelDefinitions>{''.join(parts)}</comp:listOfModelDefinitions>"


def decay(sbml):
    inner = sbml.document(
        version=1,
        species=sbml.species("X", "initialConcentration='3'"),
        reactions=sbml.reaction("r", "X ->", "2*X", more="fast='false'"),
    )
    return inner.split("<model", 1)[1].split(">", 1)[1].rsplit("</model>", 1)[0]


def test_submodels_are_put_in_their_places(course, sbml):
    text = composed(
        sbml,
        submodel("one", "decay") + submodel("two", "decay"),
        definitions(definition("decay", decay(sbml))),
        species=sbml.species("S"),
    )
    found = course(text, [1.0], "S", "one__X", "two__X")[0]
    np.testing.assert_allclose(found, [1.0, 3 * np.exp(-2.0), 3 * np.exp(-2.0)], rtol=1e-8)


def test_other_files_are_not_opened(tmp_path, sbml):
    (tmp_path / "there.xml").write_text(sbml.document(species=sbml.species("S")))
    beside = (
        "<comp:listOfExternalModelDefinitions><comp:externalModelDefinition comp:id='there' "
        "comp:source='there.xml'/></comp:listOfExternalModelDefinitions>"
    )
    (tmp_path / "f.xml").write_text(composed(sbml, submodel("a", "there"), beside))
    with pytest.raises(InputError, match="the external model definition 'there': other files"):
        read_sbml(tmp_path / "f.xml")


def nested(levels, sbml):
    parts = [definition("m0", decay(sbml))]
    for number in range(1, levels):
        inner = submodel("a", f"m{number - 1}") + submodel("b", f"m{number - 1}")
        listed = f"<comp:listOfSubmodels>{inner}</comp:listOfSubmodels>"
        parts.append(definition(f"m{number}", listed))
    return definitions(*parts)


@pytest.mark.parametrize(
    ("of", "beside", "message"),
    [
        ("m24", 25, "more than the 100000 elements that are read, submodels in place"),
        ("gone", 1, "the submodel 'top' is of an unknown model"),
        ("self", 0, "the model definition 'self' holds itself"),
    ],
)
def test_submodels_without_end(tmp_path, sbml, of, beside, message):
    listed = f"<comp:listOfSubmodels>{submodel('again', 'self')}</comp:listOfSubmodels>"
    parts = nested(beside, sbml) if beside else definitions(definition("self", listed))
    (tmp_path / "f.xml").write_text(composed(sbml, submodel("top", of), parts))
    with pytest.raises(InputError, match=message):
        read_sbml(tmp_path / "f.xml")
