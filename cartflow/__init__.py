"""CAR T cells from the vein to the tumour core: organ networks coupled to tissue.

``Study.from_file("study.toml").run()`` returns a `Result`. Names load when they are first used,
so that a part of the package never pays for another.
"""

import lazy_loader as _lazy

_load, __dir__, __all__ = _lazy.attach_stub(__name__, __file__)


def __getattr__(name: str) -> object:
    if name == "__version__":
        from importlib.metadata import PackageNotFoundError, version

        try:
            return version("cartflow")
        except PackageNotFoundError:
            return "unknown"
    return _load(name)
