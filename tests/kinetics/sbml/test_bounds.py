"""Files that are refused before a library sees them, and those that libsbml refuses."""

import itertools

import pytest

from cartflow.core.outcome import InputError
from cartflow.kinetics.sbml import bounds, read_elements
from cartflow.kinetics.sbml.reading import read_sbml


def refused(tmp_path, content, message):
    path = tmp_path / "f.xml"
    path.write_bytes(content if isinstance(content, bytes) else content.encode())
    with pytest.raises(InputError, match=message) as caught:
        read_sbml(path)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("no xml at all", r"f\.xml: not SBML \(syntax error, line 1\)"),
        ("", r"not SBML \(no element found"),
        ("<?xml version='1.0'?><!DOCTYPE a [<!ENTITY b 'c'>]><a>&b;</a>", "document type"),
        ("<?xml version='1.0' encoding='latin-1'?><sbml/>", "encoding 'latin-1': SBML is in UTF-8"),
        (b"<?xml version='1.0'?><sbml>\xe9</sbml>", r"byte 27 is not UTF-8"),
        ("<html/>", r"not SBML \("),
        ("<a>" * 251 + "</a>" * 251, "line 1: nested deeper than 250 elements"),
    ],
    ids=["text", "empty", "entity", "latin", "byte", "html", "deep"],
)
def test_no_file_for_a_library(tmp_path, text, message):
    refused(tmp_path, text, message)


@pytest.mark.parametrize(
    ("level", "version"),
    [("2", "0x10 %"), ("2", "6"), ("3", "3"), ("3", ""), ("4", "1"), ("", "1"), ("2", " 4")],
)
def test_a_level_or_version_that_there_is_none_of(tmp_path, level, version):
    for space in (f"level{level or 2}/version4", "level3/version2/core"):
        head = f'xmlns="http://www.sbml.org/sbml/{space}" level="{level}" version="{version}"'
        message = rf"not SBML \(level '{level}' version '{version}'; allowed: 1\.1, 1\.2, 2\.1"
        refused(tmp_path, f'<sbml {head}><model id="m"/></sbml>', message)


def test_a_file_that_is_absent_or_no_file(tmp_path):
    with pytest.raises(InputError, match=r"no\.xml: cannot be read"):
        read_sbml(tmp_path / "no.xml")
    with pytest.raises(InputError, match="cannot be read"):
        read_sbml(tmp_path)


def test_a_large_file(tmp_path, monkeypatch, sbml):
    text = sbml.document(parameters=[sbml.parameter(f"p{i}", 1) for i in range(30)])
    monkeypatch.setattr(bounds, "MOST_ELEMENTS", 20)
    refused(tmp_path, text, "more than the 20 elements that are read")
    monkeypatch.setattr(bounds, "LARGEST_FILE", 1000)
    refused(tmp_path, text, "larger than the 1000 bytes that are read")


def test_a_large_matrix(tmp_path, monkeypatch, sbml):
    text = sbml.document(
        species=[sbml.species(f"S{i}") for i in range(4)],
        reactions=[sbml.reaction(f"r{i}", f"S{i} ->", f"S{i}") for i in range(3)],
    )
    monkeypatch.setattr(read_elements, "LARGEST_MATRIX", 11)
    refused(tmp_path, text, "4 species and rules times 3 reactions and rules: at most 11 are read")


@pytest.mark.parametrize(
    "head",
    ['<?xml version="1.0"?>\n', "", '\ufeff<?xml version="1.0" encoding="utf-8"?>'],
    ids=["no encoding", "none", "byte order mark"],
)
def test_declarations(tmp_path, sbml, head):
    body = sbml.document(species=sbml.species("S")).split("?>\n", 1)[1]
    (tmp_path / "f.xml").write_text(head + body, encoding="utf-8")
    assert read_sbml(tmp_path / "f.xml").network.species_names == ("S",)


def rule(sbml, formula):
    return sbml.document(
        parameters=sbml.parameter("x", None, "false"), rules=sbml.assignment("x", formula)
    )


def test_formulas_that_grow_when_put_together(tmp_path, sbml):
    count = 40
    names = [f"x{i}" for i in range(count)]
    text = sbml.document(
        parameters=[sbml.parameter(n, None, "false") for n in names],
        rules=[sbml.assignment("x0", "time")]
        + [sbml.assignment(n, f"{m} + {m}") for m, n in itertools.pairwise(names)],
    )
    refused(tmp_path, text, "a formula has more than 20000 parts, what it names put in")
    chain = [sbml.assignment("x0", "time")]
    names = [f"x{i}" for i in range(300)]
    chain += [sbml.assignment(n, f"{m} + 1") for m, n in itertools.pairwise(names)]
    text = sbml.document(parameters=[sbml.parameter(n, None, "false") for n in names], rules=chain)
    refused(tmp_path, text, "nested deeper than 200")


def function(name, argument, body, sbml):
    lambda_ = sbml.math(f"lambda({argument}, {body})")
    return f"<functionDefinition id='{name}'>{lambda_}</functionDefinition>"


def test_functions_that_grow_when_put_together(tmp_path, sbml):
    functions = [function("f0", "x", "x + x", sbml)]
    functions += [function(f"f{i}", "x", f"f{i - 1}(f{i - 1}(x))", sbml) for i in range(1, 30)]
    text = sbml.document(
        functions=functions,
        parameters=sbml.parameter("y", None, "false"),
        rules=sbml.assignment("y", "f29(time)"),
    )
    refused(tmp_path, text, "rule for 'y': a formula (is nested|has more)")


@pytest.mark.parametrize(
    ("parts", "message"),
    [
        ({"starts": "a b"}, "'(a|b)' depends on itself"),
        ({"rules": "a b"}, "'(a|b)' depends on itself"),
    ],
)
def test_circles(tmp_path, sbml, parts, message):
    make = sbml.start if "starts" in parts else sbml.assignment
    given = {next(iter(parts)): make("a", "b") + make("b", "2*a")}
    text = sbml.document(parameters=[sbml.parameter(n, None, "false") for n in "ab"], **given)
    refused(tmp_path, text, message)


@pytest.mark.parametrize(
    ("formula", "message"),
    [
        ("__import__", "not SBML .*'?<?ci"),
        ("delay(time, 1)", "rule for 'x': the formula part 'delay' is not read"),
        ("piecewise(1, time > 2)", "rule for 'x': a 'piecewise' without 'otherwise'"),
        ("unknown(2)", "not SBML"),
    ],
)
def test_formulas_that_are_refused(tmp_path, sbml, formula, message):
    refused(tmp_path, rule(sbml, formula), message)


def test_elements_that_are_refused(tmp_path, sbml):
    fast = sbml.document(
        version=1,
        species=sbml.species("S"),
        reactions=sbml.reaction("r", "S ->", "S", more="fast='true'"),
    )
    refused(tmp_path, fast, "reaction r: 'fast' is not read")
    algebraic = rule(sbml, "1").replace("assignmentRule variable='x'", "algebraicRule")
    refused(tmp_path, algebraic.replace("assignmentRule", "algebraicRule"), "an algebraic rule")
    unset = sbml.document(species=sbml.species("S"), parameters=sbml.parameter("unset"))
    refused(tmp_path, unset, "'unset' has no value")
    refused(tmp_path, sbml.document(species=sbml.species("S", "")), "'S' has no value")
    sizeless = sbml.document(
        places=sbml.place(size=""),
        species=sbml.species("S", "initialAmount='1'"),
    )
    refused(tmp_path, sizeless, "'S' has no value, since 'c' has none")
    infinite = sbml.document(species=sbml.species("S"), parameters=sbml.parameter("q", "INF"))
    refused(tmp_path, infinite, "'q' has no finite value")


@pytest.mark.parametrize("package", ["distrib", "multi", "spatial", "arrays", "unheard"])
def test_packages_that_are_required(tmp_path, sbml, package):
    space = f"http://www.sbml.org/sbml/level3/version1/{package}/version1"
    text = sbml.document(version=1, species=sbml.species("S"))
    text = text.replace("<sbml ", f'<sbml xmlns:p="{space}" p:required="true" ')
    refused(tmp_path, text, f"the package '{package}' is required by the file, and is not read")
    if package in {"arrays", "unheard"}:
        path = tmp_path / "g.xml"
        path.write_text(text.replace('required="true"', 'required="false"'))
        assert read_sbml(path).network.species_names == ("S",)
