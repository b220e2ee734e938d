"""What is watched every round beside the scores (src/analysis/watch.ts, diagnostics/): of its samples, of its training, of
the answers of its evaluations. In the order of the lab's tables; a figure is absent where there is nothing to take it of."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Mapping, Sequence

from ..js import mean, utf16
from ..order import bucket_of
from ..types import Evaluation, Prediction, Ranked, Sample, Task, TaskRow, TrainStep, Verdict
from .scores import Figure, judged
from .text import has_key, normalise_label, words_of

Value = tuple[float, int]


def _mean_of(values: Iterable[float]) -> Value | None:
    listed = [float(value) for value in values]
    return (mean(listed), len(listed)) if listed else None


def _figures(found: Iterable[tuple[str, Value | None]]) -> list[Figure]:
    return [Figure(name, *value) for name, value in found if value is not None]


def count_labels(texts: Iterable[str]) -> list[tuple[str, int]]:
    """How often each text stands there, most frequent first, equals in code unit order."""
    counts: dict[str, int] = {}
    for text in texts:
        counts[text] = counts.get(text, 0) + 1
    return sorted(counts.items(), key=lambda pair: (-pair[1], utf16(pair[0])))


def entropy_of(counts: Sequence[int]) -> float:
    """Shannon entropy of a distribution given as counts, nats."""
    whole = sum(counts)
    entropy = 0.0
    for n in counts:
        if n > 0:
            entropy -= (n / whole) * math.log(n / whole)
    return entropy


def _counts(answers: Iterable[str]) -> list[int]:
    return [count for _, count in count_labels(normalise_label(answer) for answer in answers)]


def _distinct(texts: Iterable[str], n: int) -> Value | None:
    """Different n-grams of words over all n-grams, over all texts together (Li et al. 2016)."""
    grams: list[str] = []
    for text in texts:
        words = words_of(text.lower())
        grams += [" ".join(words[i : i + n]) for i in range(len(words) - n + 1)]
    return (len(set(grams)) / len(grams), len(grams)) if grams else None


def _median(values: Sequence[float]) -> float:
    ordered = sorted(values)
    middle = (len(ordered) - 1) / 2
    return (ordered[math.floor(middle)] + ordered[math.ceil(middle)]) / 2


# ---------------------------------------------------------------- samples

_DROPPED: tuple[Verdict, ...] = (
    "empty",
    "unfinished",
    "repeats",
    "copies",
    "outside-labels",
    "perplexity",
    "disputed",
    "near-duplicate",
    "too-short",
)


def _right(samples: Iterable[Sample]) -> Value | None:
    return _mean_of(sample.is_right for sample in samples if sample.is_right is not None)


def _of_counts(samples: Sequence[Sample], of: Callable[[list[int]], float]) -> Value | None:
    return (of(_counts(sample.answer for sample in samples)), len(samples)) if samples else None


def _majority(samples: Sequence[Sample]) -> Value | None:
    return _of_counts(samples, lambda counts: counts[0] / len(samples))


def _leakage(task: Task, samples: Iterable[Sample]) -> Value | None:
    """Of the samples that had demonstrations and whose key is known, the share whose answer is wrong and equals an answer
    among its own demonstrations."""
    pool = {row.id: row.output for row in task.splits.pool}

    def is_leak(sample: Sample) -> bool:
        said = normalise_label(sample.answer)
        is_there = any(normalise_label(pool.get(one, "")) == said for one in sample.demonstrations)
        return sample.is_right is False and said != "" and is_there

    return _mean_of(is_leak(one) for one in samples if one.demonstrations and one.is_right is not None)


def _ranked(ranking: Sequence[Ranked] | None, samples: Sequence[Sample]) -> tuple[Value | None, Value | None]:
    """Mean perplexity and mean length of the ranked prompts among the samples."""
    if ranking is None:
        return None, None
    bucket = bucket_of(ranking, list(dict.fromkeys(sample.id for sample in samples)))
    return (
        None if bucket.perplexity is None else (bucket.perplexity, bucket.count),
        None if bucket.tokens is None else (bucket.tokens, bucket.count),
    )


def watch_samples(
    task: Task, samples: Sequence[Sample], ranking: Sequence[Ranked] | None = None
) -> list[Figure]:
    """Of a round's self-labels, dropped ones included where the name does not say "kept"."""
    if not samples:
        return []
    kept = [sample for sample in samples if sample.verdict == "kept"]
    answers = [sample.answer for sample in samples]
    perplexities = [sample.perplexity for sample in samples if sample.perplexity is not None]
    lengths = [len(sample.ids) if sample.ids else len(words_of(sample.answer)) for sample in samples]
    ranked_perplexity, ranked_tokens = _ranked(ranking, samples)

    def dropped(verdict: Verdict) -> Value | None:
        count = sum(1 for sample in samples if sample.verdict == verdict)
        return (count / len(samples), len(samples)) if count else None

    return _figures(
        [
            ("self_label_accuracy", _right(samples)),
            ("kept_label_accuracy", _right(kept)),
            ("kept_share", _mean_of(sample.verdict == "kept" for sample in samples)),
            *((f"dropped_{verdict.replace('-', '_')}", dropped(verdict)) for verdict in _DROPPED),
            ("label_entropy", _of_counts(samples, entropy_of)),
            ("kept_label_entropy", _of_counts(kept, entropy_of)),
            ("majority_share", _majority(samples)),
            ("kept_majority_share", _majority(kept)),
            ("answer_tokens", _mean_of(lengths)),
            ("distinct_1", _distinct(answers, 1)),
            ("distinct_2", _distinct(answers, 2)),
            ("perplexity_mean", _mean_of(perplexities)),
            ("perplexity_median", (_median(perplexities), len(perplexities)) if perplexities else None),
            ("ranked_perplexity", ranked_perplexity),
            ("ranked_tokens", ranked_tokens),
            ("demonstration_leakage", _leakage(task, samples)),
        ]
    )


# ---------------------------------------------------------------- training and answers


def watch_training(curve: Sequence[TrainStep]) -> list[Figure]:
    """Of a round's training: its loss, nats per token; n is the step's tokens."""
    if not curve:
        return []
    first, last = curve[0], curve[-1]
    return [
        Figure("train_loss_first", first.loss, first.tokens),
        Figure("train_loss_last", last.loss, last.tokens),
    ]


def rows_of(task: Task, split: str) -> dict[str, TaskRow]:
    rows: tuple[TaskRow, ...] = getattr(task.splits, split)
    return {row.id: row for row in rows}


def _worst_recall(task: Task, rows: Mapping[str, TaskRow], evaluation: Evaluation) -> Value | None:
    """Share of right answers on the label that is recognised worst; n is how many items have it."""
    by_key: dict[str, list[bool]] = {}
    for row, prediction in judged(rows, evaluation.predictions):
        if has_key(row):
            by_key.setdefault(normalise_label(row.output), []).append(prediction.is_exact)
    found = [_mean_of(by_key.get(normalise_label(label), [])) for label in task.definition.labels]
    return min((recall for recall in found if recall is not None), key=lambda recall: recall[0], default=None)


def _taught(samples: Sequence[Sample], evaluation: Evaluation) -> list[tuple[str, Value | None]]:
    """Of a student that is asked again what it was trained on (src/analysis/diagnostics/taught.ts)."""
    labels = {sample.id: sample for sample in samples}
    pairs = [(one, labels[one.id]) for one in evaluation.predictions if one.id in labels]
    wrong = [(now, label) for now, label in pairs if label.is_right is False]

    def is_repeated(now: Prediction, label: Sample) -> bool:
        return normalise_label(now.answer) == normalise_label(label.answer)

    return [
        ("wrong_labels_mended", _mean_of(now.is_exact for now, _ in wrong)),
        ("wrong_labels_repeated", _mean_of(is_repeated(now, label) for now, label in wrong)),
        ("right_labels_lost", _mean_of(not now.is_exact for now, label in pairs if label.is_right)),
    ]


def watch_answers(
    task: Task, evaluation: Evaluation, before: Evaluation | None, samples: Sequence[Sample]
) -> list[Figure]:
    """Of an evaluation's answers; `before` is the same evaluation one round earlier, `samples` are the round's."""
    predictions = evaluation.predictions
    if not predictions:
        return []
    earlier = {one.id: one for one in before.predictions} if before is not None else {}

    def flips(is_so: Callable[[Prediction, Prediction], bool]) -> Value | None:
        return _mean_of(is_so(now, earlier[now.id]) for now in predictions if now.id in earlier)

    entropy = evaluation.token_entropy
    return _figures(
        [
            ("answer_entropy", (entropy_of(_counts(one.answer for one in predictions)), len(predictions))),
            ("token_entropy", None if entropy is None else (entropy, len(predictions))),
            ("worst_label_recall", _worst_recall(task, rows_of(task, evaluation.split), evaluation)),
            (
                "label_flips",
                flips(lambda now, then: normalise_label(now.answer) != normalise_label(then.answer)),
            ),
            ("flips_to_right", flips(lambda now, then: now.is_exact and not then.is_exact)),
            ("flips_to_wrong", flips(lambda now, then: not now.is_exact and then.is_exact)),
            *(_taught(samples, evaluation) if evaluation.split == "prompts" else ()),
        ]
    )
