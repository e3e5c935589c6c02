"""A cluster of this machine leaves nothing behind in the process that made it."""

import os
import threading

import pytest
from studies import half_a_day

from cartflow.analyses.sweep.cluster.local import own_cluster
from cartflow.analyses.sweep.cluster.place import LOCAL, opened
from cartflow.analyses.sweep.run import sweep
from cartflow.core.outcome import InputError

pytest.importorskip("distributed", reason="needs the extra sweep")


def test_the_environment_is_given_back(monkeypatch):
    monkeypatch.delenv("OMP_NUM_THREADS", raising=False)
    monkeypatch.delenv("__DASK_PARENT_PID", raising=False)
    monkeypatch.setenv("MKL_NUM_THREADS", "7")
    before = dict(os.environ)
    with own_cluster(1) as (client, _):
        client.wait_for_workers(1)
        [threads] = client.run(lambda: os.environ["OMP_NUM_THREADS"]).values()
        # As workers are told, so does Dask tell this process.
        assert threads == os.environ["OMP_NUM_THREADS"] == "1"
        monkeypatch.setenv("ANOTHER", "stays")
    assert dict(os.environ) == {**before, "ANOTHER": "stays"}


def test_it_is_given_back_where_the_sweep_fails(monkeypatch):
    monkeypatch.delenv("OMP_NUM_THREADS", raising=False)
    before = dict(os.environ)

    def in_vain():
        with own_cluster(1) as (client, _):
            client.wait_for_workers(1)
            raise RuntimeError("in vain")

    with pytest.raises(RuntimeError, match="in vain"):
        in_vain()
    assert dict(os.environ) == before


def test_a_second_one_of_the_process_is_refused_and_the_first_goes_on(folder, monkeypatch):
    monkeypatch.delenv("OMP_NUM_THREADS", raising=False)
    (folder / "half.toml").write_text(half_a_day())
    before, refused = dict(os.environ), []

    def second():
        try:
            sweep("half.toml", {"doses.0.cells": ["1e6 cells", "2e6 cells"]}, scheduler="local")
        except InputError as error:
            refused.append(str(error))

    with opened(LOCAL, 1) as cluster:
        thread = threading.Thread(target=second)
        thread.start()
        thread.join()
        cluster.client.wait_for_workers(1, timeout=300)
        [threads] = cluster.client.run(lambda: os.environ["OMP_NUM_THREADS"]).values()
        assert threads == os.environ["OMP_NUM_THREADS"] == "1"
    assert [text.split(",")[0] for text in refused] == [
        "--scheduler local: another sweep of this process is at it"
    ]
    assert dict(os.environ) == before
    with opened(LOCAL, 1):
        pass
