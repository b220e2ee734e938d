"""What the knob `learningRate` comes to by itself, by the model's size (src/words/learning-rate.ts; a fixture holds
the two to each other)."""

from __future__ import annotations

import math
from dataclasses import replace
from itertools import pairwise

from .experiment import Experiment

#: Parameters (a tied head counted once) and the rate measured for them, by rising size.
_MEASURED = ((1_053_824, 4e-3), (134_515_008, 1e-3), (268_098_176, 2e-4))


def learning_rate_for(parameters: int) -> float:
    """Measured, or on the line between the two nearest in size (log over log, two digits); beyond them theirs."""
    for (small, low), (large, high) in pairwise(_MEASURED):
        if small < parameters < large:
            share = math.log(parameters / small) / math.log(large / small)
            return float(f"{low * (high / low) ** share:.2g}")
    return next((rate for size, rate in _MEASURED if parameters <= size), _MEASURED[-1][1])


def with_rate(experiment: Experiment, parameters: int) -> Experiment:
    """The experiment with a number in the place of a learning rate "auto"."""
    rate = learning_rate_for(parameters)
    arms = tuple(
        replace(arm, knobs=replace(arm.knobs, learning_rate=rate))
        if arm.knobs.learning_rate == "auto"
        else arm
        for arm in experiment.arms
    )
    return replace(experiment, arms=arms)
