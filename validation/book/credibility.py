"""What a case is evidence for, in the words of ASME V&V 40, and what has no evidence yet."""

from __future__ import annotations

# ASME V&V 40-2018 asks these of a computational model used for a decision.
QUESTIONS = {
    "code verification": "Does the program solve the equations that it states?",
    "calculation verification": "How large are the errors of a given run in space and time?",
    "validation": "Do the equations, with their parameters, describe what was measured?",
}

NOT_VALIDATED = (
    "No run of body and tumour together was compared with cells counted in blood, organs and "
    "tumour of one and the same subject.",
    "The trafficking rates were fitted by their authors to mice; their transfer to man by "
    "capture probability is a hypothesis.",
    "Motility inside solid human tumours is taken from lymph nodes, organoids and gels; no "
    "measurement of CAR T cells deep in a patient's tumour is used.",
    "Chemotactic sensitivities are bounded by measured drift speeds, not measured themselves.",
    "Porosity and tortuosity of tumours stand in from normal brain where the study says so.",
    "Kinetics parameters are those of their publications; their spread between patients is "
    "not represented.",
    "No prediction was made before the measurement that it is compared with.",
)
