"""Formulas broken on purpose: each must make the case that guards it fail.

``python -m cartflow.validation.numerics.mutations [NAME ...]`` runs the quick case of each with the
one formula replaced, prints which check noticed, and exits 1 if none did.
"""

from __future__ import annotations

import sys
from collections.abc import Sequence

from cartflow.core.outcome import require_known
from cartflow.validation.book.cases import chosen
from cartflow.validation.book.run import TO_ITS_END, run_cases
from cartflow.validation.numerics.breaking import Mutation, applied
from cartflow.validation.numerics.broken_formulas import MUTATIONS


def noticed(mutation: Mutation) -> list[str]:
    """Return the checks of the guarding case that fail with the formula broken.

    A case that stops with an error has measured nothing, so that does not count.
    """
    with applied(mutation):
        ran = run_cases(chosen([mutation.case], "quick"), "quick")
    failed = [check.name for item in ran for check in item.result.checks if not check.passed]
    return [name for name in failed if name != TO_ITS_END]


def main(names: Sequence[str]) -> int:
    """Run the mutations called `names`, or all; return 0 if every one is noticed."""
    for name in names:
        require_known(name, [m.name for m in MUTATIONS], "mutation")
    missed = 0
    for mutation in MUTATIONS:
        if names and mutation.name not in names:
            continue
        checks = noticed(mutation)
        missed += not checks
        found = f"{len(checks)} checks fail, first: {checks[0]}" if checks else "NOT NOTICED"
        print(f"{mutation.name:20} {mutation.case:20} {mutation.breaks}: {found}", flush=True)
    return 1 if missed else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
