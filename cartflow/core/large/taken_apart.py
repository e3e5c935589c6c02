"""Trees that are needed no more, and the memory that they hold."""

from __future__ import annotations

import xarray as xr


def take_apart(tree: xr.DataTree) -> None:
    """Take apart a tree that nobody needs any more, so that its memory is free at once.

    Its groups know what they are in, and that knows them: of such a circle only Python's collector
    finds that nobody needs it, which may be long after many more were made.
    """
    for group in list(tree.subtree)[1:]:
        group.orphan()
