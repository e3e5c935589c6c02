"""Spoilt inputs by the thousand, each in a bounded child: ``python tests/hostile/hostile.py``."""

from __future__ import annotations

import argparse
import os
import shutil
import sys
import tempfile
from collections import Counter
from collections.abc import Iterator
from contextlib import redirect_stdout
from dataclasses import dataclass, field
from pathlib import Path
from random import Random

sys.path.insert(0, str(Path(__file__).parent))
# One worker: threads of a library do not outlive a fork.
for name in ("OPENBLAS_NUM_THREADS", "OMP_NUM_THREADS", "MKL_NUM_THREADS", "NUMBA_NUM_THREADS"):
    os.environ.setdefault(name, "1")

from bounded import Ending, bounded  # noqa: E402
from kinds import KINDS, Kind, warm  # noqa: E402


@dataclass
class Tally:
    """What became of the children of one kind."""

    statuses: Counter[int] = field(default_factory=Counter)
    faults: int = 0
    seconds: float = 0.0
    memory: int = 0
    long: int = 0

    def add(self, ending: Ending, faults: list[str]) -> None:
        """Count one child."""
        self.statuses[ending.status] += 1
        self.seconds = max(self.seconds, ending.seconds)
        self.memory = max(self.memory, ending.memory)
        self.long += ending.interrupted
        self.faults += bool(faults)

    def line(self) -> str:
        """Return the tally in words."""
        counts = ", ".join(f"{n} with status {s}" for s, n in sorted(self.statuses.items()))
        return (
            f"{counts}; {self.faults} faults; {self.long} long runs stopped when asked; "
            f"longest {self.seconds:.1f} s, most memory {self.memory / 1e9:.2f} GB"
        )


def spoilt_runs(kind: Kind, numbers: range, seed: int, place: Path) -> Iterator[tuple[int, Ending]]:
    """Run the spoilt inputs `numbers` of `seed`, each in a folder of its own below `place`."""
    for number in numbers:
        folder = place / f"{kind.name}_{number}"
        (folder / "out").mkdir(parents=True)
        random = Random(f"{seed} {kind.name} {number}")
        arguments = kind.spoil(folder, random)
        before = _listed(folder)
        ending = bounded(kind.command, arguments, folder)
        _require_same(before, folder)
        yield number, ending
        shutil.rmtree(folder)


def found_faults(ending: Ending, folder: Path) -> list[str]:
    """Return the faults of a child and of what it left in its folder."""
    left = [p.name for p in (folder / "out").iterdir() if p.suffix == ".part"]
    return ending.faults() + [f"left over: {name}" for name in left]


def _warm(place: Path) -> None:
    """Import and compile in the parent what the children use, with a cache of their own."""
    os.environ.setdefault("CARTFLOW_CACHE", str(place / "cache"))
    os.environ["TMPDIR"] = tempfile.tempdir = str(place / "tmp")
    (place / "tmp").mkdir(exist_ok=True)
    with open(os.devnull, "w") as nowhere, redirect_stdout(nowhere):
        warm(place)


def _listed(folder: Path) -> dict[Path, bytes]:
    files = [p for p in folder.rglob("*") if p.is_file() and "out" not in p.parts]
    return {path: path.read_bytes() for path in files}


def _require_same(before: dict[Path, bytes], folder: Path) -> None:
    printed = {folder / "stdout", folder / "stderr"}
    after = {p: c for p, c in _listed(folder).items() if p not in printed}
    if after != before:
        msg = f"{folder}: an input was changed, or a file appeared beside it"
        raise AssertionError(msg)


def main() -> int:
    """Run spoilt inputs and print what became of them; return 1 if there was a fault."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("kinds", nargs="*", default=list(KINDS), help=f"of {', '.join(KINDS)}")
    parser.add_argument("--number", type=int, default=2000)
    parser.add_argument("--first", type=int, default=0)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--keep", type=Path, help="a folder for the inputs that made a fault")
    options = parser.parse_args()
    os.nice(10)
    with tempfile.TemporaryDirectory(prefix="hostile") as place:
        _warm(Path(place))
        tallies = [_tally(name, options, Path(place)) for name in options.kinds]
    return 1 if any(tally.faults for tally in tallies) else 0


def _tally(name: str, options: argparse.Namespace, place: Path) -> Tally:
    tally = Tally()
    numbers = range(options.first, options.first + options.number)
    for number, ending in spoilt_runs(KINDS[name], numbers, options.seed, place):
        folder = place / f"{name}_{number}"
        found = found_faults(ending, folder)
        tally.add(ending, found)
        if found:
            print(f"{name} {number}: {'; '.join(found)}\n{ending.err[-3000:]}", flush=True)
        if found and options.keep is not None:
            shutil.copytree(folder, options.keep / folder.name, dirs_exist_ok=True)
    print(f"{name:10} {tally.line()}", flush=True)
    return tally


if __name__ == "__main__":
    sys.exit(main())
