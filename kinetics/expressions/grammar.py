"""The closed grammar of rate expressions: text in, a tree of frozen nodes out; nothing is run."""

from __future__ import annotations

import math
import re
from dataclasses import dataclass
from typing import NoReturn, TypeAlias

from cartflow.core.outcome import InputError, suggest

FUNCTIONS: dict[str, int] = {"exp": 1, "log": 1, "sqrt": 1, "tanh": 1, "abs": 1, "min": 2, "max": 2}
MAXIMUM_LENGTH = 2000
MAXIMUM_DEPTH = 50
MAXIMUM_HEIGHT = 200

_TOKEN = re.compile(
    r"(?P<number>(?:[0-9]+\.?[0-9]*|\.[0-9]+)(?:[eE][-+]?[0-9]+)?)"
    r"|(?P<name>[A-Za-z_][A-Za-z0-9_]*)"
    r"|(?P<sign>\*\*|[-+*/^(),])"
)
_SPACE = re.compile(r"[ \t\r\n]*")
_BINDING = {"+": 1, "-": 1, "*": 2, "/": 2, "^": 4}
_UNARY = 3


@dataclass(frozen=True)
class Number:
    """A plain number, without unit."""

    value: float


@dataclass(frozen=True)
class Name:
    """The name of a species or of a parameter."""

    name: str


@dataclass(frozen=True)
class Negative:
    """Minus an expression."""

    operand: Expression


@dataclass(frozen=True)
class Binary:
    """``left operator right``, the operator one of ``+ - * / ^``."""

    operator: str
    left: Expression
    right: Expression


@dataclass(frozen=True)
class Call:
    """A function of `FUNCTIONS` of its arguments."""

    function: str
    arguments: tuple[Expression, ...]


Expression: TypeAlias = Number | Name | Negative | Binary | Call


def parse(text: str) -> Expression:
    """Return the tree of the expression in `text`.

    Numbers, names, ``+ - * / ^`` (also ``**``), parentheses and `FUNCTIONS`; ``-a^2`` is
    ``-(a^2)`` and ``a^b^c`` is ``a^(b^c)``. Raises `InputError`, with the expression and the
    position, for everything else, for more than 2000 characters, and for nesting beyond 50.
    """
    if len(text) > MAXIMUM_LENGTH:
        msg = f"expression {_short(text)}: {len(text)} characters, at most {MAXIMUM_LENGTH} allowed"
        raise InputError(msg)
    parser = _Parser(text)
    tree = parser.expression(0, 0)
    if parser.kind != "end":
        parser.fail(f"unexpected '{parser.token}'")
    if _height(tree) > MAXIMUM_HEIGHT:
        parser.fail(f"more than {MAXIMUM_HEIGHT} operations in a row")
    return tree


def names(expression: Expression) -> set[str]:
    """Return every name of a species or parameter in `expression`."""
    found = set()
    level: list[Expression] = [expression]
    while level:
        found |= {node.name for node in level if isinstance(node, Name)}
        level = [child for node in level for child in children(node)]
    return found


def children(expression: Expression) -> tuple[Expression, ...]:
    """Return the expressions directly below `expression`."""
    match expression:
        case Negative(operand):
            return (operand,)
        case Binary(_, left, right):
            return (left, right)
        case Call(_, arguments):
            return arguments
    return ()


def to_text(expression: Expression, above: int = 0) -> str:
    """Return `expression` as text, which parses to the same tree."""
    match expression:
        case Number(value):
            return _number_text(value)
        case Name(name):
            return name
        case Call(function, arguments):
            return f"{function}({', '.join(to_text(a) for a in arguments)})"
        case Negative(operand):
            text, binding = f"-{to_text(operand, _UNARY)}", _UNARY
        case Binary(operator, left, right):
            binding = _BINDING[operator]
            text = _binary_text(operator, left, right, binding)
    return f"({text})" if binding < above else text


def _binary_text(operator: str, left: Expression, right: Expression, binding: int) -> str:
    power = operator == "^"
    on_left = to_text(left, binding + 1 if power else binding)
    on_right = to_text(right, binding if power else binding + 1)
    return f"{on_left} {operator} {on_right}" if binding == 1 else f"{on_left}{operator}{on_right}"


def _number_text(value: float) -> str:
    short = f"{value:g}"
    return short if float(short) == value else repr(value)


def _height(expression: Expression) -> int:
    level: list[Expression] = [expression]
    height = 0
    while level:
        level = [child for node in level for child in children(node)]
        height += 1
    return height


def _short(text: str) -> str:
    return repr(text if len(text) <= 100 else text[:100] + "...")


class _Parser:
    """A Pratt parser that holds one token; `depth` bounds its recursion."""

    def __init__(self, text: str) -> None:
        self.text = text
        self.end = 0
        self.advance()

    def advance(self) -> None:
        space = _SPACE.match(self.text, self.end)
        self.start = self.end if space is None else space.end()
        match = _TOKEN.match(self.text, self.start)
        if match is not None:
            self.kind, self.token, self.end = str(match.lastgroup), match[0], match.end()
        elif self.start == len(self.text):
            self.kind, self.token, self.end = "end", "end of expression", self.start
        else:
            self.fail(f"unexpected character {self.text[self.start]!a}")
        if self.token == "**":
            self.token = "^"

    def fail(self, reason: str) -> NoReturn:
        msg = (
            f"expression {_short(self.text)}, position {self.start + 1}: {reason}; functions "
            f"allowed: {', '.join(sorted(FUNCTIONS))}"
        )
        raise InputError(msg)

    def take(self, sign: str) -> None:
        if self.token != sign:
            self.fail(f"'{sign}' expected, got '{self.token[:60]}'")
        self.advance()

    def expression(self, binding: int, depth: int) -> Expression:
        if depth > MAXIMUM_DEPTH:
            self.fail(f"nested deeper than {MAXIMUM_DEPTH}")
        left = self.operand(depth)
        while self.kind == "sign" and _BINDING.get(self.token, 0) > binding:
            operator = self.token
            self.advance()
            # A power binds to the right, everything else to the left.
            lower = _BINDING[operator] - (operator == "^")
            left = Binary(operator, left, self.expression(lower, depth + 1))
        return left

    def operand(self, depth: int) -> Expression:
        kind, token, start = self.kind, self.token, self.start
        if kind == "end" or (kind == "sign" and token not in "-+("):
            self.fail(f"a number, a name or '(' expected, got '{token}'")
        self.advance()
        if kind == "number":
            return self.number(token, start)
        if kind == "name":
            return self.call(token, start, depth) if self.token == "(" else Name(token)
        if token == "(":
            inner = self.expression(0, depth + 1)
            self.take(")")
            return inner
        inner = self.expression(_UNARY - 1, depth + 1)
        return Negative(inner) if token == "-" else inner

    def number(self, token: str, start: int) -> Number:
        value = float(token)
        if not math.isfinite(value):
            self.start = start
            self.fail(f"'{token[:60]}' is too large")
        return Number(value)

    def call(self, function: str, start: int, depth: int) -> Call:
        if function not in FUNCTIONS:
            self.start = start
            msg = f"expression {_short(self.text)}, position {start + 1}: unknown function "
            raise InputError(msg + f"'{function[:60]}'; {suggest(function[:60], FUNCTIONS)}")
        self.take("(")
        arguments = [self.expression(0, depth + 1)]
        while self.token == ",":
            self.advance()
            arguments.append(self.expression(0, depth + 1))
        self.take(")")
        if len(arguments) != FUNCTIONS[function]:
            self.start = start
            self.fail(f"'{function}' takes {FUNCTIONS[function]} argument(s), not {len(arguments)}")
        return Call(function, tuple(arguments))
