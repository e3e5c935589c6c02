"""What ``import cartflow`` gives, and what it costs."""

import subprocess
import sys

import pytest

import cartflow

HEAVY = ("fipy", "matplotlib", "nibabel", "numpy", "pint", "pydantic", "rich", "scipy", "xarray")
LOADED = "import sys; print(*sorted({m.split('.')[0] for m in sys.modules}))"


def modules_after(code):
    done = subprocess.run(
        [sys.executable, "-c", f"{code}\n{LOADED}"], capture_output=True, text=True, check=True
    )
    return set(done.stdout.split("\n")[-2].split())


def test_the_names():
    assert sorted(cartflow.__all__) == [
        "Antigen",
        "AntigenWindow",
        "Clones",
        "Counted",
        "Culture",
        "Cyclophosphamide",
        "Decided",
        "DonorCells",
        "Escape",
        "Fitted",
        "FittedMixed",
        "Fludarabine",
        "Greenspan",
        "InputError",
        "Monitored",
        "PopulationPosterior",
        "Posterior",
        "Result",
        "RiskScore",
        "RunStopped",
        "Study",
        "Walk",
        "cut_tracks",
        "debulk",
        "decide",
        "fit",
        "fit_bayes",
        "fit_mixed",
        "fit_mixed_bayes",
        "fit_petab",
        "fit_petab_bayes",
        "fit_spread",
        "fit_tracks",
        "load_result",
        "monitor",
        "risk_score",
        "run_cohort",
        "run_with_derivatives",
        "simulate_tracks",
        "sweep",
        "write_petab",
    ]
    assert set(dir(cartflow)) >= set(cartflow.__all__)
    from cartflow.closed_forms.antigen_window import Antigen, AntigenWindow
    from cartflow.closed_forms.counting_cells import Counted
    from cartflow.closed_forms.donor_cells import DonorCells
    from cartflow.closed_forms.fludarabine import Fludarabine
    from cartflow.closed_forms.product import Culture
    from cartflow.core.outcome import InputError, RunStopped
    from cartflow.results.result import Result, load_result
    from cartflow.study.study import Study

    closed = (Antigen, AntigenWindow, Counted, Culture, DonorCells, Fludarabine)
    for found in (*closed, InputError, RunStopped, Result, load_result, Study):
        assert getattr(cartflow, found.__name__) is found


def test_the_version():
    assert isinstance(cartflow.__version__, str)
    assert cartflow.__version__


def test_an_unknown_name():
    with pytest.raises(AttributeError, match="studdy"):
        _ = cartflow.studdy


@pytest.mark.parametrize(
    "code",
    [
        "import cartflow; cartflow.__version__; dir(cartflow)",
        "from cartflow import InputError",
        "from cartflow.cli import build_parser; build_parser()",
    ],
)
def test_nothing_heavy_is_loaded(code):
    assert not modules_after(code) & set(HEAVY)


def test_help_loads_nothing_heavy():
    code = (
        "from cartflow.cli import main\ntry:\n    main(['--help'])\nexcept SystemExit as e:"
        "\n    assert e.code == 0"
    )
    assert not modules_after(code) & set(HEAVY)


def test_the_body_needs_no_fipy():
    assert "fipy" not in modules_after("from cartflow.pbpk.files.load import load_body")
