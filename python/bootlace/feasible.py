"""Whether a task feeds an arm's agenda (src/method/feasible.ts): told before anything runs, and by the run once it has seen
the rows' lengths."""

from __future__ import annotations

from dataclasses import dataclass

from .agenda import agenda_of, shape_of
from .errors import LabError
from .knobs import knob_table
from .types import Plan


@dataclass(frozen=True, slots=True)
class Fitting:
    """What a run knows of its prompts beyond their number."""

    #: Prompts that fit into the model, of those that were looked at.
    fit: int
    positions: int
    #: Tokens kept free for an answer.
    answer: int


def _check_noise(plan: Plan) -> None:
    """LabError `invalid-request` where a task has no labels of which one could be taken for another."""
    arm, definition = plan.arm, plan.task.definition
    if arm.knobs.label_noise == 0 or arm.knobs.noise_kind == "symmetric" or len(definition.labels) > 1:
        return
    raise LabError(
        "invalid-request",
        f'Arm "{arm.name}" has label noise of kind {arm.knobs.noise_kind}, and task {definition.id} has no labels of '
        "which one could be taken for another.",
        remedy="Set noiseKind to symmetric.",
    )


def check_prompts(plan: Plan, fitting: Fitting | None = None) -> None:
    """LabError `invalid-request` where the task has too few prompts, with what is feasible, or no labels for its noise.

    Without `fitting` nothing is known of lengths yet, and all prompts count.
    """
    _check_noise(plan)
    task, arm = plan.task, plan.arm
    needed = agenda_of(arm, shape_of(task)).prompts
    count = len(task.splits.prompts)
    there = count if fitting is None else fitting.fit
    if there >= needed:
        return
    per_part = arm.knobs.prompts_per_round
    # Parts of different prompts: where they are reused there is one.
    parts = needed // per_part
    per_round, most = there // parts, there // per_part

    def rounds(number: int) -> str:
        return f"{number} round{'' if number == 1 else 's'}"

    feasible = []
    if per_round >= knob_table()["promptsPerRound"]["minimum"]:
        feasible.append(f"{rounds(parts)} of {per_round}")
    if most > 0:
        feasible.append(f"{rounds(most)} of {per_part}")
    fit = "" if fitting is None else f", of which {there} fit into the model"
    too_long = ""
    if fitting is not None and there < count:
        too_long = (
            f" A row may have {fitting.positions} tokens here, up to {fitting.answer} of them the answer's: "
            "a smaller maxNewTokens lets longer prompts fit."
        )
    remedy = f"Feasible: {', or '.join(feasible)}." if feasible else "Give the task more prompts."
    raise LabError(
        "invalid-request",
        f'Task {task.definition.id} has {count} prompts{fit}; arm "{arm.name}" needs {needed} '
        f"({rounds(parts)} of {per_part}).",
        remedy=f"{remedy}{too_long}",
    )
