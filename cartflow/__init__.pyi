# lazy_loader reads this file at run time, and takes relative imports alone.
# ruff: noqa: TID252
from .analyses.cohort.run import run_cohort as run_cohort
from .analyses.sweep.run import sweep as sweep
from .core.outcome import InputError as InputError
from .core.outcome import RunStopped as RunStopped
from .results.result import Result as Result
from .results.result import load_result as load_result
from .study.study import Study as Study

__version__: str
