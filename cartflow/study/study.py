"""A study file in, a simulation out."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from time import perf_counter
from typing import Any

import numpy as np

from cartflow.cells.group import cells_group
from cartflow.cells.simulation import CellRecord, CellSimulation
from cartflow.cells.stored import stored, with_cells_of
from cartflow.core import arguments
from cartflow.core.bibliography import keys
from cartflow.core.html_table import html_table
from cartflow.core.outcome import require_known
from cartflow.core.paths import as_path
from cartflow.core.tables import parse_toml, read_text, validate
from cartflow.coupling.body_alone import BodyAlone
from cartflow.coupling.record import Record
from cartflow.coupling.several.simulation import TumoursSimulation
from cartflow.coupling.simulation import Simulation
from cartflow.pbpk.body import Body
from cartflow.pbpk.trafficking import Trafficking
from cartflow.results.building import build_result, identity
from cartflow.results.checkpoint.group import GROUP as CHECKPOINT
from cartflow.results.checkpoint.restart import restart
from cartflow.results.mesh_error.check import MeshCheck, mesh_errors, not_told
from cartflow.results.only_counted import FieldsKept
from cartflow.results.result import Result
from cartflow.study.cells.layouts import require_no_layout
from cartflow.study.cells.walks import walks_as_diffusivities
from cartflow.study.checks import require_parts
from cartflow.study.courses.numbers import without_courses
from cartflow.study.earlier import organs_of_earlier
from cartflow.study.given import diffusivity_on_cells, in_words, start_on_cells
from cartflow.study.overrides import all_replaced, errors_named, without_folders
from cartflow.study.preparation import Preparation
from cartflow.study.schema import StudyTable
from cartflow.study.tables.population import with_flat_keys
from cartflow.study.tumours.reading import as_written, with_tumours
from cartflow.study.variants import with_shared_parts
from cartflow.study.within import require_files_inside


@dataclass(frozen=True, kw_only=True, eq=False)
class Study(Preparation):
    """A validated study: `text` as written, `table` as read, `folder` that its paths start from.

    ``Study.from_file("study.toml").run()`` returns a `Result`. `other_body` and
    `other_trafficking` stand in place of those that it names; `given` are arrays in place of
    numbers (see `with_field`).
    """

    def __repr__(self) -> str:
        """Return name, title and body in a line."""
        changed = f", {len(self.settings)} settings" if self.settings else ""
        body = "no body" if self.table.body is None else self.table.body.name
        return f"<Study: {self.name}; {self.table.title}; {body}{changed}>"

    def _repr_html_(self) -> str:
        """Return what a notebook shows: the sentences of `describe`."""
        _, *rows = self.described()
        return html_table(self.table.title, rows)

    @classmethod
    def from_file(cls, path: str | Path, settings: Mapping[str, Any] | None = None) -> Study:
        """Read the study at `path`; `settings` replaces values by dotted key."""
        path = as_path(path, "Study.from_file")
        text, name = read_text(path), str(path)
        settings = arguments.table(settings, "settings")
        data = parse_toml(text, name)
        # A text of Python's own may name what it likes; a file may come from elsewhere.
        with errors_named(name):
            require_files_inside(data, path.parent, settings)
        return cls._of(text, data, name, path.parent, settings)

    @classmethod
    def from_text(
        cls,
        text: str,
        *,
        name: str = "study",
        folder: str | Path | None = None,
        settings: Mapping[str, Any] | None = None,
    ) -> Study:
        """Read a study from its text. Raises `InputError` with file, key, value and remedy."""
        settings = arguments.table(settings, "settings")
        data = parse_toml(arguments.text(text, "text"), arguments.text(name, "name"))
        folder = Path() if folder is None else as_path(folder, "folder")
        return cls._of(text, data, name, folder, settings)

    @classmethod
    def _of(
        cls,
        text: str,
        data: dict[str, Any],
        name: str,
        folder: Path,
        settings: Mapping[str, Any],
    ) -> Study:
        """Return the study of a text whose `data` were read, with `settings` in their places."""
        data = all_replaced(data, settings, name)
        data, written = with_tumours(data, name)
        data, courses = without_courses(data, folder, name)
        data = walks_as_diffusivities(organs_of_earlier(data, folder, name), name)
        with as_written(written, name):
            table = validate(StudyTable, with_flat_keys(data), name)
            require_parts(table, name)
        for key in table.references:
            require_known(key, keys(), f"{name}: references")
        return cls(
            name=name,
            text=text,
            table=table,
            folder=folder,
            settings=settings,
            courses=courses,
            written=written if table.tumours else None,
        )

    def with_settings(self, settings: Mapping[str, Any]) -> Study:
        """Return the study with more `settings`; what they do not concern is not read anew."""
        new = Study.from_text(
            self.text,
            name=self.name,
            folder=self.folder,
            settings={**self.settings, **arguments.table(settings, "settings")},
        )
        new = replace(
            new,
            given=self.given,
            other_body=self.other_body,
            other_trafficking=self.other_trafficking,
        )
        return with_shared_parts(new, self)

    def in_body(self, body: Body, trafficking: Trafficking) -> Study:
        """Return the study with another body and trafficking model than those that it names."""
        new = replace(self, other_body=body, other_trafficking=trafficking)
        return with_shared_parts(new, self)

    def with_field(self, name: str, *, initial: Any = None, diffusivity: Any = None) -> Study:
        """Return the study with a field's start or diffusivity given for every mesh cell.

        `initial` is in the field's unit (cells/mm^3, ng/mm^3), `diffusivity` in mm^2/day; each is
        an array of one value a mesh cell, or on the grid of `Study.geometry`; a diffusivity may be
        of one tensor (3, 3) along x, y, z each. What says where it
        lies is averaged over the mesh cells instead: an `xarray.DataArray` along x, y, z (mm), or
        a pair of an array (i, j, k) and its affine. The result's attribute `given_arrays` names
        them. Raises `InputError` for another field, shape or place, and for values that a study
        file may not say (negative, not finite, a diffusivity above 1e7 mm^2/day).
        """
        with errors_named(self.name):
            require_known(name, self.kinetics.species_names, "with_field")
            if initial is not None:
                require_no_layout(name, self.table.fields)
            found, geometry, what = {}, self.geometry, f"fields.{name}"
            if initial is not None:
                unit = self.kinetics.species[self.kinetics.index(name)].unit
                start = start_on_cells(initial, geometry, f"{what}.initial", unit)
                found[name, "initial"] = start
            if diffusivity is not None:
                given = diffusivity_on_cells(diffusivity, geometry, f"{what}.diffusivity")
                found[name, "diffusivity"] = given
        return with_shared_parts(replace(self, given={**self.given, **found}), self)

    def run(
        self,
        watch: Callable[[float, float], None] | None = None,
        keep: Callable[[Callable[[], Result]], None] | None = None,
        mesh_check: MeshCheck | None = None,
        time_check: bool = True,
        since: Result | None = None,
        shelf: FieldsKept | None = None,
    ) -> Result:
        """Run the study; `watch(time, step)` in days is called after every step.

        `keep` is called as often with a function that makes the result so far. The run goes on
        from the unfinished result `since`, if given, and ends with the same numbers to the bit as
        one that was never stopped; raises `InputError` if that is of another study or version. The
        result says in its `outcome` whether the run finished. `mesh_check` says whether companion
        runs on coarser meshes follow (see `mesh_errors`); without it, if the study says true.
        Without `time_check` no companion tells the error in time, whatever the study says. With a
        `shelf` saved fields go there instead of memory (see `written_run`).
        """

        def offer(make: Callable[[], Record]) -> None:
            if keep is not None:
                keep(lambda: self.result_of(make(), shelf))

        run, start = self.prepared, perf_counter()
        before = None if since is None else restart(since.tree, run, self._identity())
        if before is not None and since is not None and isinstance(run, CellSimulation):
            before = with_cells_of(before, since.tree[CHECKPOINT].to_dataset(), run)
        if not time_check:
            run = run.unchecked()
        if shelf is None or isinstance(run, BodyAlone):
            record = run.run(watch, offer, before)
        else:
            shelf.begin([] if before is None else before.states)
            record = run.run(watch, offer, before, shelf.shelve)
        result = self.result_of(record, shelf)
        wanted = self.table.solver.mesh_check is True if mesh_check is None else mesh_check
        if isinstance(run, TumoursSimulation) and wanted is not False:
            return result.with_group("errors", not_told("of several tumours"))
        if wanted is False or not isinstance(run, Simulation) or isinstance(run, CellSimulation):
            return result
        if run.coupled.exchange is not None:
            return result.with_group("errors", not_told("where something circulates beside cells"))
        seconds = perf_counter() - start
        return result.with_group("errors", mesh_errors(record, run, wanted, seconds, watch))

    def _identity(self) -> str:
        return identity(self.text, without_folders(self.settings))

    def result_of(self, record: Record, shelf: FieldsKept | None = None) -> Result:
        """Return the result of what a run of the study has recorded, its fields on a `shelf`."""
        # Of a run that stopped by numbers too large, sums may be beyond all numbers.
        with np.errstate(all="ignore"):
            result = build_result(
                record,
                self.prepared,
                title=self.table.title,
                study=self.text,
                settings=without_folders(self.settings),
                parameters=self.parameters(),
                references=self.references(),
                vessels=self.vessels_in_words(),
                given=in_words(self.given),
                events=[] if self.events is None else self.events.in_words(record.happened),
                saving=self.saving,
                shelf=shelf,
            )
        if isinstance(record, CellRecord) and isinstance(self.prepared, CellSimulation):
            result = result.with_group("cells", cells_group(record, self.prepared))
            if CHECKPOINT in result.tree.children:
                kept = result.tree.children[CHECKPOINT].to_dataset(inherit=False)
                result = result.with_group(CHECKPOINT, kept.assign(stored(record)))
        if self.images:
            lines = [f"{key}: {words}" for key, words in self.images.items()]
            result.tree.attrs["images"] = "\n".join(lines)
        return result
