"""The balance of cells: what came, was born, died, changed, and where the rest is."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from cartflow.pbpk.organs.body_step import BodyStep

Array = np.ndarray


@dataclass(kw_only=True, eq=False)
class Ledger:
    """Cumulative counts per product species, advanced with the state, never as differences.

    `came` and `went` are amounts of any field (cells, ng) through each of `Problem.places`.
    `removed` are products that events took out or killed; `fractions`, of either sign, what
    densities gave beyond the whole cells that came of them; `taken` and `added` what events did to
    any species, first to those of the tumour, then to what else stands at sites in organs.
    Of what circulates the `carried_` accounts count amounts: `infused`, `made` and `used` by
    kinetics anywhere, `eliminated`, and what `entered` a tumour and `returned` from it.
    """

    infused: Array
    born: Array
    died: Array
    converted: Array
    removed: Array
    fractions: Array
    inflow: Array
    egress: Array
    came: Array
    went: Array
    taken: Array
    added: Array
    carried_infused: Array
    carried_made: Array
    carried_used: Array
    carried_eliminated: Array
    carried_entered: Array
    carried_returned: Array

    @classmethod
    def empty(
        cls, products: int, places: int = 0, others: int = 0, carried: int = 0, tumours: int = 1
    ) -> Ledger:
        """Return a ledger of zeros.

        `others` are the numbers of `taken`, and of `added`, `carried` the species that circulate.
        `inflow` and `egress` are by tumour, then by product.
        """
        sizes = dict.fromkeys(cls.__annotations__, products) | {"came": places, "went": places}
        sizes |= {"taken": others, "added": others}
        sizes |= dict.fromkeys(("inflow", "egress"), tumours * products)
        sizes |= {name: carried for name in sizes if name.startswith("carried_")}
        return cls(**{name: np.zeros(size) for name, size in sizes.items()})

    def zeroed(self) -> Ledger:
        """Return a ledger of zeros of the same sizes."""
        return Ledger(**{name: 0.0 * getattr(self, name) for name in self.__annotations__})

    def extrapolated(self, whole: Ledger, order: int) -> Ledger:
        """Return the ledger of two half steps, extrapolated with that of one whole step.

        self + (self - whole) / (2^order - 1), as the state is.
        """
        result = self.copy()
        for name in self.__annotations__:
            values = getattr(result, name)
            values += (values - getattr(whole, name)) / (2.0**order - 1.0)
        return result

    def add(self, step: BodyStep) -> None:
        """Count what happened in a step of the body."""
        self.born += step.born
        self.died += step.died + step.lost
        self.converted += step.converted
        self.inflow += step.handed_over
        self.carried_made += step.made
        self.carried_used += step.used
        self.carried_eliminated += step.eliminated
        self.carried_entered += step.entered

    def copy(self) -> Ledger:
        """Return an independent copy."""
        return Ledger(**{name: getattr(self, name).copy() for name in self.__annotations__})


def stacked(ledgers: Sequence[Ledger]) -> Ledger:
    """Return ledgers as one, whose numbers have a first axis more."""
    return Ledger(
        **{
            name: np.array([getattr(ledger, name) for ledger in ledgers])
            for name in Ledger.__annotations__
        }
    )


def of_all(counted: Array, products: int) -> Array:
    """Return counts of a tumour's products, which come first, as counts of all `products`."""
    result = np.zeros(products)
    result[: len(counted)] = counted
    return result


def residual(ledger: Ledger, in_body: Array, in_tumour: Array, in_transit: Array) -> Array:
    """Return infused + born - died - removed + converted less what is there, per species.

    What is there is `in_body`, `in_tumour`, `in_transit` and the ledger's fractions. `converted`
    sums to zero over species, so that it drops out of the total.
    """
    gained = ledger.infused + ledger.born - ledger.died - ledger.removed + ledger.converted
    return np.asarray(gained - in_body - in_tumour - in_transit - ledger.fractions)
