"""What is read once is read anew where what stands in a file has changed."""

from functools import lru_cache

from cartflow.core.remembered import Same, Written, forget
from cartflow.kinetics.files.load import load_model
from cartflow.pbpk.files.load import load_body, load_trafficking, names_of


def test_what_is_written_alike_is_made_once_and_nothing_else():
    made = []
    make = lru_cache(lambda data: made.append(data.value) or len(made))
    numbers = [{"a": [1, {"b": 2.0}]}, {"a": [1, {"b": 2.0}]}, {"a": [1, {"b": 2}]}]
    assert [make(Written(each)) for each in numbers] == [1, 1, 2]
    assert Written(numbers[0]) != numbers[0]


def test_the_same_is_made_once_and_its_like_anew():
    one, like = [1], [1]
    make = lru_cache(lambda thing: thing.value)
    assert make(Same(one)) is make(Same(one)) is one
    assert make(Same(like)) is like


def test_a_body_is_read_anew_when_its_file_changes(tmp_path):
    file = tmp_path / "mine.toml"
    weights = []
    for haematocrit in ("0.45", "0.45", "0.40"):
        value = f'{{ value = "{haematocrit}", source = "assumed", standing = "assumed" }}'
        file.write_text(f'like = "mouse_28g"\nname = "mine"\nhaematocrit = {value}\n')
        weights.append(load_body("mine.toml", tmp_path))
    assert weights[0] is weights[1]
    assert [body.haematocrit.value for body in weights] == [0.45, 0.45, 0.40]
    assert load_trafficking("khot2019") is load_trafficking("khot2019")


def test_a_model_is_read_anew_when_its_file_changes(tmp_path):
    file, rates = tmp_path / "mine.toml", []
    for rate in ("1 1/day", "2 1/day"):
        file.write_text(
            'title = "mine"\n[species.cart]\nrole = "phenotype"\nunit = "cell/mm^3"\n'
            f'[parameters]\nk = "{rate}"\n[reactions.death]\n'
            'consumes = { cart = 1 }\nrate = "k*cart"\n'
        )
        rates.append(load_model("mine.toml", tmp_path).network.parameters["k"].value)
    assert rates == [1.0, 2.0]


def test_what_was_worked_out_is_forgotten_and_names_are_not():
    body, names = load_body("mouse_28g"), names_of("body")
    assert load_body("mouse_28g") is body
    forget()
    assert load_body("mouse_28g") is not body
    assert load_body("mouse_28g") == body
    assert names_of("body") is names
