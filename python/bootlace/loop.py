"""The bootstrapping loop (src/method/loop.ts): label, filter, train, evaluate, and let the improved model label the next
part. SOFT and SOFT+ (Step-On-Feet Tuning, arXiv 2402.07610), ISARA (arXiv 2401.06785) and their controls are this one loop;
the agenda says in what they differ. Only abstracts and digests of the papers could be read (docs/METHOD.md)."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from .decide import best_round, close_round, reason_to_end
from .draws import RunContext
from .evaluate import evaluate
from .label import label
from .learn import learn
from .ports import LoopEvent, Notice, Phase, TrainingPorts
from .rank import rank
from .room import rows_sentence
from .state import NEW_RUN, apply
from .types import EndedEvent, LastingEvent, RunState, TrainStep

Step = Callable[[RunContext, TrainingPorts, RunState, int], Iterator[LoopEvent]]


def bootstrap(run: RunContext, ports: TrainingPorts, state: RunState = NEW_RUN) -> Iterator[LoopEvent]:
    """Runs the plan from `state` on. Each step does only what the state lacks, so a run that was stopped after any lasting
    event goes on from its events to the same results.

    Raises LabError for a plan that the task cannot feed, and whatever the ports raise; the events told until then stay valid.
    """
    if state.end is not None:
        return
    if run.rows_left_out:
        yield Notice(0, rows_sentence(run.rows_left_out, run.model.max_positions))

    # Round 0 is the base: what every round is compared with.
    for number in (one.round for one in run.agenda.rounds):
        steps: list[Step] = [
            label,  # the teacher answers this round's prompts; filters drop, reserves refill
            learn,  # LoRA on the self-labels
            evaluate,  # zero-shot and few-shot: validation, test, probe
            close_round,
            *(
                [rank] if number == 0 else []
            ),  # SOFT+: easy to hard, by the base's perplexity of its own answers
        ]
        for step in steps:
            for event in step(run, ports, state, number):
                if not isinstance(event, Phase | Notice | TrainStep):
                    state = apply(state, event)
                yield event
        reason = None if state.end is not None else reason_to_end(run, state, number)
        if reason is not None:
            yield EndedEvent(reason, best_round(state.rounds))
            return


def next_event(run: RunContext, ports: TrainingPorts, state: RunState) -> LastingEvent | None:
    """The one lasting event that follows on `state`; None where the run has ended."""
    if state.end is not None:
        return None
    events = bootstrap(run, ports, state)
    return next((event for event in events if not isinstance(event, Phase | Notice | TrainStep)), None)
