# lazy_loader reads this file at run time, and takes relative imports alone.
# ruff: noqa: TID252
from .analyses.bedside.run import Monitored as Monitored
from .analyses.bedside.run import monitor as monitor
from .analyses.cohort.run import run_cohort as run_cohort
from .analyses.decide.run import Decided as Decided
from .analyses.decide.run import debulk as debulk
from .analyses.decide.run import decide as decide
from .analyses.derivatives.run import run_with_derivatives as run_with_derivatives
from .analyses.fit.bayes.run import Posterior as Posterior
from .analyses.fit.bayes.run import fit_bayes as fit_bayes
from .analyses.fit.mixed.run import FittedMixed as FittedMixed
from .analyses.fit.mixed.run import fit_mixed as fit_mixed
from .analyses.fit.petab.posterior import fit_petab_bayes as fit_petab_bayes
from .analyses.fit.petab.run import fit_petab as fit_petab
from .analyses.fit.petab.writing import write_petab as write_petab
from .analyses.fit.population.run import PopulationPosterior as PopulationPosterior
from .analyses.fit.population.run import fit_mixed_bayes as fit_mixed_bayes
from .analyses.fit.run import Fitted as Fitted
from .analyses.fit.run import fit as fit
from .analyses.risk.run import RiskScore as RiskScore
from .analyses.risk.run import risk_score as risk_score
from .analyses.sweep.run import sweep as sweep
from .cells.tracks.cut import cut_tracks as cut_tracks
from .cells.tracks.fit import Walk as Walk
from .cells.tracks.fit import fit_tracks as fit_tracks
from .cells.tracks.simulated import simulate_tracks as simulate_tracks
from .cells.tracks.spread import fit_spread as fit_spread
from .closed_forms.antigen_window import Antigen as Antigen
from .closed_forms.antigen_window import AntigenWindow as AntigenWindow
from .closed_forms.clones import Clones as Clones
from .closed_forms.counting_cells import Counted as Counted
from .closed_forms.cyclophosphamide import Cyclophosphamide as Cyclophosphamide
from .closed_forms.donor_cells import DonorCells as DonorCells
from .closed_forms.escape import Escape as Escape
from .closed_forms.fludarabine import Fludarabine as Fludarabine
from .closed_forms.greenspan import Greenspan as Greenspan
from .closed_forms.product import Culture as Culture
from .core.outcome import InputError as InputError
from .core.outcome import RunStopped as RunStopped
from .results.result import Result as Result
from .results.result import load_result as load_result
from .study.study import Study as Study

__version__: str
