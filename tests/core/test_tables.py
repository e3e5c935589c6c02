"""Tables: TOML in, messages that name file, key, value and what is allowed."""

import contextlib
import os
from typing import Annotated, Literal

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from pydantic import Discriminator, Field, PositiveInt

from cartflow.core.outcome import InputError
from cartflow.core.parameters import Parameter
from cartflow.core.tables import Table, parse_toml, quantity, read_toml, validate


class Ball(Table):
    shape: Literal["ball"]
    radius: Annotated[Parameter, quantity("mm", above=0)]


class Slab(Table):
    shape: Literal["slab"]
    slab: Annotated[Parameter, quantity("mm", minimum=1)]


class Part(Table):
    form: Annotated[Ball | Slab, Discriminator("shape")]


class Whole(Table):
    title: str = "none"
    law: Literal["linear", "logarithmic"] = "linear"
    number: PositiveInt = 1
    switch: bool = True
    pair: tuple[int, int] = (0, 0)
    part: Part | None = None
    parts: dict[str, Part] = Field(default_factory=dict)
    items: list[Part] = Field(default_factory=list)


BALL = {"shape": "ball", "radius": "2 mm"}


def explain(data):
    with pytest.raises(InputError) as caught:
        validate(Whole, data, "f.toml")
    message = str(caught.value)
    assert message.startswith("f.toml: ")
    return message.removeprefix("f.toml: ")


@pytest.mark.parametrize(
    ("data", "message"),
    [
        (
            {"titel": 1},
            "unknown key 'titel'; allowed: items, law, number, pair, part, parts, switch, title; "
            "did you mean 'title'?",
        ),
        (
            {"part": {"form": {**BALL, "radus": 1}}},
            "unknown key 'part.form.radus'; allowed: radius, shape; did you mean 'radius'?",
        ),
        (
            {"parts": {"a": {"form": {"shape": "ball", "radus": 1}}}},
            "unknown key 'parts.a.form.radus'; allowed: radius, shape; did you mean 'radius'?",
        ),
        (
            {"items": [{"form": BALL}, {"form": {**BALL, "x": 1}}]},
            "unknown key 'items.1.form.x'; allowed: radius, shape",
        ),
        ({"part": {"form": {"shape": "ball"}}}, "key 'part.form.radius' is missing"),
        ({"part": {"form": {"shape": "slab"}}}, "key 'part.form.slab' is missing"),
        (
            {"part": {"form": {"shape": "slab", "slab": "1 h"}}},
            "part.form.slab: '1 h' has the dimension time, but length is needed (such as '1 mm')",
        ),
        (
            {"part": {"form": {"shape": "slab", "slab": "0.5 mm"}}},
            "part.form.slab: '0.5 mm' is below 1",
        ),
        (
            {"part": {"form": {"shape": "ball", "radius": "0 mm"}}},
            "part.form.radius: '0 mm' must be greater than 0",
        ),
        (
            {"part": {"form": {"shape": "bal"}}},
            "part.form.shape: 'bal'; allowed: ball, slab; did you mean 'ball'?",
        ),
        ({"part": {"form": {}}}, "key 'part.form.shape' is missing; allowed: ball, slab"),
        ({"part": {"form": "ball"}}, "part.form: Input should be a table (got 'ball')"),
        ({"part": {}}, "key 'part.form' is missing"),
        ({"part": 3}, "part: Input should be a table (got 3)"),
        ({"items": {"form": BALL}}, "items: Input should be a list"),
        ({"parts": [1]}, "parts: Input should be a table (got [1])"),
        ({"law": "x"}, "law: Input should be 'linear' or 'logarithmic' (got 'x')"),
        (
            {"law": "liner"},
            "law: Input should be 'linear' or 'logarithmic' (got 'liner'); did you mean 'linear'?",
        ),
        ({"title": 1}, "title: Input should be a valid string (got 1)"),
        ({"number": -1}, "number: Input should be greater than 0 (got -1)"),
        ({"number": 0}, "number: Input should be greater than 0 (got 0)"),
        ({"number": 1.5}, "number: Input should be a whole number (got 1.5)"),
        ({"number": "x"}, "number: Input should be a whole number (got 'x')"),
        ({"switch": "perhaps"}, "switch: Input should be true or false (got 'perhaps')"),
        (
            {"pair": [1, 2, 3]},
            "pair: Input should be a list of at most 2, not of 3 (got [1, 2, 3])",
        ),
        ({"a\nb": 1, "title": "x"}, None),
    ],
)
def test_message(data, message):
    found = explain(data)
    assert "\n" not in found
    if message is not None:
        assert found == message


def test_a_bare_quantity_takes_the_source_given():
    table = validate(Part, {"form": BALL}, "f.toml", source="khot2019")
    assert table.form.radius.source == "khot2019"
    with pytest.raises(InputError, match=r"f.toml: form.radius: '2 mm' has no source; write \{ "):
        validate(Part, {"form": BALL}, "f.toml", source="")


def test_a_message_with_braces_stays_as_it_is():
    table = {"value": "2 mm", "source": "a", "standing": "{x}"}
    found = explain({"part": {"form": {**BALL, "radius": table}}})
    assert found.startswith("part.form.radius: standing '{x}'; allowed: assumed")


def test_nothing_changes_later():
    table = validate(Part, {"form": BALL}, "f.toml")
    with pytest.raises(ValueError, match="frozen"):
        table.form = None


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("a = ", "not a TOML file"),
        ("a = 1\na = 2", "not a TOML file"),
        ("a = " + "[" * 50_000, "not a TOML file .*nested too deeply"),
        ("a = " + "{a=" * 50_000, "not a TOML file .*nested too deeply"),
        (".".join("a" * 30) + " = 1", r"its tables or lists are nested too deeply \(more than 30"),
        (".".join("a" * 50_000) + " = 1", "its tables or lists are nested too deeply"),
        ("a = " + "[" * 30 + "]" * 30, "its tables or lists are nested too deeply"),
        ("a = " + "9" * 5000, "not a TOML file"),
        ("\0", "not a TOML file"),
    ],
)
def test_no_toml(tmp_path, text, message):
    path = tmp_path / "f.toml"
    path.write_text(text)
    with pytest.raises(InputError, match=rf"f\.toml: {message}"):
        read_toml(path)


def test_as_deep_as_no_file_is(tmp_path):
    path = tmp_path / "f.toml"
    path.write_text(".".join("a" * 29) + " = 1\nb = " + "[" * 28 + "1" + "]" * 28)
    assert set(read_toml(path)) == {"a", "b"}


def test_no_file(tmp_path):
    with pytest.raises(InputError, match=r"none\.toml: cannot be read \(No such file"):
        read_toml(tmp_path / "none.toml")
    with pytest.raises(InputError, match=r"cannot be read \(Is a directory\)"):
        read_toml(tmp_path)
    (tmp_path / "latin.toml").write_bytes(b'a = "\xe9"')
    with pytest.raises(InputError, match=r"latin\.toml: not a text file"):
        read_toml(tmp_path / "latin.toml")


@given(st.text(max_size=60))
@settings(max_examples=100, deadline=2000, suppress_health_check=[HealthCheck.too_slow])
def test_any_text_is_a_table_or_an_input_error(text):
    with contextlib.suppress(InputError):
        validate(Whole, parse_toml(text, "f.toml"), "f.toml")


@given(
    st.recursive(
        st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5),
        lambda inner: (
            st.lists(inner, max_size=3)
            | st.dictionaries(
                st.sampled_from(
                    ["title", "law", "part", "parts", "items", "form", "shape", "radius"]
                ),
                inner,
                max_size=4,
            )
        ),
        max_leaves=12,
    )
)
@settings(max_examples=200, deadline=2000, suppress_health_check=[HealthCheck.too_slow])
def test_any_data_is_a_table_or_an_input_error(data):
    with contextlib.suppress(InputError):
        validate(Whole, data if isinstance(data, dict) else {"part": data}, "f.toml")


@pytest.mark.parametrize(
    ("text", "key", "code"),
    [
        (r'title = "\u001b[2Jgone"', "title", "001B"),
        ('[a]\nnotes = ["fine", "r\\u202Etfel"]', "a.notes", "202E"),
        (r'"na\u0000me" = 1', "a key", "0000"),
    ],
)
def test_text_that_would_steer_a_terminal_is_refused(text, key, code):
    with pytest.raises(InputError, match=f"study.toml: {key}: holds the control .* U.{code}"):
        parse_toml(text, "study.toml")


def test_lines_tabs_and_letters_of_any_script_are_text():
    text = 'title = "\u00e9 \u03b1 \u6f22"\nnotes = """one\n\ttwo"""'
    assert parse_toml(text, "s")["notes"] == "one\n\ttwo"


def test_a_file_that_begins_with_a_byte_order_mark_is_read(tmp_path):
    path = tmp_path / "model.toml"
    path.write_bytes(b"\xef\xbb\xbf" + b'title = "x"\r\n')
    assert read_toml(path) == {"title": "x"}


def test_a_pipe_is_not_waited_for(tmp_path):
    path = tmp_path / "model.toml"
    os.mkfifo(path)
    with pytest.raises(InputError, match=r"model\.toml: not a file with text"):
        read_toml(path)
