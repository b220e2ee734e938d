"""The evaluation of a round's adapter, round 0: of the base (src/method/evaluate.ts): greedy free answers, cut at the stop; the
labels' summed log-probabilities beside them; an arm that trains nobody is asked few-shot as teachers are. Test items never
decide anything: only validation does (decide.py)."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from .agenda import Evaluating, round_in
from .ask import Clock, generated, summed_logprob
from .draws import RunContext
from .js import mean, trim
from .learn import own_samples
from .metrics.text import is_exact
from .ports import LoopEvent, Phase
from .prompts import Item, Prompt
from .room import said_mode, shots_of
from .scored_label import scored_labels
from .state import round_of
from .types import CONTENT_FREE, Adapter, EvaluatedEvent, Evaluation, Ports, Prediction, RunState, ScoreRow


def _items_of(run: RunContext, state: RunState, number: int, wanted: Evaluating) -> Sequence[Item]:
    """Of the prompts that the round was trained on, the first; of other splits, the run's draw."""
    if wanted.split != "prompts":
        return run.items[wanted.split][: wanted.items]
    drawn = {item.row.id: item for part in (run.prompts, *run.reserves) for item in part}
    return [drawn[sample.id] for sample in own_samples(run, state, number)[: wanted.items]]


def evaluate(run: RunContext, ports: Ports, state: RunState, number: int) -> Iterator[LoopEvent]:
    """Evaluates what the round's state does not hold yet."""
    one = round_of(state, number)
    if number > 0 and one.adapter is None:
        return
    done = {(evaluation.split, evaluation.mode) for evaluation in one.evaluations}
    for wanted in round_in(run.agenda, number).evaluate:
        if (wanted.split, wanted.mode) in done:
            continue
        clock = Clock()
        items = _items_of(run, state, number, wanted)
        # Trained on other rows than the round's own labels, which the filters dropped to the last.
        if not items:
            continue
        prompts = [run.evaluated(item, wanted.mode) for item in items]
        said = said_mode(wanted.mode, shots_of(prompts))
        yield Phase(number, "evaluate", len(items), f"{wanted.split}, {said}")
        evaluation = _evaluation(run, ports, one.adapter, wanted, items, prompts)
        yield EvaluatedEvent(number, evaluation, clock.cost(len(items) * run.max_new_tokens))


def _evaluation(
    run: RunContext,
    ports: Ports,
    adapter: Adapter | None,
    wanted: Evaluating,
    items: Sequence[Item],
    prompts: Sequence[Prompt],
) -> Evaluation:
    definition = run.plan.task.definition
    if wanted.reads > 0:
        # As labelling chooses them; all at once, since a label's share may count.
        said = scored_labels(run, ports, adapter, prompts, mode=wanted.mode, are_all=True)
        likeliest = (
            Prediction(
                item.row.id,
                one.answer,
                True,
                is_exact(definition.kind, one.answer, item.row, definition.answer_after),
                None,
            )
            for item, one in zip(items, said, strict=True)
        )
        return Evaluation(wanted.split, wanted.mode, tuple(likeliest), None, None, shots_of(prompts))
    completions = generated(ports, adapter, prompts, [item.row.id for item in items], run.answering)
    logprobs: list[tuple[float, ...] | None] = [None] * len(items)
    entropy, free = None, None
    if wanted.is_constrained:
        found, entropy = _candidates(run, ports, adapter, prompts, items)
        logprobs = list(found)
        if wanted.mode == "zero-shot" and run.plan.task.definition.labels:
            # What the labels score without any content, for contextual calibration (arXiv 2102.09690).
            nothing = run.items_of([CONTENT_FREE])
            free = _candidates(run, ports, adapter, [run.zero_shot(item) for item in nothing], nothing)[0][0]
    predictions = []
    for item, completion, own in zip(items, completions, logprobs, strict=True):
        answer, is_finished = trim(completion.text), completion.finish_reason != "length"
        exact = is_finished and is_exact(definition.kind, answer, item.row, definition.answer_after)
        predictions.append(Prediction(item.row.id, answer, is_finished, exact, own))
    return Evaluation(wanted.split, wanted.mode, tuple(predictions), entropy, free, shots_of(prompts))


def _candidates(
    run: RunContext, ports: Ports, adapter: Adapter | None, prompts: Sequence[Prompt], items: Sequence[Item]
) -> tuple[list[tuple[float, ...]], float | None]:
    """Log-probability of each candidate after each prompt, and the mean entropy of the distribution of its first token."""
    labels = run.plan.task.definition.labels
    candidates = [
        labels if item.row.choices is None else tuple(choice.text for choice in item.row.choices)
        for item in items
    ]
    ids = iter(run.answer_ids([text for texts in candidates for text in texts]))
    rows = [
        ScoreRow(tuple(prompt.ids), next(ids))
        for prompt, texts in zip(prompts, candidates, strict=True)
        for _ in texts
    ]
    scores = ports.score(adapter, rows)
    entropies = [score.entropies[0] for score in scores if score.entropies]
    each = iter(scores)
    logprobs = [tuple(summed_logprob(next(each)) for _ in texts) for texts in candidates]
    return logprobs, mean(entropies) if entropies else None
