"""Functions compiled for one signature, when they are first called or compiled into another."""

from __future__ import annotations

from threading import RLock
from typing import Any

from numba.core.dispatcher import Dispatcher

# Threads may come to a function at once; what it calls is compiled while it is.
_ONE = RLock()


def when_needed(compiled: Any, signature: Any) -> None:
    """Let `compiled`, a function of numba's without code, be compiled for `signature` alone.

    That is later than numba would, at once: most runs need few of the loops that are imported.
    """

    def make() -> None:
        with _ONE:
            if "get_call_template" in vars(compiled):
                compiled.compile(signature)
                compiled.disable_compile()
                del compiled._compile_for_args, compiled.get_call_template

    def called(*arguments: Any, **named: Any) -> Any:
        make()
        # numba calls what is returned with the same arguments.
        return compiled

    def used(arguments: Any, named: Any) -> Any:
        make()
        return Dispatcher.get_call_template(compiled, arguments, named)

    compiled._compile_for_args, compiled.get_call_template = called, used
