"""Networks as readable equations."""

from __future__ import annotations

from collections.abc import Mapping

from cartflow.kinetics.grammar import Binary, Expression, to_text
from cartflow.kinetics.network import Network


def equations(network: Network) -> list[str]:
    """Return one line for each species, such as ``d cart/dt = p*cart - theta*cart``."""
    return [f"d {s.name}/dt = {_right_side(network, s.name)}" for s in network.species]


def reactions(network: Network) -> list[str]:
    """Return one line for each reaction, such as ``tiring: cart -> exhausted at k*cart``."""
    return [
        f"{r.name}: {_side(r.consumes)} -> {_side(r.produces)} at {to_text(tree)}"
        for r, tree in zip(network.reactions, network.expressions, strict=True)
    ]


def _right_side(network: Network, species: str) -> str:
    row = network.stoichiometry[network.index(species)]
    text = ""
    for number, tree in zip(row, network.expressions, strict=True):
        if number != 0:
            minus = "-" if number < 0 else "+"
            sign = f" {minus} " if text else minus.removeprefix("+")
            text += sign + _term(abs(number), tree)
    return text or "0"


def _term(number: float, tree: Expression) -> str:
    text = to_text(tree)
    if text.startswith("-") or (isinstance(tree, Binary) and tree.operator in "+-"):
        text = f"({text})"
    return text if number == 1 else f"{number:g}*{text}"


def _side(amounts: Mapping[str, float]) -> str:
    return " + ".join(n if a == 1 else f"{a:g} {n}" for n, a in amounts.items()) or "(nothing)"
