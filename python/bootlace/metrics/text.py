"""Scores of one answer against one row's key (src/metrics/metrics.ts, item.ts). Exact match and token F1 are those of SQuAD
v1.1's evaluate script (Rajpurkar et al. 2016), ROUGE-L is google-research's rouge_score without stemming (Lin 2004)."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence

import regex

from ..js import WHITE_CLASS, number_text, trim
from ..types import Choice, TaskKind, TaskRow

# string.punctuation: ASCII alone, so that typographic quotes stay, as in SQuAD's script.
_PUNCTUATION = regex.compile(r"[!-/:-@\[-`{-~]")
_ARTICLES = regex.compile(r"(?<![\p{L}\p{N}_])(?:a|an|the)(?![\p{L}\p{N}_])")
_WHITE = regex.compile(f"{WHITE_CLASS}+")
_NOT_LATIN = regex.compile("[^a-z0-9]+")
_SPACELESS = r"[\p{Script=Han}\p{Script=Hiragana}\p{Script=Katakana}\p{Script=Thai}]"
_UNICODE = regex.compile(rf"{_SPACELESS}\p{{M}}*|(?:(?!{_SPACELESS})[\p{{L}}\p{{N}}\p{{M}}])+")


def split_white(text: str) -> list[str]:
    """As text.split(/\\s+/): empty texts at the ends where white space stands there."""
    parts: list[str] = _WHITE.split(text)
    return parts


def words_of(text: str) -> list[str]:
    return [word for word in split_white(text) if word]


def normalise_label(text: str) -> str:
    """A label as it is compared: without surrounding white space, in lower case."""
    return trim(text).lower()


def normalise_squad(text: str) -> str:
    """SQuAD's normalize_answer: lower case, no ASCII punctuation, no articles, single spaces."""
    return " ".join(words_of(_ARTICLES.sub(" ", _PUNCTUATION.sub("", text.lower()))))


def right_answers(row: TaskRow) -> list[str]:
    """The answers that count as right: the output and its further references."""
    references = row.references or ()
    if row.output == "":
        return list(references)
    return [row.output, *(text for text in references if text != row.output)]


def has_key(row: TaskRow) -> bool:
    return bool(right_answers(row))


def best_choice(choices: Sequence[Choice]) -> int:
    """Index of the choice that MC1 asks for: the one marked best, else the first correct one; -1 where none is."""
    marked = (i for i, choice in enumerate(choices) if choice.correct and choice.best is True)
    correct = (i for i, choice in enumerate(choices) if choice.correct)
    return next(marked, next(correct, -1))


_SEPARATORS = regex.compile(rf"(?:{WHITE_CLASS}|[,$£€])+")
_NUMBER = regex.compile(r"[-+]?(?:[0-9]+\.?[0-9]*|\.[0-9]+)")


def final_answer(text: str, mark: str) -> str | None:
    """What stands behind the last mark, as a number where it is one: "so 1,200 eggs. #### $1,200" and "#### 1200" are equal.
    None: no mark, or nothing behind it."""
    _, found, behind = text.rpartition(mark)
    plain = _SEPARATORS.sub("", behind).removesuffix(".").lower() if found else ""
    if plain == "":
        return None
    return number_text(float(plain)) if _NUMBER.fullmatch(plain) else plain


def is_exact(kind: TaskKind, answer: str, row: TaskRow, answer_after: str | None = None) -> bool:
    """The task's exact match; False where the row has no key."""
    if answer_after is not None:
        final = final_answer(answer, answer_after)
        return final is not None and any(
            final_answer(reference, answer_after) == final for reference in right_answers(row)
        )
    if kind == "generation":
        said = normalise_squad(answer)
        return any(normalise_squad(reference) == said for reference in right_answers(row))
    return row.output != "" and normalise_label(answer) == normalise_label(row.output)


def is_valid_label(labels: Iterable[str], answer: str) -> bool:
    said = normalise_label(answer)
    return any(normalise_label(label) == said for label in labels)


def _harmonic_mean(precision: float, recall: float) -> float:
    return 0.0 if precision + recall == 0 else (2 * precision * recall) / (precision + recall)


def _overlap_f1(said: list[str], right: list[str]) -> float:
    shared = (Counter(said) & Counter(right)).total()
    return 0.0 if shared == 0 else _harmonic_mean(shared / len(said), shared / len(right))


def _words(text: str) -> list[str]:
    return [word for word in text.split(" ") if word]


def token_f1(answer: str, references: Iterable[str]) -> float:
    """SQuAD's F1 over normalised words, the best over the references, 0 without any."""
    said = _words(normalise_squad(answer))
    scores = (_overlap_f1(said, _words(normalise_squad(reference))) for reference in references)
    return max(scores, default=0.0)


def _latin(text: str) -> list[str]:
    return _words(_NOT_LATIN.sub(" ", text.lower()))


def _unicode(text: str) -> list[str]:
    found: list[str] = _UNICODE.findall(text.lower())
    return found


def _rouge_tokens(a: str, b: str) -> tuple[list[str], list[str]]:
    """rouge_score's tokens of both texts; where a text that is not blank has none, Unicode words of both, and where that
    leaves one empty too, both cut at white space."""
    for tokens in (_latin, _unicode):
        pair = tokens(a), tokens(b)
        if (pair[0] or trim(a) == "") and (pair[1] or trim(b) == ""):
            return pair
    return _words(_WHITE.sub(" ", a.lower())), _words(_WHITE.sub(" ", b.lower()))


def _common_subsequence(a: list[str], b: list[str]) -> int:
    lengths = [0] * (len(b) + 1)
    for token in a:
        diagonal = 0
        for j, other in enumerate(b):
            above = lengths[j + 1]
            lengths[j + 1] = diagonal + 1 if token == other else max(above, lengths[j])
            diagonal = above
    return lengths[-1]


def rouge_l(answer: str, reference: str) -> float:
    """ROUGE-L's F-measure in [0, 1]."""
    said, right = _rouge_tokens(answer, reference)
    if not said or not right:
        return 0.0
    common = _common_subsequence(said, right)
    return _harmonic_mean(common / len(said), common / len(right))


def rouge_l_best(answer: str, references: Iterable[str]) -> float:
    return max((rouge_l(answer, reference) for reference in references), default=0.0)
