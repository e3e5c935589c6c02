"""The whole results of a sweep's members, a file each."""

from __future__ import annotations

from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from cartflow.core.dataset import netcdf
from cartflow.core.outcome import InputError
from cartflow.core.paths import as_path, kind_of
from cartflow.core.saving.whole import write_whole
from cartflow.results.result import Result


@dataclass(frozen=True, kw_only=True)
class Results:
    """The `folder` in which the whole result of each of `count` members becomes a file."""

    folder: Path
    count: int

    def path(self, place: int) -> Path:
        """Return the file of the member at a place."""
        return self.folder / f"member_{place:0{len(str(self.count - 1))}}.nc"

    def save(self, place: int, result: Result) -> None:
        """Write a member's result, whole or not at all. Raises `InputError`."""
        write_whole(self.path(place), netcdf(result.tree))

    def clear(self, place: int) -> None:
        """Remove what an earlier sweep left of a member, which may come to nothing now."""
        with suppress(OSError):
            self.path(place).unlink(missing_ok=True)

    def names(self) -> list[str]:
        """Return each member's file by its name, empty where there is none."""
        files = [self.path(place) for place in range(self.count)]
        return [path.name if path.is_file() else "" for path in files]

    def require_free(self, *, own: bool) -> None:
        """Make the folder. Raises `InputError` if it is none, or has members of another sweep.

        With `own` they are of this one, or given up.
        """
        there = kind_of(self.folder)
        if there not in ("nothing", "folder"):
            msg = f"{self.folder}: is a {there}, not a folder for results"
            raise InputError(msg)
        first = "" if own else next(filter(None, self.names()), "")
        if first:
            msg = (
                f"{self.folder}: has results already, such as {first}; give --force to overwrite "
                "them, or another --results"
            )
            raise InputError(msg)
        try:
            self.folder.mkdir(exist_ok=True)
        except OSError as error:
            msg = f"{self.folder}: cannot be made ({error.strerror})"
            raise InputError(msg) from None


def results_in(folder: str | Path | None, count: int) -> Results | None:
    """Return the results of `count` members in a folder, wherever work goes on; None without."""
    if folder is None:
        return None
    return Results(folder=as_path(folder, "--results").absolute(), count=count)
