"""A cluster of this machine leaves nothing behind in the process that made it."""

import os

import pytest

from cartflow.analyses.sweep.cluster.local import own_cluster

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
