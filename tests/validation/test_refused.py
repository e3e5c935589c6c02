"""The case on what is refused: every misuse is told, and a body that is right is not refused."""

from cartflow.validation.numerics.refused import _message, _Misuse, case


def test_every_misuse_is_told():
    result = case("quick")
    assert [c.name for c in result.checks if not c.passed] == []
    assert len(result.checks) >= 10
    for message in result.dataset["message"].values:
        assert "\n" not in message


def test_what_is_right_is_not_refused():
    assert _message(_Misuse("", {}, ())) == ""
