"""One chain of samples by the No-U-Turn sampler, of its own seed."""

from __future__ import annotations

import threading
from dataclasses import dataclass
from typing import Any

import numpy as np

from cartflow.analyses.fit.bayes.density import Sampled
from cartflow.analyses.fit.bayes.library import nutpie_and_arviz
from cartflow.core.outcome import RunStopped

Array = np.ndarray
_ACCEPTANCE = 0.9  # what step sizes are adapted to; ODEs bend the posterior
_OFTEN = 0.1  # seconds between looks at a chain


@dataclass(frozen=True, kw_only=True)
class Length:
    """How many chains of how many draws, after a warm-up that is not kept; and the seed."""

    chains: int
    draws: int
    warm_up: int
    seed: int


class Chain:
    """One chain; `drawn` tells how far it is."""

    def __init__(self, density: Sampled, begin: Array, length: Length, place: int) -> None:
        self.density, self._begin, self._length, self._place = density, begin, length, place
        self.drawn = 0
        self._error: BaseException | None = None

    def run(self, stop: threading.Event) -> dict[str, Array]:
        """Return the kept samples and what the sampler says of them, by name."""
        sampler = self._sampler()
        while True:
            try:
                trace = sampler.wait(timeout=_OFTEN)
                break
            except TimeoutError:
                if stop.is_set() or self._error is not None:
                    sampler.cancel()
                    raise self._error or RunStopped("fit: sampling was stopped") from None
            except RuntimeError as error:
                if self._error is not None:
                    raise self._error from None
                msg = f"fit: the sampler could not begin ({str(error).splitlines()[0][:120]})"
                raise RunStopped(msg) from None
        if self._error is not None:
            raise self._error
        stats = trace.sample_stats
        names = ("logp", "diverging", "maxdepth_reached", "n_steps")
        return {"inner": trace.posterior["inner"].values[0]} | {
            name: stats[name].values[0] for name in names
        }

    def _sampler(self) -> Any:
        nutpie, _ = nutpie_and_arviz()
        from nutpie.compiled_pyfunc import from_pyfunc

        size = len(self._begin)
        model = from_pyfunc(
            size,
            lambda: self._density,
            lambda *_: self._expanded,
            [np.dtype("float64")],
            [(size,)],
            ["inner"],
            make_initial_point_fn=lambda _: self._begin,
        )
        own = np.random.SeedSequence([self._length.seed, self._place]).generate_state(1, np.uint32)
        return nutpie.sample(
            model,
            draws=self._length.draws,
            tune=self._length.warm_up,
            chains=1,
            cores=1,
            seed=int(own[0]),
            save_warmup=False,
            progress_bar=False,
            blocking=False,
            target_accept=_ACCEPTANCE,
        )

    def _density(self, z: Array) -> tuple[float, Array]:
        # The sampler's threads would die of an exception, and tell it as a panic.
        try:
            return self.density.at(np.array(z))
        except BaseException as error:  # raised again by `run`
            self._error = error
            return -np.inf, np.zeros(len(z))

    def _expanded(self, z: Array) -> dict[str, Array]:
        self.drawn += 1
        return {"inner": self.density.inner(np.array(z))}
