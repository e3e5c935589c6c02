"""Fields of a run that goes on: one small file a saved time, in a folder beside the result."""

from __future__ import annotations

import json
import re
import shutil
from collections.abc import Callable, Iterable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import xarray as xr

from cartflow.core.large.lazy import LOCK, TimeByTime, lazy_variable, read_row
from cartflow.core.outcome import InputError
from cartflow.core.saving.whole import write_whole

Array = np.ndarray
# One after the other: name, dimensions, values and attributes.
Field = tuple[str, tuple[str, ...], Array, Mapping[Any, Any]]
Fields = Callable[[], Iterable[Field]]
ATTRIBUTE = "fields_beside"
CHECKPOINT = "checkpoint.nc"
# Drafts are left by a run that was killed while it wrote.
_OURS = re.compile(r"\d{6}\.nc|checkpoint\.nc|\..+\.part")
_TRIES = 3


@dataclass(frozen=True)
class Beside:
    """The folder of saved fields beside the result at `path`."""

    path: Path

    @property
    def folder(self) -> Path:
        """The result's name with ``.fields``."""
        return self.path.with_name(f"{self.path.name}.fields")

    def file(self, place: int) -> Path:
        """Return the file of the saved time number `place`."""
        return self.folder / f"{place:06d}.nc"

    @property
    def ahead(self) -> Path:
        """The draft of the result's own file; see `Ahead`."""
        return self.folder / ".whole.nc.part"

    def make(self) -> None:
        """Make the folder. Raises `InputError` if it cannot be, or another run has it."""
        try:
            self.folder.mkdir()
        except FileExistsError:
            msg = (
                f"{self.folder}: fields of another run are there; give --resume to go on with it, "
                "--force to give it up, or another --out"
            )
            raise InputError(msg) from None
        except OSError as error:
            msg = f"{self.folder}: cannot be made ({error.strerror})"
            raise InputError(msg) from None

    def remove(self, begin: int = 0) -> None:
        """Remove the saved fields from number `begin` on, and with the first the folder."""
        with suppress(OSError):
            for path in self.folder.iterdir():
                if _OURS.fullmatch(path.name) and (begin == 0 or path.name >= f"{begin:06d}.nc"):
                    if begin and path.name == CHECKPOINT:
                        continue
                    path.unlink()
            if not begin:
                self.folder.rmdir()

    def put(self, place: int, time: float, size: int, fields: Fields, level: int) -> None:
        """Write the fields of one saved time, `size` bytes; the file appears whole.

        Raises `InputError`.
        """

        def make(draft: Path) -> None:
            if shutil.disk_usage(self.folder).free < size:
                msg = f"it takes {size / 1e6:.1f} MB"
                raise OSError(28, msg)
            _write_one(draft, time, fields(), level)

        write_whole(self.file(place), make)

    def one(self, name: str, place: int, time: float) -> Array:
        """Return a field at a saved time, from the folder or from the result when it is whole."""
        for _ in range(_TRIES):
            try:
                return read_row(self.file(place), "/", name, 0)
            except FileNotFoundError:
                # The run has ended meanwhile: its fields stand in the result.
                with suppress(FileNotFoundError):
                    return _of_whole(self.path, name, time)
        msg = f"{self.file(place)}: is not there, and '{name}' is not in {self.path}"
        raise InputError(msg)


def _write_one(draft: Path, time: float, fields: Iterable[Field], level: int) -> None:
    import netCDF4

    told: dict[str, Any] = {"zlib": True, "complevel": level} if level else {}
    with LOCK, netCDF4.Dataset(draft, "w") as file:
        # All is written at once; to fill it before would be to write it twice.
        file.set_fill_off()
        file.createDimension("time", 1)
        made = file.createVariable("time", "f8", ("time",))
        made.units, made.long_name = "day", "time since the start"
        made[0] = time
        for name, dims, values, attrs in fields:
            for dim, size in zip(dims, values.shape, strict=True):
                if dim not in file.dimensions:
                    file.createDimension(dim, size)
            made = file.createVariable(
                name, values.dtype, ("time", *dims), fill_value=np.nan, **told
            )
            made.set_auto_maskandscale(False)
            made.setncatts(attrs)
            made[:] = values[None]


def _of_whole(path: Path, name: str, time: float) -> Array:
    import netCDF4

    try:
        with LOCK, netCDF4.Dataset(path) as file:
            tumour = file["tumour"]
            found = np.flatnonzero(np.asarray(tumour["time"][:]) == time)
            if name in tumour.variables and found.size:
                made = tumour.variables[name]
                made.set_auto_maskandscale(False)
                return np.asarray(made[int(found[0])])
    except FileNotFoundError:
        raise
    except (OSError, RuntimeError, KeyError, IndexError) as error:
        msg = f"{path}: '{name}' cannot be read ({error})"
        raise InputError(msg) from None
    raise FileNotFoundError


def described(fields: Mapping[str, xr.Variable]) -> str:
    """Return fields over time and a grid in words that `attached` understands."""
    return json.dumps(
        {
            name: {"dims": field.dims[1:], "dtype": str(field.dtype), "attrs": dict(field.attrs)}
            for name, field in fields.items()
        }
    )


def attached(tumour: xr.Dataset, times: Sequence[float], path: Path) -> xr.Dataset:
    """Return the group `tumour` of a result with the fields that stand beside it, not yet read.

    Raises `InputError` where they cannot be those of the group.
    """
    try:
        said = json.loads(str(tumour.attrs[ATTRIBUTE]))
        fields = {
            str(name): _attached(tumour, times, path, name, one) for name, one in said.items()
        }
    except (ValueError, TypeError, KeyError, AttributeError) as error:
        msg = f"{path}: what it says of the fields beside it is damaged ({error})"
        raise InputError(msg) from None
    tumour = tumour.assign(fields)
    del tumour.attrs[ATTRIBUTE]
    return tumour


def _attached(
    tumour: xr.Dataset, times: Sequence[float], path: Path, name: str, said: Mapping[str, Any]
) -> xr.Variable:
    dims = tuple(str(dim) for dim in said["dims"])
    shape, beside = tuple(tumour.sizes[dim] for dim in dims), Beside(path)
    array = TimeByTime(
        lambda place: beside.one(name, place, times[place]), (len(times), *shape), said["dtype"]
    )
    return lazy_variable(("time", *dims), array, dict(said["attrs"]))
