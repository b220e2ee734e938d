"""Which self-labels are trained on, the same in every arm (src/method/filters.ts)."""

from __future__ import annotations

from collections.abc import Hashable, Sequence

from .js import trim
from .metrics.text import is_valid_label, normalise_label, normalise_squad, split_white
from .types import FinishReason, Knobs, TaskDefinition, Verdict

#: Tokens that a block repeated back to back must cover, and how often it must stand there.
_RUN_TOKENS, _RUN_TIMES, _LONGEST_BLOCK = 8, 3, 32
#: Answers of this length whose 4-grams are mostly old ones repeat, even where the loop is not exact.
_LOOP_TOKENS, _LEAST_DISTINCT_4 = 24, 0.5


def _has_run(tokens: Sequence[Hashable]) -> bool:
    for block in range(1, _LONGEST_BLOCK + 1):
        if block * _RUN_TIMES > len(tokens):
            return False
        # Tokens in a row that equal the one a block before them.
        equal = 0
        for i in range(block, len(tokens)):
            equal = equal + 1 if tokens[i] == tokens[i - block] else 0
            if equal + block >= max(_RUN_TIMES * block, _RUN_TOKENS):
                return True
    return False


def repeats_itself(tokens: Sequence[Hashable]) -> bool:
    """A block of 1 to 32 tokens stands at least three times in a row and covers at least 8 tokens; or, in at least 24
    tokens, fewer than half of the 4-grams are different ones."""
    if _has_run(tokens):
        return True
    if len(tokens) < _LOOP_TOKENS:
        return False
    grams = [tuple(tokens[i : i + 4]) for i in range(len(tokens) - 3)]
    return len(set(grams)) / len(grams) < _LEAST_DISTINCT_4


def _copy_form(text: str) -> str:
    """What a copy is compared by: SQuAD's normal form, or the bare text where nothing is left of it."""
    return normalise_squad(text) or normalise_label(text)


def _degeneracy(
    answer: str,
    ids: Sequence[int],
    finish_reason: FinishReason,
    demonstration_answers: Sequence[str],
    definition: TaskDefinition,
) -> Verdict:
    if trim(answer) == "":
        return "empty"
    if finish_reason == "length":
        return "unfinished"
    if repeats_itself(ids or split_white(answer)):
        return "repeats"
    # A right label often stands among the demonstrations; a free text hardly ever does.
    if definition.kind == "generation":
        said = _copy_form(answer)
        if any(_copy_form(text) == said for text in demonstration_answers):
            return "copies"
    return "kept"


def verdict_of(
    answer: str,
    ids: Sequence[int],
    finish_reason: FinishReason,
    perplexity: float | None,
    demonstration_answers: Sequence[str],
    definition: TaskDefinition,
    knobs: Knobs,
    agreement: float = 1,
) -> Verdict:
    """The first reason to drop the answer, or `kept`.

    answer: cut at the stop and trimmed. ids: its tokens with the stop; where there are none, its words are counted.
    demonstration_answers: of the demonstrations before this prompt. agreement: share of the votes that say this.
    """
    if knobs.degenerate_filter:
        verdict = _degeneracy(answer, ids, finish_reason, demonstration_answers, definition)
        if verdict != "kept":
            return verdict
    is_label_task = definition.kind == "classification"
    if knobs.label_set_filter and is_label_task and not is_valid_label(definition.labels, answer):
        return "outside-labels"
    if knobs.max_perplexity > 0 and perplexity is not None and perplexity > knobs.max_perplexity:
        return "perplexity"
    if agreement < knobs.min_agreement:
        return "disputed"
    return "kept"
