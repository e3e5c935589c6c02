"""Members that run on a Dask cluster come to the bits of threads; what goes wrong is told."""

import threading
import time
from dataclasses import dataclass
from queue import SimpleQueue
from types import SimpleNamespace

import pytest
import xarray as xr
from studies import half_a_day

from cartflow import InputError, Study, sweep
from cartflow.analyses.sweep.asked import Asked, prepared
from cartflow.analyses.sweep.cluster import ended, place
from cartflow.analyses.sweep.cluster.place import Cluster
from cartflow.analyses.sweep.journal import beside
from cartflow.analyses.sweep.members import Member, Runner
from cartflow.cli import main

distributed = pytest.importorskip("distributed", reason="needs the extra sweep")

OVER = {"kinetics.killing_rate": "linear:0.5:1.5:12 1/day", "geometry.radius": "2,-1 mm"}


def cluster_here():
    """A cluster whose scheduler and worker are threads of this process, reached by its address."""
    return distributed.LocalCluster(
        n_workers=1, threads_per_worker=2, processes=False, protocol="tcp://", host="127.0.0.1",
        dashboard_address="127.0.0.1:0",
    )  # fmt: skip


@pytest.fixture(scope="module")
def study():
    return Study.from_text(half_a_day())


@pytest.fixture(scope="module")
def address():
    with cluster_here() as cluster:
        yield cluster.scheduler_address


def runner_of(kind, study, over=OVER, **more):
    task = prepared(study, Asked(over=over))
    return kind(plan=task.plan, layout=task.layout, **more)


def test_the_bits_are_those_of_threads(study, address, tmp_path):
    asked = {"outcomes": ["depth", "cells"], "courses": ["in_tumour"]}
    counts = []
    found = sweep(
        study, OVER, scheduler=address, watch=lambda *told: counts.append(told), **asked,
        out=tmp_path / "runs.nc",
    )  # fmt: skip
    xr.testing.assert_identical(found, sweep(study, OVER, **asked))
    assert counts[0] == (0, 0)
    assert counts[-1] == (24, 12)
    assert [p.name for p in tmp_path.iterdir()] == ["runs.nc"]


def test_what_has_ended_is_not_run_again_wherever_it_runs(study, address, tmp_path):
    def watch(done, _):
        if done > 3:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        sweep(study, OVER, scheduler=address, out=tmp_path / "runs.nc", watch=watch)
    kept = beside(tmp_path / "runs.nc").read_text().count("\n") - 1
    counts = []
    sweep(study, OVER, out=tmp_path / "runs.nc", watch=lambda *told: counts.append(told))
    assert counts[0][0] == kept > 3


def test_files_of_a_relative_folder_and_reasons_are_as_in_threads(address, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "study.toml").write_text(half_a_day())
    over = {"body.name": ["mouse_28g", "none.toml"]}
    found = sweep("study.toml", over, scheduler=address)
    assert "none.toml" in found["status"].values[1]
    xr.testing.assert_identical(found, sweep("study.toml", over))


@dataclass(frozen=True, kw_only=True, eq=False)
class Endless(Runner):
    """The third member never looks at its limit."""

    def run_with(self, place, assigned, asked=lambda: False):
        if place == 2:
            threading.Event().wait(20.0)
        return Member(place=place, status="finished", values={})


def test_a_member_that_never_ends_is_given_up(study, address):
    runner = runner_of(Endless, study, limit=0.2)
    restarted, found = [], []
    with distributed.Client(address, set_as_default=False) as client:
        client.restart_workers = lambda workers, **_: restarted.extend(workers)
        for members in ended.ended_on(Cluster(client, lambda _: None), runner, range(6), 0.2):
            found += members
    status = {member.place: member.status for member in found}
    assert status.pop(2) == "stopped: member: took longer than the limit of 0.2 s"
    assert status == dict.fromkeys([0, 1, 3, 4, 5], "finished")
    assert len(restarted) == 1


@dataclass(frozen=True, kw_only=True, eq=False)
class Long(Runner):
    """Runs until it is asked to stop."""

    def run_with(self, place, assigned, asked=lambda: False):
        while not asked():
            time.sleep(0.01)
        STOPPED.set()
        raise KeyboardInterrupt


STOPPED = threading.Event()


def test_a_member_that_nobody_waits_for_stops(study, address):
    with distributed.Client(address, set_as_default=False) as client:
        runs = ended.ended_on(Cluster(client, lambda _: None), runner_of(Long, study), [0])
        assert next(runs) == []
        runs.close()
        assert STOPPED.wait(10.0)


@dataclass(frozen=True, kw_only=True, eq=False)
class Wrong(Runner):
    """Has a fault."""

    def run_with(self, place, assigned, asked=lambda: False):
        raise ZeroDivisionError


def test_a_fault_of_the_code_ends_the_sweep(study, address):
    runs = runner_of(Wrong, study)
    with (
        distributed.Client(address, set_as_default=False) as client,
        pytest.raises(ZeroDivisionError),
    ):
        list(ended.ended_on(Cluster(client, lambda _: None), runs, range(3)))


def test_a_worker_with_another_version_is_told(study, address, monkeypatch):
    real = ended.surroundings
    monkeypatch.setattr(
        ended, "surroundings", lambda *of: {**real(*of), "version of numpy": "1.0", "study": "x"}
    )
    message = r"the worker .*127.0.0.1:\d+ cannot run it: study differs and version of numpy 2"
    with pytest.raises(InputError, match=message):
        sweep(study, OVER, scheduler=address)


@pytest.mark.usefixtures("address")
def test_a_scheduler_that_goes_leaves_what_has_ended(tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "study.toml").write_text(half_a_day())
    over = "kinetics.killing_rate=linear:0.5:1.5:400 1/day"
    with cluster_here() as cluster:
        real = ended._Crew.came

        def came(self):
            found = real(self)
            if found and cluster.status.name == "running":
                cluster.close()
            return found

        monkeypatch.setattr(ended._Crew, "came", came)
        command = ["sweep", "study.toml", "--over", over, "--quiet"]
        assert main([*command, "--scheduler", cluster.scheduler_address]) == 1
    told = capsys.readouterr().err
    assert "its scheduler is gone" in told
    assert "the same command goes on from there" in told
    assert beside(tmp_path / "study_sweep.nc").read_text().count("\n") > 1
    assert not (tmp_path / "study_sweep.nc").exists()


@pytest.mark.parametrize(
    ("where", "message"),
    [
        ("somewhere", "'somewhere' is none of threads, local, an address such as"),
        ("tcp://", "is none of threads"),
        ("http://127.0.0.1:80", "is none of threads"),
        ("tcp://127.0.0.1:9", "--scheduler tcp://127.0.0.1:9: no scheduler answers"),
        ("file.json", "--scheduler file.json: no scheduler answers"),
    ],
)
def test_bad_places_are_one_line(study, tmp_path, monkeypatch, where, message):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "file.json").write_text('{"address": 3}')
    monkeypatch.setattr(place, "_PATIENCE", 0.2)
    with pytest.raises(InputError, match=message) as error:
        sweep(study, OVER, scheduler=where)
    assert "\n" not in str(error.value)


def test_without_dask_it_says_what_to_install(study, monkeypatch):
    monkeypatch.setattr(place, "installed", lambda: False)
    with pytest.raises(InputError, match=r"pip install 'cartflow\[sweep\]'"):
        sweep(study, OVER, scheduler="local")
    assert place.by_default(10**6, 2) == place.THREADS


def test_a_cluster_is_the_default_of_large_sweeps():
    assert place.by_default(10_000, 2) == place.LOCAL
    assert place.by_default(9_999, 2) == place.THREADS
    assert place.by_default(10_000, 1) == place.THREADS


class _RunOnceMore:
    """A future whose worker died before its result was fetched."""

    def __init__(self):
        self.waited, self.asked = [], 0

    def result(self, timeout):
        self.asked += 1
        if self.asked == 1:
            raise TimeoutError
        return "done"

    def add_done_callback(self, call):
        self.waited.append(call)


@pytest.mark.parametrize(("status", "again"), [("running", 1), ("closed", 0)])
def test_a_batch_that_is_run_once_more_keeps_no_thread(status, again):
    crew = ended._Crew.__new__(ended._Crew)
    crew._client, crew._back = SimpleNamespace(status=status), SimpleQueue()
    future = _RunOnceMore()
    crew._take(future)
    assert (crew._back.qsize(), len(future.waited)) == (0, again)
    for call in future.waited:
        call(future)
        assert crew._back.get_nowait() == (future, "done")
