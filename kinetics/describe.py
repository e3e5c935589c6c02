"""Models as readable equations, scenarios and check values."""

from __future__ import annotations

from collections.abc import Mapping

from cartflow.kinetics.expressions.grammar import Binary, Expression, to_text
from cartflow.kinetics.model import Model
from cartflow.kinetics.network import Network
from cartflow.kinetics.pores import in_pores
from cartflow.kinetics.scenario import Dose, Event, Scenario, Switch

_SCOPES = {"body": " (of the whole body)", "exchange": " (exchange between compartments)"}


def equations(network: Network) -> list[str]:
    """Return one line for each species, such as ``d cart/dt = p*cart - theta*cart``."""
    return [f"d {s.name}/dt = {_right_side(network, s.name)}" for s in network.species]


def reactions(network: Network) -> list[str]:
    """Return one line for each reaction, such as ``tiring: cart -> exhausted at k*cart``."""
    return [
        f"{r.name}: {_side(r.consumes)} -> {_side(r.produces)} at {to_text(tree)}"
        + (" (per volume of pore fluid)" if pores else "")
        + _SCOPES.get(r.scope, "")
        for r, tree, pores in zip(
            network.reactions, network.expressions, in_pores(network), strict=True
        )
    ]


def quantities(model: Model) -> list[str]:
    """Return one line for each quantity that is worked out from species."""
    return [f"{name} = {to_text(tree)}" for name, tree in model.quantities.items()]


def triggers(model: Model) -> list[str]:
    """Return one line for each event by condition: when, after how long, and what it sets."""
    lines = []
    for event in model.triggers:
        delay = "" if event.delay is None else f", {to_text(event.delay)} days later"
        scaled = {n: f"({to_text(tree)})" for n, tree in event.changes.items()}
        scaled |= {n: f"{scaled[n]}*({to_text(tree)})" for n, tree in event.scales.items()}
        sets = ", ".join(f"{name} = {text}" for name, text in scaled.items())
        lines.append(f"{event.name}: when {to_text(event.trigger)}{delay}: {sets}")
    return lines


def parameter_notes(model: Model) -> dict[str, str]:
    """Return for each parameter its note, its range, and why its published unit is odd."""
    notes = {}
    for name, p in model.network.parameters.items():
        parts = [p.note] if p.note else []
        if p.sign == "any":
            parts.append("of either sign")
        if name in model.ranges:
            low, high = model.ranges[name]
            parts.append(f"range {low:.4g} to {high:.4g} {p.unit}")
        if name in model.inconsistencies:
            odd = model.inconsistencies[name]
            parts.append(f"published unit inconsistent ({odd.published}): {odd.reason}")
        notes[name] = "; ".join(parts)
    return notes


def scenarios(model: Model) -> list[str]:
    """Return one line for each scenario: its title, start and events."""
    return [f"{s.name}: {s.title}{_start(s)}{_events(s)}" for s in model.scenarios.values()]


def happenings(model: Model) -> list[str]:
    """Return what happens in every scenario, and below which amounts species die out."""
    stated = {**model.extinction, **model.extinction_of_whole}
    lines = [f"extinct below {p.stated}: {name}" for name, p in stated.items()]
    return lines + [_event(event) for event in model.events]


def check_values(model: Model) -> list[list[str]]:
    """Return name, kind, scenario, expected value, allowance, standing, source, note of checks."""
    return [
        [
            c.name,
            c.kind,
            c.scenario,
            c.expected.stated,
            f"{c.allowance():.3g} {c.expected.unit}".removesuffix(" 1"),
            c.standing,
            c.source,
            c.note,
        ]
        for c in model.checks
    ]


def _start(scenario: Scenario) -> str:
    start = ", ".join(f"{name} {p.stated}" for name, p in scenario.initial.items())
    return f"; start {start}" if start else ""


def _events(scenario: Scenario) -> str:
    texts = [_event(event) for event in scenario.events]
    return f"; {'; '.join(texts)}" if texts else ""


def _event(event: Event) -> str:
    if isinstance(event, Dose):
        over = "" if event.duration is None else f" over {event.duration.stated}"
        return f"{event.amount.stated} {event.species} at {event.moment}{over}"
    if isinstance(event, Switch):
        values = ", ".join(f"{n} {p.stated}" for n, p in event.parameters.items())
        return f"from {event.moment} {values}"
    values = ", ".join(f"{n} times {f:g}" for n, f in event.factors.items())
    return f"at {event.moment} {values}"


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
