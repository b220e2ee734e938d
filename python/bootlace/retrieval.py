"""The k nearest of a set of texts by words (src/lab/retrieval.ts): MiniSearch 7.2's BM25+ (Lv and Zhai 2011), k1 = 1.2,
b = 0.7, delta = 0.5, with its tokens and its own two habits: a text's length counts its different tokens before lower-casing,
and a score is multiplied by how many different words of the query it matched."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Sequence

import regex

_APART = regex.compile(r"[\n\r\p{Z}\p{P}]+")
_K, _B, _D = 1.2, 0.7, 0.5


def _tokens(text: str) -> list[str]:
    found: list[str] = _APART.split(text)
    return found


def _terms(tokens: Sequence[str]) -> list[str]:
    return [term for token in tokens if (term := token.lower()) != ""]


class Bm25:
    def __init__(self, texts: Sequence[str]) -> None:
        self._count = len(texts)
        #: Per term, how often it stands in each text that has it.
        self._index: dict[str, dict[int, int]] = {}
        self._lengths: list[int] = []
        self._average = 0.0
        for at, text in enumerate(texts):
            tokens = _tokens(text)
            length = len(set(tokens))
            self._lengths.append(length)
            # Kept up text by text, with the rounding of that.
            self._average = (self._average * at + length) / (at + 1)
            for term, often in Counter(_terms(tokens)).items():
                self._index.setdefault(term, {})[at] = often

    def scores(self, query: str) -> list[float]:
        """Of every text; 0 where no word is shared."""
        found: dict[int, float] = {}
        matched: dict[int, set[str]] = {}
        for term in _terms(_tokens(query)):
            texts = self._index.get(term, {})
            rarity = math.log(1 + (self._count - len(texts) + 0.5) / (len(texts) + 0.5))
            for at, often in texts.items():
                length = 1 - _B + _B * self._lengths[at] / self._average
                score = rarity * (_D + often * (_K + 1) / (often + _K * length))
                found[at] = found[at] + score if at in found else score
                matched.setdefault(at, set()).add(term)
        return [found[at] * len(matched[at]) if at in found else 0.0 for at in range(self._count)]

    def nearest(self, query: str, k: int) -> list[int]:
        """Indices, nearest first, equals in the texts' order; every query gets k texts, as far as there are so many."""
        scores = self.scores(query)
        return sorted(range(self._count), key=lambda at: -scores[at])[:k]
