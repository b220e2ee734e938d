"""What prompts are made of, and the one place that makes them (src/method/prompt-text.ts, prompt-maker.ts,
training-template.ts). Every draw derives from (seed, purpose, round, item), so arms of a seed share theirs."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace

from .errors import LabError
from .js import trim_end
from .methods import method_of
from .random import derive_key, shuffled, uniform_at
from .retrieval import Bm25
from .types import (
    GenerationConfig,
    Knobs,
    Mode,
    Plan,
    RowsLeftOut,
    SplitName,
    Task,
    TaskDefinition,
    TaskRow,
    TextPorts,
)

Ids = tuple[int, ...]

#: Tokens beyond the pool's longest answer that an answer may have.
ANSWER_SLACK = 3
#: Ends a question that a model writes.
QUESTION_END = "\n"

# ---------------------------------------------------------------- words


def around_input(definition: TaskDefinition) -> tuple[str, str]:
    """The template's words before the input and behind it."""
    before, _, after = definition.template.partition("{input}")
    return before, after


def prompt_text(definition: TaskDefinition, given: str) -> str:
    """The text of a prompt without demonstrations."""
    return definition.template.replace("{input}", given, 1)


def completion_text(definition: TaskDefinition, answer: str) -> str:
    """What follows a prompt: a leading space, the answer, the stop string."""
    return f" {answer}{definition.stop}"


def cue_text(definition: TaskDefinition) -> str:
    """The cue after which a model writes an input of its own: the template's words before it."""
    return trim_end(around_input(definition)[0])


def question_text(question: str) -> str:
    """What follows the cue."""
    return f" {question}{QUESTION_END}"


def text_in_words(task: Task, given: str, demonstrations: Sequence[str], preamble: str) -> str:
    """A few-shot prompt whose demonstrations (ids of the pool's rows) are known, in words alone."""
    pool = {row.id: row for row in task.splits.pool}
    shown = [pool[one] for one in demonstrations if one in pool]
    parts = [preamble]
    for row in shown:
        parts += [prompt_text(task.definition, row.input), completion_text(task.definition, row.output)]
    return "".join([*parts, prompt_text(task.definition, given)])


# ---------------------------------------------------------------- pieces


@dataclass(frozen=True, slots=True)
class Piece:
    """A stretch of text with its tokens; it is tokenized by itself."""

    text: str
    ids: Ids


NOTHING = Piece("", ())


@dataclass(frozen=True, slots=True)
class Item:
    """A row as a prompt shows it."""

    row: TaskRow
    prompt: Piece
    #: Leading space, answer, stop; of the empty answer where no key is known.
    completion: Piece


@dataclass(frozen=True, slots=True)
class Prompt:
    #: What is sent: what the tokenizer puts before a text, then the pieces in their order.
    ids: Ids
    #: The same in words: preamble, demonstrations, prompt.
    pieces: tuple[Piece, ...]
    demonstrations: tuple[Item, ...]
    #: Demonstrations that did not fit into the model's positions.
    left_out: int


def whole_text(prompt: Prompt) -> str:
    """As it is shown: without what the tokenizer puts before a text."""
    return "".join(piece.text for piece in prompt.pieces)


@dataclass(frozen=True, slots=True)
class Template:
    """The training templates as one: a share of the examples keeps demonstrations before its prompt."""

    #: Chance of each example to keep demonstrations.
    share: float
    #: How many, at most.
    kept: int
    #: The last of those that the example was labelled with; else drawn afresh from the pool.
    are_own: bool


def training_template(knobs: Knobs) -> Template:
    if knobs.template == "zero-shot":
        return Template(0, 1, False)
    if knobs.template == "one-shot":
        return Template(1, 1, False)
    return Template(knobs.demonstration_share, knobs.demonstrations_kept, True)


def pieces_of(ports: TextPorts, texts: Sequence[str]) -> list[Piece]:
    return [Piece(text, ids) for text, ids in zip(texts, ports.encode(texts), strict=True)]


def encode_rows(plan: Plan, ports: TextPorts, rows: Sequence[TaskRow]) -> list[Item]:
    definition = plan.task.definition
    texts = [
        text
        for row in rows
        for text in (prompt_text(definition, row.input), completion_text(definition, row.output))
    ]
    pieces = pieces_of(ports, texts)
    return [Item(row, pieces[2 * i], pieces[2 * i + 1]) for i, row in enumerate(rows)]


def take(
    plan: Plan, ports: TextPorts, split: SplitName, wanted: int, room: int
) -> tuple[list[Item], list[RowsLeftOut]]:
    """The first `wanted` rows of the split, in the seed's order, that fit into `room` tokens (of the pool with their
    answers), and what was passed over; [] where all fitted."""
    order = shuffled(plan.task.splits.of(split), derive_key(plan.seed, "split", split))
    items: list[Item] = []
    left_out = of = 0
    at = 0
    while at < len(order) and len(items) < wanted:
        for item in encode_rows(plan, ports, order[at : at + wanted]):
            of += 1
            length = len(item.prompt.ids) + (len(item.completion.ids) if split == "pool" else 0)
            if length > room:
                left_out += 1
            elif len(items) < wanted:
                items.append(item)
        at += wanted
    return items, [RowsLeftOut(split, left_out, of)] if left_out else []


@dataclass(frozen=True, slots=True)
class DrawnParts:
    pool: tuple[Item, ...]
    #: Longest answer, in tokens.
    max_new_tokens: int
    prefix: Ids
    preamble: Piece | None
    #: Of the pool's rows.
    left_out: tuple[RowsLeftOut, ...]


def draw_parts(plan: Plan, ports: TextPorts) -> DrawnParts:
    """LabError `invalid-request` where no item of the pool fits."""
    knobs = plan.arm.knobs
    prefix = ports.prefix_ids()
    preamble = pieces_of(ports, [knobs.preamble])[0] if knobs.preamble else None
    positions = ports.model.max_positions
    pool, left_out = take(plan, ports, "pool", knobs.pool_size, positions - len(prefix))
    if not pool:
        raise LabError(
            "invalid-request",
            f"Task {plan.task.definition.id} has no labelled items that fit into the model's {positions} positions.",
            remedy="Give it a pool of labelled items, or choose a model with a longer context.",
        )
    longest = max(len(item.completion.ids) for item in pool)
    limit = knobs.max_new_tokens or longest + ANSWER_SLACK
    return DrawnParts(tuple(pool), limit, prefix, preamble, tuple(left_out))


# ---------------------------------------------------------------- the maker


class PromptMaker:
    def __init__(self, plan: Plan, ports: TextPorts, parts: DrawnParts) -> None:
        self.plan = plan
        #: Labelled items that demonstrations are drawn from.
        self.pool = parts.pool
        #: Longest answer, in tokens.
        self.max_new_tokens = parts.max_new_tokens
        self.prefix = parts.prefix
        self._ports = ports
        self._preamble = parts.preamble
        self._by_id = {item.row.id: item for item in parts.pool}
        self._retriever: Bm25 | None = None

    @property
    def k(self) -> int:
        return self.plan.arm.knobs.demonstrations or self.plan.task.definition.k

    @property
    def answering(self) -> GenerationConfig:
        """How a prompt is answered where nothing else is asked for: greedily."""
        stop = self.plan.task.definition.stop
        return GenerationConfig(self.max_new_tokens, self._ports.model.eos_token_ids, (stop,))

    def key(self, *parts: int | str) -> int:
        """A key for random draws of this run."""
        return derive_key(self.plan.seed, *parts)

    def items_of(self, rows: Sequence[TaskRow]) -> list[Item]:
        return encode_rows(self.plan, self._ports, rows)

    def answer_ids(self, answers: Iterable[str]) -> list[Ids]:
        """Tokens of answers as they follow a prompt."""
        definition = self.plan.task.definition
        return self._ports.encode([completion_text(definition, answer) for answer in answers])

    def hiding(self, item: Item, share: float, key: int) -> Item:
        """The item with a share of its input's tokens hidden, of the template's own words none."""
        before, after = around_input(self.plan.task.definition)
        head, given, tail = self._ports.encode([before, item.row.input, after])
        shown = tuple(token for i, token in enumerate(given) if uniform_at(key, i) >= share)
        return replace(item, prompt=Piece(item.prompt.text, head + (shown or given) + tail))

    def demonstrations(self, item: Item, purpose: str, round_number: int) -> list[Item]:
        """As the knob `drawing` says, keyed by purpose, round and item."""
        drawing = self.plan.arm.knobs.drawing
        if drawing == "random":
            return self._random(item.row, purpose, round_number)
        if drawing == "fixed":
            return shuffled(self.pool, self.key("fixed"))[: self.k]
        return self.nearest(item.row.input, self.k)

    def _random(self, row: TaskRow, purpose: str, round_number: int) -> list[Item]:
        return shuffled(self.pool, self.key("demonstrations", purpose, round_number, row.id))[: self.k]

    def nearest(self, query: str, k: int) -> list[Item]:
        """The k nearest of the pool, the nearest last: next to the prompt."""
        if self._retriever is None:
            self._retriever = Bm25([item.row.input for item in self.pool])
        return [self.pool[at] for at in self._retriever.nearest(query, k)][::-1]

    def _made(
        self, preamble: Piece | None, demonstrations: Sequence[Item], prompt: Piece, limit: int
    ) -> Prompt:
        """Demonstrations that do not fit are left out from the front."""
        before = () if preamble is None else (preamble,)
        taken = len(self.prefix) + limit + sum(len(piece.ids) for piece in (*before, prompt))
        room = self._ports.model.max_positions - taken
        start, used = len(demonstrations), 0
        while start > 0:
            item = demonstrations[start - 1]
            used += len(item.prompt.ids) + len(item.completion.ids)
            if used > room:
                break
            start -= 1
        shown = tuple(demonstrations[start:])
        pieces = (*before, *(piece for item in shown for piece in (item.prompt, item.completion)), prompt)
        ids = self.prefix + tuple(token for piece in pieces for token in piece.ids)
        return Prompt(ids, pieces, shown, start)

    def zero_shot(self, item: Item) -> Prompt:
        """The prompt alone."""
        return self._made(None, (), item.prompt, self.max_new_tokens)

    def few_shot(self, item: Item, demonstrations: Sequence[Item]) -> Prompt:
        """Preamble, demonstrations, prompt."""
        return self._made(self._preamble, demonstrations, item.prompt, self.max_new_tokens)

    def labelled(self, item: Item, purpose: str, part: int) -> Prompt:
        """As a teacher reads it; the draw is keyed by the part in which SOFT would label it."""
        return self.few_shot(item, self.demonstrations(item, purpose, part))

    def evaluated(self, item: Item, mode: Mode) -> Prompt:
        """The draw is the same in every round, and in every arm but those for which retrieval is what they are (ICL)."""
        if mode == "zero-shot":
            return self.zero_shot(item)
        is_own = method_of(self.plan.arm.method).few_shot == "own"
        draw = self.demonstrations(item, "evaluate", 0) if is_own else self._random(item.row, "evaluate", 0)
        return self.few_shot(item, draw)

    def taught(self, item: Item, own: Sequence[str], round_number: int) -> Prompt:
        """As the student reads it. `own`: ids of those it was labelled with; () where nobody was shown any."""
        template = training_template(self.plan.arm.knobs)
        if uniform_at(self.key("mixed", round_number, item.row.id), 0) >= template.share:
            return self.zero_shot(item)
        mine = [self._by_id[one] for one in own if one in self._by_id] if template.are_own else []
        if mine:
            return self.few_shot(item, mine[-template.kept :])
        return self.few_shot(item, self._random(item.row, "train", round_number)[: template.kept])

    def question(self, anchor: str, limit: int) -> Prompt:
        """ISARA's: a new question is written after those nearest to the anchor, the nearest last."""
        knobs = self.plan.arm.knobs
        near = self.nearest(anchor, knobs.isara_neighbours)
        texts = [cue_text(self.plan.task.definition), *(question_text(item.row.input) for item in near)]
        cue, *lines = pieces_of(self._ports, texts)
        if knobs.isara_shows == "questions":
            near = [Item(item.row, cue, line) for item, line in zip(near, lines, strict=True)]
        return self._made(None, near, cue, limit)
