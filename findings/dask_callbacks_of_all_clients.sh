#!/usr/bin/env bash
# Guess: Future.add_done_callback of one Dask client has a thread of that client's own, so that a
# callback that waits keeps nobody else's callbacks from being called.
# Behaviour: distributed 2026.8.0 has one thread for the callbacks of all clients of a process, on
# whatever clusters they are. While a callback of one client waits (for a result that is being made
# anew, say, since its worker died), no callback of any other client is called, though its futures
# are finished.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet --only-binary :all: "distributed==2026.8.0" "dask==2026.8.0"
cd "$folder"
cat > callbacks.py <<'PYTHON'
import threading

from distributed import Client, LocalCluster, wait


def cluster():
    """Return a cluster of one thread of this process, without a dashboard for others."""
    return LocalCluster(
        n_workers=1,
        threads_per_worker=1,
        processes=False,
        protocol="tcp://",
        host="127.0.0.1",
        dashboard_address="127.0.0.1:0",
    )


with cluster() as one, cluster() as other, Client(one) as first, Client(other) as second:
    begun, go_on, called = threading.Event(), threading.Event(), threading.Event()
    threads = []

    def waits(future):
        threads.append(threading.current_thread().name)
        begun.set()
        go_on.wait()

    def calls(future):
        threads.append(threading.current_thread().name)
        called.set()

    first.submit(int, 1).add_done_callback(waits)
    assert begun.wait(30)
    future = second.submit(int, 2)
    wait(future)
    future.add_done_callback(calls)
    early = called.wait(5)
    print(f"the other client's future is {future.status}; called within 5 s: {early}")
    go_on.set()
    late = called.wait(30)
    print(f"called once the first callback has ended: {late}; in the threads {sorted(set(threads))}")
    assert future.status == "finished"
    assert not early
    assert late
    assert len(set(threads)) == 1
PYTHON
"$folder/venv/bin/python" callbacks.py
echo "as described"
