"""Models and simulated subjects of populations that are fitted."""

import numpy as np

MODEL = """
title = "One compartment with first-order absorption"
references = []
species.depot = { role = "signal", unit = "1", long_name = "amount in the gut" }
species.central = { role = "signal", unit = "1", long_name = "amount in the body" }
parameters.absorption = { value = "1.5 1/h", source = "assumed", standing = "assumed" }
parameters.clearance = { value = "3 L/h", source = "assumed", standing = "assumed" }
parameters.volume = { value = "30 L", source = "assumed", standing = "assumed" }
[reactions.absorbed]
consumes = { depot = 1 }
produces = { central = 1 }
rate = "absorption*depot"
[reactions.eliminated]
consumes = { central = 1 }
rate = "clearance/volume*central"
"""
DECAY = """
title = "Decay"
references = []
species.tracer = { role = "signal", unit = "1", long_name = "tracer" }
parameters.loss = { value = "0.1 1/day", source = "assumed", standing = "assumed" }
parameters.gain = { value = 5, sign = "any", source = "assumed", standing = "assumed" }
[reactions.lost]
consumes = { tracer = 1 }
rate = "loss*tracer"
"""
VARY = ["absorption=[0.1, 20] 1/h", "clearance=[0.3, 30] L/h", "volume=[5, 200] L"]
ORAL = {"observables": {"DV": "central/volume"}, "errors": {"DV": "normal"}, "dose_into": "depot"}
NONMEM = ("ID", "TIME [h]", "DV [1/L]", "AMT [1]", "weight [kg]")


def oral(rows):
    """A table as NONMEM has it, of subject, time, concentration, dose and weight."""
    found = {name: [] for name in NONMEM}
    dosed = set()
    for subject, time, value, dose, weight in rows:
        if subject not in dosed:
            dosed.add(subject)
            for name, cell in zip(NONMEM, (subject, 0.0, ".", dose, weight), strict=True):
                found[name].append(cell)
        for name, cell in zip(NONMEM, (subject, time, value, ".", weight), strict=True):
            found[name].append(cell)
    return found


def simulated_oral(subjects, seed, times=(0.5, 1, 3, 8, 24), sd=0.5):
    """Subjects of one compartment in closed form, clearance and volume correlated by 0.6."""
    random = np.random.default_rng(seed)
    plain = random.standard_normal((subjects, 2))
    if subjects > 2:
        plain -= plain.mean(axis=0)
        plain = np.linalg.solve(np.linalg.cholesky(np.cov(plain.T)), plain.T).T
    effects = plain @ np.array([[0.3, 0.0], [0.12, 0.16]]).T
    for subject in range(subjects):
        weight = random.uniform(50, 100)
        clearance = 3 * (weight / 70) ** 0.75 * np.exp(effects[subject, 0])
        volume = 30 * np.exp(effects[subject, 1])
        rate = clearance / volume
        for time in times:
            value = 300 * 1.5 / volume / (1.5 - rate) * (np.exp(-rate * time) - np.exp(-1.5 * time))
            yield subject, time, value + sd * random.standard_normal(), 300.0, weight
