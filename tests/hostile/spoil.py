"""Spoilt texts and bytes, drawn from a seed: what an editor, a disk or an enemy does to a file."""

from __future__ import annotations

import gzip
import re
from collections.abc import Callable, Sequence
from random import Random

NUMBERS = ["0", "-1", "-0.0", "1e308", "1e-308", "1e999", "nan", "-inf", "inf", "1e5", "1e-9"]
NUMBERS += ["99999999", "1e15", "2", "0.5", "1" + "0" * 400, "0x10", "1_000", "true", "007", "7.0"]
UNITS = ["mm", "cm", "day", "1/day", "mm^2/day", "cells", "cells/mm^3", "ng/mL", "um^2/min", "%"]
UNITS += ["degC", "kg m^2/s^3", "mm^99", "1/0", "", "cell^0.5", "\N{MICRO SIGN}m", "mol", "h h h"]
WORDS = ["", "all", "core", "rim", "tumour", "cart", "slab", "ball", "mask", "flux", "../../x.toml"]
WORDS += ["/etc/passwd", "/dev/zero", "/proc/self/mem", "none", "khot2019", "predator_prey", "a.b"]
WORDS += ["x" * 300, "\\u0000", "\\u202e", "{}", "%n", "__import__('os').system('true')", "~", "."]
WORDS += ["study.toml", "model.toml", "body.toml", "k*cart/0", "exp(cart^cart^cart)", "log(-cart)"]
WORDS += ["\N{PILE OF POO}", "\x1b[2J", "nan", "1 mm", "1e3 cells", "time", "k", "-k*tumour"]
LINES = ["[", "[[", "]]", "a = [", "[a.b.c]", "x = {", '"""', "'", "\\", "# ", "=", "[[doses]]"]
LINES += ['references = ["singh2020"]', "[solver]", "minimum_step = '1 day'", "a.b.c.d = 1"]
_QUOTED = re.compile(r'"[^"\n]*"')
_NUMBER = re.compile(r"(?<![\w.])[-+]?\d+(?:\.\d+)?(?:[eE][-+]?\d+)?")


def spoilt_text(text: str, random: Random) -> str:
    """Return `text` with one to three changes of its lines, words, numbers or letters."""
    for _ in range(random.choice((1, 1, 1, 2, 3))):
        text = random.choice(_CHANGES)(text, random)
    return text


def _number(text: str, random: Random) -> str:
    return _replaced(_NUMBER, text, random, lambda _: random.choice(NUMBERS))


def _scaled(text: str, random: Random) -> str:
    factor = 10.0 ** random.choice((random.uniform(-3, 3), random.uniform(-12, 12)))

    def new(old: str) -> str:
        value = float(old) * factor
        return str(round(value)) if old.isdigit() and abs(value) < 1e15 else f"{value:.6g}"

    return _replaced(_NUMBER, text, random, new)


def _word(text: str, random: Random) -> str:
    return _replaced(_QUOTED, text, random, lambda _: f'"{random.choice(WORDS)}"')


def _quantity(text: str, random: Random) -> str:
    def new(_: str) -> str:
        return f'"{random.choice(NUMBERS)} {random.choice(UNITS)}"'

    return _replaced(_QUOTED, text, random, new)


def _replaced(
    pattern: re.Pattern[str], text: str, random: Random, new: Callable[[str], str]
) -> str:
    found = list(pattern.finditer(text))
    if not found:
        return text
    one = random.choice(found)
    return text[: one.start()] + new(one[0]) + text[one.end() :]


def _line_lost(text: str, random: Random) -> str:
    lines = text.split("\n")
    del lines[random.randrange(len(lines))]
    return "\n".join(lines)


def _line_moved(text: str, random: Random) -> str:
    lines = text.split("\n")
    line = lines.pop(random.randrange(len(lines)))
    lines.insert(random.randrange(len(lines) + 1), line)
    return "\n".join(lines)


def _line_new(text: str, random: Random) -> str:
    lines = text.split("\n")
    line = random.choice([*LINES, random.choice(lines)])
    lines.insert(random.randrange(len(lines) + 1), line)
    return "\n".join(lines)


def _key(text: str, random: Random) -> str:
    names = list(re.finditer(r"(?m)^[\w.\[\]\"]+", text))
    if len(names) < 2:
        return text
    one, other = random.choice(names), random.choice(names)
    return text[: one.start()] + other[0] + text[one.end() :]


def _letters(text: str, random: Random) -> str:
    place, length = random.randrange(len(text) + 1), random.randrange(8)
    new = "".join(random.choice("a0.[]{}\"'=,#\\\n\t -_éµ") for _ in range(random.randrange(8)))
    return text[:place] + new + text[place + length :]


def _repeated(text: str, random: Random) -> str:
    place = random.randrange(len(text) + 1)
    return text[:place] + text[place : place + 20] * random.choice((2, 50, 5000)) + text[place:]


def _nested(text: str, random: Random) -> str:
    depth = random.choice((3, 100, 20_000))
    sign = random.choice(["(", "[", "{a=", "-", "exp("])
    return _replaced(_NUMBER, text, random, lambda old: sign * depth + old)


_CHANGES = (_number, _number, *[_scaled] * 8, _word, _word, _quantity, _quantity, _line_lost)
_CHANGES += (_line_moved, _line_new, _key, _letters, _repeated, _nested)


def spoilt_bytes(data: bytes, random: Random) -> bytes:
    """Return `data` with bytes changed, lost, doubled or cut off."""
    spoilt = bytearray(data)
    for _ in range(random.choice((1, 1, 2, 8, 64))):
        place = random.randrange(len(spoilt) + 1)
        match random.randrange(6):
            case 0 if spoilt:
                spoilt[min(place, len(spoilt) - 1)] ^= 1 << random.randrange(8)
            case 1:
                spoilt[place : place + 1] = bytes([random.choice((0, 1, 127, 128, 255))])
            case 2:
                number = random.choice((0, 1, 255, 2**31 - 1, 2**32 - 1, 2**62, 2**64 - 1))
                spoilt[place : place + 8] = number.to_bytes(8, random.choice(("little", "big")))
            case 3:
                del spoilt[place : place + random.choice((1, 4, 100))]
            case 4:
                spoilt[place:place] = spoilt[: random.choice((1, 4, 100))]
            case 5 if random.random() < 0.3:
                del spoilt[place:]
    return bytes(spoilt)


def spoilt_fields(data: bytes, random: Random, fields: Sequence[tuple[int, int]]) -> bytes:
    """Return `data` with some of its `fields` (place, size) set to other numbers."""
    spoilt = bytearray(data)
    for place, size in random.sample(fields, random.choice((1, 1, 2, 3))):
        spoilt[place : place + size] = random.choice(
            [
                bytes(size),
                b"\xff" * size,
                random.randbytes(size),
                (1).to_bytes(size, "little"),
                b"\x7f" + bytes(size - 1),
                bytes(size - 1) + b"\x7f",
                (b"\x00\x00\x80\x7f" * size)[:size],
            ]
        )
    return bytes(spoilt)


def inside_gzip(data: bytes, random: Random, change: Callable[[bytes, Random], bytes]) -> bytes:
    """Return gzip data whose content is changed, or which is changed itself."""
    if random.random() < 0.3:
        return spoilt_bytes(data, random)
    return gzip.compress(change(gzip.decompress(data), random), mtime=0)
