#!/bin/sh
# libSBML: the check of a valid model takes minutes where assignment rules follow one another.
#
# Tool:     python-libsbml 5.21.2
# Guess:    reading a model and checking its consistency both take a time in proportion to its
#           size, or nearly: 400 assignment rules are some 76 kB.
# Behaviour: reading does. `SBMLDocument.checkConsistency()` does not: for rules p1 = p0 + 1,
#           p2 = p1 + 1, ... its time grows with the cube of their number or faster. All of it is
#           the category LIBSBML_CAT_GENERAL_CONSISTENCY; without that one the check is quick.
# Seen:     rules    read      check     check without general consistency
#             100    0.003 s    0.08 s   0.01 s
#             300    0.006 s    3.4 s    0.04 s
#             400    0.03 s    13.6 s
# So a program that checks what it reads must leave that category out, or bound the rules first.
# This script fails if the check of 300 rules takes less than ten times that of 100.
set -eu
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet --only-binary :all: python-libsbml==5.21.2
cat > "$folder/check.py" <<'PYTHON'
import sys
import time

import libsbml

MATH = "http://www.w3.org/1998/Math/MathML"


def text(number):
    parameters, rules = "", ""
    for i in range(number):
        parameters += f'<parameter id="p{i}" constant="false"/>'
        before = f"<ci>p{i - 1}</ci>" if i else ""
        rules += f'<assignmentRule variable="p{i}"><math xmlns="{MATH}"><apply><plus/>{before}'
        rules += "<cn>1</cn></apply></math></assignmentRule>"
    return (
        '<?xml version="1.0" encoding="UTF-8"?>'
        '<sbml xmlns="http://www.sbml.org/sbml/level3/version2/core" level="3" version="2">'
        f'<model id="m"><listOfParameters>{parameters}</listOfParameters>'
        f"<listOfRules>{rules}</listOfRules></model></sbml>"
    )


def seconds(action):
    start = time.perf_counter()
    action()
    return time.perf_counter() - start


def measured(number):
    written = text(number)
    read = seconds(lambda: libsbml.readSBMLFromString(written))
    document = libsbml.readSBMLFromString(written)
    whole = seconds(document.checkConsistency)
    assert document.getNumErrors(libsbml.LIBSBML_SEV_ERROR) == 0, "the model is valid"
    document = libsbml.readSBMLFromString(written)
    document.setConsistencyChecks(libsbml.LIBSBML_CAT_GENERAL_CONSISTENCY, False)
    rest = seconds(document.checkConsistency)
    print(f"{number} rules: read {read:.3f} s, check {whole:.3f} s, without general {rest:.3f} s")
    return whole, rest


print("libsbml", libsbml.getLibSBMLDottedVersion())
(small, _), (large, rest) = measured(100), measured(300)
if large < 10 * small or rest > large / 10:
    sys.exit("changed: the check no longer grows so fast with the number of assignment rules")
print(f"three times the rules, {large / small:.0f} times the time")
PYTHON
"$folder/venv/bin/python" "$folder/check.py"
