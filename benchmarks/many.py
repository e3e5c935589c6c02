"""Members a second of a sweep by threads and by processes, beside lone workers, in one run.

    python -m benchmarks.many                                   # 10,000 radial, 100,000 of organs
    python -m benchmarks.many mouse_flank=400 --places threads,local --looped 10

Lone workers are processes that run members one after the other and nothing else, as many at once
as there are workers. A place's efficiency is its rate against theirs, start included (`whole`)
and from its first twentieth on (`steady`). `loop` is `Study.run` of every member, one after the
other in one process, timed on a sample. Lone workers run before and after, which shows what the
machine did meanwhile.
"""

from __future__ import annotations

import argparse
import json
import resource
import threading
import time
from collections.abc import Callable
from multiprocessing import get_context
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Any

import psutil

from benchmarks.machine import describe
from cartflow import Study, sweep
from cartflow.analyses.sweep.asked import Asked, prepared
from cartflow.analyses.sweep.members import Runner

EXAMPLES = Path(__file__).parents[1] / "examples"
STUDIES = {"mouse_flank": 10_000, "marrow_leukaemia": 100_000}
OVER = ["doses.0.cells=log:1e6..1e8 cells"]
_SEED = 1


def run(
    studies: dict[str, int], places: list[str], workers: int, alone: int, looped: int
) -> list[dict[str, Any]]:
    """Return what each study took in each place, and alone."""
    rows = []
    for name, members in studies.items():
        rows.append(_lone(name, workers, alone))
        rows += [_place(name, where, members, workers) for where in places]
        rows += [_lone(name, workers, alone), _loop(name, looped)]
        before, after = (row for row in rows if row["study"] == name and row["place"] == "lone")
        lone = (before["rate"] + after["rate"]) / 2
        loop = rows[-1]["rate"]
        for row in rows:
            if row["study"] == name and row["place"] in places:
                row["efficiency"], row["whole_efficiency"] = row["rate"] / lone, row["whole"] / lone
                row["times_loop"] = row["whole"] / loop
    return rows


def _place(name: str, where: str, members: int, workers: int) -> dict[str, Any]:
    """Run a sweep of all outcomes, and look at its rate and memory meanwhile."""
    seen: list[tuple[float, int]] = []
    with _Memory() as memory:
        begun, spent = time.monotonic(), time.process_time()
        found = sweep(
            Study.from_file(EXAMPLES / f"{name}.toml"),
            OVER,
            sample=members,
            seed=_SEED,
            workers=workers,
            scheduler=where,
            watch=lambda ended, _: seen.append((time.monotonic(), ended)),
        )
        took = time.monotonic() - begun
    begin = next(k for k, (_, ended) in enumerate(seen) if ended >= members // 20)
    (first, some), (last, all_of_them) = seen[begin], seen[-1]
    return {
        "study": name,
        "place": where,
        "members": members,
        "finished": int((found["status"] == "finished").sum()),
        "outcomes": sorted(str(n) for n in found.data_vars if n != "status"),
        "seconds": took,
        "whole": members / took,
        "rate": (all_of_them - some) / (last - first),
        "own_cpu_seconds": time.process_time() - spent,
        "client_MB": memory.client,
        "worker_MB": memory.worker,
    }


def _lone(name: str, workers: int, members: int) -> dict[str, Any]:
    """Run members in processes of their own, all at once, after each has run one."""
    processes = get_context("spawn")
    ends, crew = [], []
    for number in range(workers):
        ours, theirs = processes.Pipe()
        ends.append(ours)
        crew.append(processes.Process(target=_alone, args=(theirs, name, number, workers, members)))
        crew[-1].start()
    for end in ends:
        end.recv()
    for end in ends:
        end.send("go")
    rates = [end.recv() for end in ends]
    for process in crew:
        process.join()
    return {"study": name, "place": "lone", "members": workers * members, "rate": sum(rates)}


def _alone(end: Connection, name: str, number: int, workers: int, members: int) -> None:
    study = Study.from_file(EXAMPLES / f"{name}.toml")
    task = prepared(study, Asked(over=OVER, sample=workers * members, seed=_SEED), workers=1)
    runner = Runner(plan=task.plan, layout=task.layout)
    runner.run(0)
    end.send("ready")
    end.recv()
    begun = time.monotonic()
    for place in range(number, workers * members, workers):
        runner.run(place)
    end.send(members / (time.monotonic() - begun))


def _loop(name: str, members: int) -> dict[str, Any]:
    """Run a study with other numbers again and again, as a script without a sweep would."""
    study = Study.from_file(EXAMPLES / f"{name}.toml")
    study.run()
    begun = time.monotonic()
    for number in range(members):
        cells = 10 ** (6 + 2 * number / members)
        study.with_settings({"doses.0.cells": f"{cells!r} cells"}).run()
    return {
        "study": name,
        "place": "loop",
        "members": members,
        "rate": members / (time.monotonic() - begun),
    }


class _Memory:
    """The largest resident memory, MB, of this process and of any that it began."""

    def __init__(self) -> None:
        self.client = self.worker = 0.0
        self._over = threading.Event()
        self._thread = threading.Thread(target=self._look, daemon=True)

    def __enter__(self) -> _Memory:
        self._thread.start()
        return self

    def __exit__(self, *error: object) -> None:
        self._over.set()
        self._thread.join()

    def _look(self) -> None:
        own = psutil.Process()
        while not self._over.wait(2.0):
            self.client = max(self.client, _resident(own))
            children = own.children(recursive=True)
            self.worker = max([self.worker, *map(_resident, children)])


def _resident(process: psutil.Process) -> float:
    try:
        return float(process.memory_info().rss) / 1e6
    except psutil.Error:
        return 0.0


def table(rows: list[dict[str, Any]]) -> str:
    """Return the rows as a table for reading."""
    columns: dict[str, Callable[[Any], str]] = {
        "study": str,
        "place": str,
        "members": str,
        "finished": str,
        "seconds": lambda x: f"{x:.0f}",
        "whole": lambda x: f"{x:.2f}",
        "rate": lambda x: f"{x:.2f}",
        "efficiency": lambda x: f"{x:.3f}",
        "whole_efficiency": lambda x: f"{x:.3f}",
        "times_loop": lambda x: f"{x:.2f}",
        "own_cpu_seconds": lambda x: f"{x:.1f}",
        "client_MB": lambda x: f"{x:.0f}",
        "worker_MB": lambda x: f"{x:.0f}",
    }
    lines = [list(columns)]
    lines += [
        [say(row[name]) if name in row else "" for name, say in columns.items()] for row in rows
    ]
    widths = [max(map(len, column)) for column in zip(*lines, strict=True)]
    return "\n".join(
        "  ".join(word.rjust(width) for word, width in zip(line, widths, strict=True))
        for line in lines
    )


def main() -> None:
    """Read the command line, run, and print."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("studies", nargs="*", metavar="NAME=MEMBERS", help="examples and how often")
    parser.add_argument("--places", default="threads,local")
    parser.add_argument("--workers", type=int, default=2)
    parser.add_argument("--alone", type=int, default=200, help="members of each lone worker")
    parser.add_argument("--looped", type=int, default=50, help="members of the loop")
    parser.add_argument("--json", type=Path)
    given = parser.parse_args()
    studies = dict(each.split("=") for each in given.studies) or STUDIES
    studies = {name: int(members) for name, members in studies.items()}
    rows = run(studies, given.places.split(","), given.workers, given.alone, given.looped)
    print(table(rows))
    for row in rows:
        if "outcomes" in row:
            print(f"{row['study']}, {row['place']}: {', '.join(row['outcomes'])}")
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1e3
    if given.json:
        report = {"machine": describe(), "rows": rows, "peak_MB": peak}
        given.json.write_text(json.dumps(report, indent=1))


if __name__ == "__main__":
    main()
