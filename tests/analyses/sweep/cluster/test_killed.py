"""Workers and the client are killed: the dataset is that of a sweep that was left alone."""

import os
import pickle
import random
import signal
import subprocess
import sys
import threading
import time
from dataclasses import dataclass

import pytest
import xarray as xr
from studies import half_a_day

from cartflow import Study, sweep
from cartflow.analyses.sweep.asked import Asked, prepared
from cartflow.analyses.sweep.cluster import ended
from cartflow.analyses.sweep.cluster.place import LOCAL, opened
from cartflow.analyses.sweep.journal import beside
from cartflow.analyses.sweep.members import Runner

pytest.importorskip("distributed", reason="needs the extra sweep")
psutil = pytest.importorskip("psutil")
pytestmark = pytest.mark.slow
# Half of the members are refused, with a reason.
MEMBERS = int(os.environ.get("CARTFLOW_MEMBERS", "600"))
SECONDS = float(os.environ.get("CARTFLOW_KILLED_EVERY", "5"))
OVER = {
    "kinetics.killing_rate": f"linear:0.5:1.5:{MEMBERS // 2} 1/day",
    "geometry.radius": "2,-1 mm",
}


@pytest.fixture(scope="module")
def study():
    return Study.from_text(half_a_day())


@pytest.fixture(scope="module")
def undisturbed(study):
    return sweep(study, OVER)


def workers():
    """The processes at work of this one's cluster: those that listen."""
    found = []
    for process in psutil.Process().children(recursive=True):
        try:
            if any(c.status == psutil.CONN_LISTEN for c in process.net_connections()):
                found.append(process)
        except psutil.Error:
            continue
    return found


def test_workers_that_are_killed_every_now_and_then(study, undisturbed):
    draw, kills = random.Random(1), []

    def watch(done, _):
        # As soon as something has come since the last.
        if done > (kills[-1] if kills else 0) + MEMBERS // 30 and (at_work := workers()):
            draw.choice(at_work).kill()
            kills.append(done)

    found = sweep(study, OVER, scheduler="local", workers=2, watch=watch)
    print(f"{len(kills)} kills in {MEMBERS} members")
    assert len(kills) > 3
    xr.testing.assert_identical(found, undisturbed)


def test_workers_that_are_killed_every_five_seconds_by_the_clock(study, undisturbed):
    draw, over, kills = random.Random(2), threading.Event(), []

    def kill():
        while not over.wait(SECONDS):
            if at_work := workers():
                draw.choice(at_work).kill()
                kills.append(time.monotonic())

    killer = threading.Thread(target=kill)
    killer.start()
    try:
        found = sweep(study, OVER, scheduler="local", workers=2)
    finally:
        over.set()
        killer.join()
    print(f"{len(kills)} kills in {MEMBERS} members")
    assert kills
    xr.testing.assert_identical(found, undisturbed)


def started(folder):
    command = [sys.executable, "-m", "cartflow", "sweep", "study.toml", "-o", "runs.nc"]
    for key, values in OVER.items():
        command += ["--over", f"{key}={values}"]
    more = ["--scheduler", "local", "--workers", "2", "--quiet"]
    return subprocess.Popen([*command, *more], cwd=folder, stderr=subprocess.PIPE, text=True)


def test_the_client_that_is_killed(tmp_path, undisturbed):
    (tmp_path / "study.toml").write_text(half_a_day())
    journal, before, ends = beside(tmp_path / "runs.nc"), 1, 0
    for number in (signal.SIGKILL, signal.SIGTERM, signal.SIGINT, None):
        process = started(tmp_path)
        children = set()
        while number and process.poll() is None and lines_of(journal) <= before:
            children |= set(psutil.Process(process.pid).children(recursive=True))
        if number:
            ends += process.poll() is None
            process.send_signal(number)
        told = process.communicate()[1]
        assert process.returncode == {None: 0, signal.SIGKILL: -signal.SIGKILL}.get(number, 1), told
        assert psutil.wait_procs(children, timeout=30)[1] == []
        before = max(1, lines_of(journal))
    assert ends == 3
    with xr.open_dataset(tmp_path / "runs.nc") as found:
        for name, values in undisturbed.variables.items():
            xr.testing.assert_equal(found[name].variable.load(), values)


def lines_of(journal):
    return journal.read_bytes().count(b"\n") if journal.exists() else 0


@dataclass(frozen=True, kw_only=True, eq=False)
class Killing(Runner):
    """The members 7 and 8 end their worker, always."""

    def run_with(self, place, assigned, asked=lambda: False):
        if place in (7, 8):
            os.kill(os.getpid(), signal.SIGKILL)
        return super().run_with(place, assigned, asked)


def test_members_that_end_their_worker_are_marked_and_the_rest_finish(study, monkeypatch):
    cloudpickle = pytest.importorskip("cloudpickle")
    # The class stands in this file, which workers do not have.
    cloudpickle.register_pickle_by_value(sys.modules[__name__])
    monkeypatch.setattr(pickle, "dumps", cloudpickle.dumps)
    task = prepared(study, Asked(over={"kinetics.killing_rate": "linear:0.5:1.5:40 1/day"}))
    runner = Killing(plan=task.plan, layout=task.layout)
    with opened(LOCAL, 2) as cluster:
        found = [m for batch in ended.ended_on(cluster, runner, range(40)) for m in batch]
    status = {member.place: member.status for member in found}
    assert len(found) == len(status) == 40
    assert status.pop(7).startswith("stopped: its worker ended")
    assert status.pop(8).startswith("stopped: its worker ended")
    assert set(status.values()) == {"finished"}


def test_nobody_else_reaches_a_cluster_of_this_machine():
    from distributed import Client

    with opened(LOCAL, 1) as cluster:
        cluster.client.wait_for_workers(1)
        mine = [psutil.Process(), *psutil.Process().children(recursive=True)]
        ports = [c.laddr for p in mine for c in p.net_connections() if c.status == "LISTEN"]
        assert len(ports) > 2
        assert {where.ip for where in ports} == {"127.0.0.1"}
        address = cluster.client.scheduler.address.replace("tls://", "tcp://")
        with pytest.raises(OSError, match=r"."):
            Client(address, timeout=2, set_as_default=False)
