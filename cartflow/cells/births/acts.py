"""What single cells do: every reaction of a network that changes their number, as acts of cells."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Literal

import numpy as np

from cartflow.cells.births.signs import may_turn_negative, part
from cartflow.core.outcome import InputError
from cartflow.kinetics.expressions.grammar import Expression, names
from cartflow.kinetics.network import Network
from cartflow.kinetics.species import Reaction

NetRates = Literal["refuse", "as_one", "apart"]
_MOST_OUT = 16


@dataclass(frozen=True, kw_only=True)
class Act:
    """What a cell does in one event of a reaction: `actor` turns into the cells of `outcome`.

    Both name kinds by number; without an actor (-1) cells come from nowhere. `rate` is the row of
    `Acts.network` whose rate it is; in `reverse` that is what the file's `reaction` undoes.
    """

    reaction: int
    rate: int
    actor: int
    outcome: tuple[int, ...]
    reverse: bool = False


@dataclass(frozen=True, kw_only=True, eq=False)
class Acts:
    """All acts of the kinds of cells, and the `network` whose rates are their chances.

    A rate counts where it is above 0 for acts forwards, below 0 for those in reverse, unless
    births and deaths are `apart`, where every rate is of one sign.
    """

    network: Network
    acts: tuple[Act, ...]


def acts_of(network: Network, kinds: Sequence[str], net_rates: NetRates) -> Acts:
    """Return what cells of the `kinds` do. Raises `InputError` for what single cells cannot.

    The actor is the one cell that a reaction consumes, else the one it produces without which its
    rate is 0, the mother; else what it produces comes from nowhere. `net_rates` says what a rate
    is that may be negative: refused; ``as_one`` the chance of the reaction, or where it is
    negative of its reverse; ``apart`` that of its positive terms, and of its negative ones the
    reverse.
    """
    reactions: list[Reaction] = []
    found: list[Act] = []
    signed = {name for name, p in network.parameters.items() if p.sign == "any"}
    for number, (reaction, tree) in enumerate(
        zip(network.reactions, network.expressions, strict=True)
    ):
        if not {*reaction.consumes, *reaction.produces} & set(kinds):
            continue
        where = f"kinetics: reactions.{reaction.name}"
        _require_whole(reaction, network, kinds, where)
        net = may_turn_negative(tree, signed)
        if net and net_rates == "refuse":
            msg = (
                f"{where}: its rate is a difference, of which it is unsaid what is birth and what "
                "death; say so by cells.net_rates = 'as_one' or 'apart', or write two reactions"
            )
            raise InputError(msg)
        rates = _rates(tree, apart=net and net_rates == "apart")
        if net_rates == "apart" and any(may_turn_negative(rate, signed) for rate, _ in rates):
            msg = f"{where}: its terms are of no certain sign, so that they are not told apart; "
            raise InputError(msg + "write two reactions, or cells.net_rates = 'as_one'")
        for rate, reverse in rates:
            row = len(reactions)
            reactions.append(replace(reaction, name=f"act_{row}", rate=rate))
            both = (False, True) if net and net_rates == "as_one" else (reverse,)
            found += [_act(network, kinds, reaction, number, row, way, where) for way in both]
    return Acts(network=_with(network, reactions), acts=tuple(found))


def rest_of(network: Network, kinds: Sequence[str]) -> Network:
    """Return what is left of the reactions for the fields: the changes of cells are left out."""
    kept = []
    for reaction in network.reactions:
        consumes = {n: x for n, x in reaction.consumes.items() if n not in kinds}
        produces = {n: x for n, x in reaction.produces.items() if n not in kinds}
        if not consumes and not produces:
            continue
        mixed = len(consumes) + len(produces) < len(reaction.consumes) + len(reaction.produces)
        per = reaction.per or ("tissue" if mixed else None)
        kept.append(replace(reaction, consumes=consumes, produces=produces, per=per))
    return _with(network, kept)


def _rates(tree: Expression, *, apart: bool) -> list[tuple[Expression, bool]]:
    """Return rates and whether each is that of the reverse."""
    if not apart:
        return [(tree, False)]
    found = [(part(tree, 1), False), (part(tree, -1), True)]
    return [(rate, reverse) for rate, reverse in found if rate is not None]


def _with(network: Network, reactions: Sequence[Reaction]) -> Network:
    return replace(network, reactions=tuple(reactions))


def _require_whole(reaction: Reaction, network: Network, kinds: Sequence[str], where: str) -> None:
    """Raise `InputError` unless a reaction changes cells by whole numbers, and no cells of fields.

    Solutes and signals change by the mean rate beside it.
    """
    for name, number in (*reaction.consumes.items(), *reaction.produces.items()):
        species = network.species[network.index(name)]
        if name in kinds and number != int(number):
            msg = f"{where}: {number:g} {name}, which are no whole cells; write fields.{name} as "
            raise InputError(msg + "a field, or a reaction of whole cells")
        if name not in kinds and species.unit == "cell/mm^3":
            msg = f"{where}: it changes single cells and the field '{name}' at once, which is not "
            raise InputError(msg + f"there yet; make fields.{name} cells too, or neither")
    if sum(n for name, n in reaction.consumes.items() if name in kinds) > 1:
        msg = f"{where}: it takes two cells at once, which is not there for cells yet"
        raise InputError(msg)


def _act(
    network: Network,
    kinds: Sequence[str],
    reaction: Reaction,
    number: int,
    row: int,
    reverse: bool,
    where: str,
) -> Act:
    before = [n for n, x in reaction.consumes.items() if n in kinds for _ in range(int(x))]
    after = [n for n, x in reaction.produces.items() if n in kinds for _ in range(int(x))]
    if reverse:
        before, after = after, before
        if len(before) > 1:
            msg = f"{where}: in reverse it takes two cells at once; write two reactions"
            raise InputError(msg)
    if before:
        actor = before[0]
    else:
        mothers = [name for name in after if _is_nothing_without(network, number, name)]
        actor = mothers[0] if mothers else ""
        after = [*mothers[:1], *after]
    if len(after) > _MOST_OUT:
        msg = f"{where}: more than {_MOST_OUT} cells come of one, which is not there for cells"
        raise InputError(msg)
    return Act(
        reaction=number,
        rate=row,
        actor=kinds.index(actor) if actor else -1,
        outcome=tuple(kinds.index(name) for name in after),
        reverse=reverse,
    )


def _is_nothing_without(network: Network, number: int, name: str) -> bool:
    """Return whether the rate of a reaction is 0 where there is no species `name`."""
    if name not in names(network.expressions[number]):
        return False
    state = np.linspace(0.5, 1.5, len(network.species))
    state[network.index(name)] = 0.0
    with np.errstate(all="ignore"):
        rate = float(network.rates(state)[number])
    return rate == 0.0
