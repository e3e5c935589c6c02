"""The comparison of pages with what is printed sees wrong numbers."""

import pytest
from pages.compare import alike, missing


@pytest.mark.parametrize(
    ("shown", "printed"),
    [
        ("depth 0.829 mm", "depth 0.830 mm"),
        ("depth   0.829 mm", "depth 0.829 mm"),
        ("residual 2.3e-15", "residual 7e-14"),
        ("steps 100, so", "steps 104, so"),
        ("entered 3.92e+03", "entered 3.93e+03"),
    ],
)
def test_lines_alike(shown, printed):
    assert alike(shown, printed)


@pytest.mark.parametrize(
    ("shown", "printed"),
    [
        ("depth 0.829 mm", "depth 0.831 mm"),
        ("depth 0.829 mm", "depth 0.829 cm"),
        ("steps 100, so", "steps 110, so"),
        ("cells 151766", "cells 155100"),
        ("at khot2019", "at khot2018"),
    ],
)
def test_lines_apart(shown, printed):
    assert not alike(shown, printed)


def test_lines_may_be_left_out_but_not_added():
    assert missing("a 1\nb 2", "a 1\nx\nb 2") is None
    assert missing("b 2\na 1", "a 1\nx\nb 2") == "a 1"
