"""What a new study is to say: an answer a question, with what stands where none is given."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, fields
from pathlib import Path

from cartflow.core.outcome import InputError, require_known
from cartflow.core.parameters import parameter

NOWHERE = "none"
TUMOUR = "tumour"
_IMAGES = (".nii", ".nii.gz", ".nrrd", ".nhdr")


@dataclass(kw_only=True)
class Answers:
    """Answers as text; a number may leave its unit out where only one is meant."""

    title: str = ""
    body: str = ""
    trafficking: str = ""
    dose: str = ""
    disease: str = ""
    size: str = ""
    host: str = ""
    feeding: str = ""
    kinetics: str = ""
    days: str = ""

    def wanted(self) -> list[str]:
        """Return the questions that an earlier answer leaves open, in their order."""
        solid, nowhere = self.disease == TUMOUR, self.disease == NOWHERE
        only = {"size": solid, "host": solid, "feeding": solid, "kinetics": not nowhere}
        return [f.name for f in fields(self) if only.get(f.name, True)]

    def default(self, name: str) -> str:
        """Return what stands where nothing is answered, as far as body and disease decide it."""
        small = self.body.startswith(("mouse", "rat"))
        return {
            "title": "CAR T cells",
            "body": "mouse_28g",
            "trafficking": "khot2019",
            "dose": "3e6 cells" if small else "1e8 cells",
            "disease": TUMOUR,
            "size": "2.5 mm" if small else "10 mm",
            "host": "flank",
            "feeding": "vessels",
            "kinetics": "predator_prey",
            "days": "28 days",
        }[name]

    def take(self, name: str, answer: str) -> None:
        """Take an answer as it will be written, or what stands by default where it is empty.

        Raises `InputError` naming the question, what was answered and what is allowed.
        """
        given = answer.strip() or self.default(name)
        try:
            setattr(self, name, _TAKEN[name](given))
        except InputError as error:
            msg = f"{name}: {error}"
            raise InputError(msg) from None


def is_image(size: str) -> bool:
    """Return whether a size is the name of an image in place of a radius."""
    return size.lower().endswith(_IMAGES)


def _named(names: Callable[[], list[str]]) -> Callable[[str], str]:
    def taken(answer: str) -> str:
        if not answer.endswith((".toml", ".xml", ".sbml")):
            require_known(answer, names(), "the name of what ships, or a file")
        return answer

    return taken


def _quantity(unit: str, like: str) -> Callable[[str], str]:
    def taken(answer: str) -> str:
        found = f"{answer} {unit}" if _is_number(answer) else answer
        if parameter(found, like).value <= 0:
            msg = f"'{answer}' must be greater than 0"
            raise InputError(msg)
        return found

    return taken


def _is_number(text: str) -> bool:
    try:
        float(text)
    except ValueError:
        return False
    return True


def _size(answer: str) -> str:
    return Path(answer).as_posix() if is_image(answer) else _quantity("mm", "mm")(answer)


def _one_of(*allowed: str) -> Callable[[str], str]:
    def taken(answer: str) -> str:
        require_known(answer, allowed, "answer")
        return answer

    return taken


def _bodies() -> list[str]:
    from cartflow.pbpk.files.load import body_names

    return body_names()


def _ways() -> list[str]:
    from cartflow.pbpk.files.load import trafficking_names

    return trafficking_names()


def _models() -> list[str]:
    from cartflow.kinetics.files.load import names

    return names()


def _disease(answer: str) -> str:
    from cartflow.pbpk.body import ORGANS

    require_known(answer, [TUMOUR, NOWHERE, *ORGANS], "a solid tumour, an organ or nothing")
    return answer


def _host(answer: str) -> str:
    from cartflow.pbpk.body import ORGANS
    from cartflow.pbpk.tumour import PLACES

    require_known(answer, [*PLACES, *ORGANS], "a place or an organ")
    return answer


_TAKEN: dict[str, Callable[[str], str]] = {
    "title": str,
    "body": _named(_bodies),
    "trafficking": _named(_ways),
    "dose": _quantity("cells", "cell"),
    "disease": _disease,
    "size": _size,
    "host": _host,
    "feeding": _one_of("vessels", "rim"),
    "kinetics": _named(_models),
    "days": _quantity("days", "day"),
}
