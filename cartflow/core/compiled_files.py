"""Compiled code on disk, in files that say what is inside.

numba counts the files of a function from one, and writes which is which before it writes the code:
a process that starts in between, after the source or numba has changed, takes code of the former
source, or code that its LLVM cannot read. And numba looks at the function's own source alone,
where what it calls is compiled into it.
"""

from __future__ import annotations

from collections.abc import Callable
from hashlib import sha256
from typing import Any

from numba.core.caching import IndexDataCacheFile

from cartflow.core.compiled_sources import sources


class CompiledFiles(IndexDataCacheFile):
    """Files of one `function`, named by numba's version, all sources and what is compiled."""

    function: Any
    _save_data: Callable[[str, Any], None]
    _load_data: Callable[[str], Any]

    def save(self, key: Any, data: Any) -> None:
        """Keep `data`, the code that was compiled for `key`, in one move."""
        self._save_data(self._named(key), (key, data))

    def load(self, key: Any) -> Any:
        """Return the code kept for `key`, or nothing where there is none."""
        try:
            kept, data = self._load_data(self._named(key))
        except OSError:
            return None
        return data if kept == key else None

    def _named(self, key: Any) -> str:
        inside = repr((self._version, self._source_stamp, sources(self.function), key))
        number = int(sha256(inside.encode()).hexdigest()[:16], 16)
        return str(self._data_name_pattern.format(number=number))


def keep_apart(compiled: Any) -> None:
    """Let `compiled`, a function of numba's, keep its code in files that say what is inside."""
    files = getattr(getattr(compiled, "_cache", None), "_cache_file", None)
    if files is not None:
        files.__class__, files.function = CompiledFiles, compiled.py_func
