"""``cartflow new``: its options, its questions, and what it does."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path
from typing import Any

from cartflow.commands.ending import FINISHED
from cartflow.commands.new.answers import NOWHERE, TUMOUR, Answers
from cartflow.core.outcome import InputError
from cartflow.core.terminal import say, tell

_QUESTIONS = {
    "title": "What is the study called?",
    "body": "In which body (cartflow show body)?",
    "trafficking": "How do cells leave the blood (cartflow show trafficking)?",
    "dose": "How many cells are infused?",
    "disease": f"Where is the disease: {TUMOUR} (solid), an organ, or {NOWHERE}?",
    "size": "How large is the tumour's radius, or which image holds it?",
    "host": "Where is the tumour: flank, pleura, lymph_node or an organ?",
    "feeding": "Where do cells come in: vessels or rim?",
    "kinetics": "Which kinetics (cartflow show kinetics)?",
    "days": "For how long?",
}


def add_new(commands: Any) -> None:
    """Add the command to the parser's `commands`."""
    command = commands.add_parser("new", help="write a commented study file to start from")
    command.add_argument(
        "file", nargs="?", type=Path, metavar="FILE", help="the study (default: print it)"
    )
    command.add_argument(
        "--from", dest="example", metavar="EXAMPLE", help="take an example (cartflow examples)"
    )
    for name, question in _QUESTIONS.items():
        command.add_argument(f"--{name}", metavar="ANSWER", help=question)
    command.set_defaults(command=_new)


def _new(options: argparse.Namespace) -> int:
    from cartflow.core.saving.fresh import require_new, write_new

    if options.file is not None:
        require_new(options.file)
    text = _from_example(options) if options.example is not None else _from_answers(options)
    if options.file is None:
        tell([text.rstrip("\n")])
        return FINISHED
    write_new(options.file, text)
    tell([f"written       {options.file}"])
    return FINISHED


def _from_example(options: argparse.Namespace) -> str:
    from cartflow.commands.shipped import example_text

    given = [name for name in _QUESTIONS if getattr(options, name) is not None]
    if given:
        msg = f"--{given[0]}: has no effect beside --from; change the study that is written"
        raise InputError(msg)
    return example_text(options.example)


def _from_answers(options: argparse.Namespace) -> str:
    """Return the study that options and answers give, once it is known to be right."""
    from cartflow.commands.new.text import study_text
    from cartflow.study.study import Study

    answers = Answers()
    for name in _QUESTIONS:
        if name not in answers.wanted():
            _refuse(options, name, answers.disease)
            continue
        answer = getattr(options, name)
        if answer is None and _somebody_is_there():
            _ask(answers, name)
        else:
            answers.take(name, answer or "")
    folder = Path() if options.file is None else options.file.parent
    text = study_text(answers, folder)
    _ = Study.from_text(text, name=str(options.file or "new study"), folder=folder).prepared
    return text


def _refuse(options: argparse.Namespace, name: str, disease: str) -> None:
    if getattr(options, name) is not None:
        msg = f"--{name}: has no effect with --disease {disease}"
        raise InputError(msg)


def _somebody_is_there() -> bool:
    return sys.stdin is not None and sys.stdin.isatty() and sys.stderr.isatty()


def _ask(answers: Answers, name: str) -> None:
    """Ask until the answer can be taken; questions go to stderr, so that a pipe stays clean."""
    while True:
        say(f"{_QUESTIONS[name]} [{answers.default(name)}]")
        line = sys.stdin.readline()
        try:
            answers.take(name, line)
        except InputError as error:
            if not line:
                raise
            say(f"  {error}")
        else:
            return
