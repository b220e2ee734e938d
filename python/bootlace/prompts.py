"""What prompts are made of, and the one place that makes them (src/method/prompt-text.ts, prompt-maker.ts,
training-template.ts). Every draw derives from (seed, purpose, round, item), so arms of a seed share theirs."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace

from .chat import Shot, check_chat, conversation
from .errors import LabError
from .js import trim_end
from .methods import method_of
from .random import derive_key, shuffled, uniform_at
from .retrieval import Bm25
from .types import (
    AnswerFrame,
    ChatMessage,
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


def shot_of(definition: TaskDefinition, row: TaskRow) -> Shot:
    return Shot(prompt_text(definition, row.input), row.output, completion_text(definition, row.output))


def in_words(
    task: Task, given: str, demonstrations: Sequence[str], knobs: Knobs
) -> str | tuple[ChatMessage, ...]:
    """A few-shot prompt whose demonstrations (ids of the pool's rows) are known, in words alone: a text, or the turns that the
    model's chat template writes."""
    pool = {row.id: row for row in task.splits.pool}
    shots = [shot_of(task.definition, pool[one]) for one in demonstrations if one in pool]
    asked = prompt_text(task.definition, given)
    if knobs.chat != "off":
        return conversation(knobs.chat, knobs.system, knobs.preamble, shots, asked)
    shown = "".join(shot.prompt + shot.completion for shot in shots)
    return knobs.preamble + shown + asked


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
    #: In a chat, all of the prompt that shows no demonstrations.
    prompt: Piece
    #: Leading space, answer, stop; in a chat, answer and end of turn. Of the empty answer where no key is known.
    completion: Piece


@dataclass(frozen=True, slots=True)
class Prompt:
    #: What is sent: what the tokenizer puts before a text, then the pieces in their order; in a chat, all that the template
    #: writes, tokenised as one.
    ids: Ids
    #: The same in words: preamble, demonstrations, prompt.
    pieces: tuple[Piece, ...]
    demonstrations: tuple[Item, ...]
    #: Demonstrations that did not fit into the model's positions.
    left_out: int
    #: The turns of a chat; None for plain text.
    messages: tuple[ChatMessage, ...] | None = None


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


@dataclass(frozen=True, slots=True)
class Reading:
    """What makes tokens of a plan's rows."""

    plan: Plan
    ports: TextPorts
    #: Around an answer in a chat; None for plain text.
    frame: AnswerFrame | None

    def taught_text(self, answer: str) -> str:
        """What is taught behind a prompt."""
        definition = self.plan.task.definition
        if self.frame is None:
            return completion_text(definition, answer)
        return (
            self.frame.before + answer + (definition.stop if self.frame.after is None else self.frame.after)
        )

    def asked_alone(self, row: TaskRow) -> tuple[ChatMessage, ...]:
        """The turns of a prompt that shows no demonstrations."""
        knobs, asked = self.plan.arm.knobs, prompt_text(self.plan.task.definition, row.input)
        return conversation(knobs.chat, knobs.system, "", (), asked)

    def items_of(self, rows: Sequence[TaskRow]) -> list[Item]:
        definition = self.plan.task.definition
        if self.frame is None:
            prompts = pieces_of(self.ports, [prompt_text(definition, row.input) for row in rows])
        else:
            written = self.ports.write_chats([self.asked_alone(row) for row in rows])
            prompts = [Piece(one.text, one.ids) for one in written]
        answers = pieces_of(self.ports, [self.taught_text(row.output) for row in rows])
        return [Item(*each) for each in zip(rows, prompts, answers, strict=True)]


def take(reading: Reading, split: SplitName, wanted: int, room: int) -> tuple[list[Item], list[RowsLeftOut]]:
    """The first `wanted` rows of the split, in the seed's order, that fit into `room` tokens (of the pool with their
    answers), and what was passed over; [] where all fitted."""
    plan = reading.plan
    order = shuffled(plan.task.splits.of(split), derive_key(plan.seed, "split", split))
    items: list[Item] = []
    left_out = of = 0
    at = 0
    while at < len(order) and len(items) < wanted:
        for item in reading.items_of(order[at : at + wanted]):
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
    #: Before a plain text; a chat's template writes its own.
    prefix: Ids
    preamble: Piece | None
    reading: Reading
    #: Of the pool's rows.
    left_out: tuple[RowsLeftOut, ...]


def draw_parts(plan: Plan, ports: TextPorts) -> DrawnParts:
    """LabError `invalid-request` where no item of the pool fits, or a chat is not possible."""
    knobs = plan.arm.knobs
    check_chat(plan.arm)
    frame = None if knobs.chat == "off" else ports.answer_frame()
    prefix = ports.prefix_ids() if frame is None else ()
    reading = Reading(plan, ports, frame)
    preamble = pieces_of(ports, [knobs.preamble])[0] if knobs.preamble else None
    positions = ports.model.max_positions
    pool, left_out = take(reading, "pool", knobs.pool_size, positions - len(prefix))
    if not pool:
        raise LabError(
            "invalid-request",
            f"Task {plan.task.definition.id} has no labelled items that fit into the model's {positions} positions.",
            remedy="Give it a pool of labelled items, or choose a model with a longer context.",
        )
    longest = max(len(item.completion.ids) for item in pool)
    limit = knobs.max_new_tokens or longest + ANSWER_SLACK
    return DrawnParts(tuple(pool), limit, prefix, preamble, reading, tuple(left_out))


def _any_begins_another(labels: Sequence[str]) -> bool:
    return any(other != label and other.startswith(label) for label in labels for other in labels)


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
        self._reading = parts.reading
        self._by_id = {item.row.id: item for item in parts.pool}
        self._retriever: Bm25 | None = None

    @property
    def k(self) -> int:
        return self.plan.arm.knobs.demonstrations or self.plan.task.definition.k

    @property
    def answering(self) -> GenerationConfig:
        """How a prompt is answered where nothing else is asked for: greedily. An answer ends at the task's stop, at the
        model's own end, and in a chat at the end of the turn."""
        stop, frame = self.plan.task.definition.stop, self._reading.frame
        ends = (*self._ports.model.eos_token_ids, *(() if frame is None else frame.end_ids))
        return GenerationConfig(self.max_new_tokens, tuple(dict.fromkeys(ends)), (stop,))

    def key(self, *parts: int | str) -> int:
        """A key for random draws of this run."""
        return derive_key(self.plan.seed, *parts)

    def items_of(self, rows: Sequence[TaskRow]) -> list[Item]:
        return self._reading.items_of(rows)

    def answer_ids(self, answers: Iterable[str]) -> list[Ids]:
        """Tokens of answers as they follow a prompt and are scored: with the stop, as they are taught. In a chat the bare
        answer, since how sure an untaught model is of ending its turn there differs from label to label; but with its end
        where that alone tells candidates apart, because one may begin another."""
        frame, labels = self._reading.frame, self.plan.task.definition.labels
        # Choices are texts of any kind.
        if frame is not None and labels and not _any_begins_another(labels):
            return self._ports.encode([frame.before + answer for answer in answers])
        return self._ports.encode([self._reading.taught_text(answer) for answer in answers])

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

    def _spoken(
        self,
        preamble: str,
        shots: Sequence[Shot],
        demonstrations: Sequence[Item],
        prompt: str,
        limit: int,
        chat: str,
        *,
        is_open: bool = False,
    ) -> Prompt:
        """The same of a chat, whose length is known when it is written."""
        room = self._ports.model.max_positions - limit
        start = 0
        while True:
            messages = conversation(chat, self.plan.arm.knobs.system, preamble, shots[start:], prompt)
            (written,) = self._ports.write_chats([messages], is_open)
            if len(written.ids) <= room or start == len(shots):
                break
            start += 1
        piece = Piece(written.text, written.ids)
        return Prompt(written.ids, (piece,), tuple(demonstrations[start:]), start, messages)

    def zero_shot(self, item: Item) -> Prompt:
        """The prompt alone."""
        if self._reading.frame is None:
            return self._made(None, (), item.prompt, self.max_new_tokens)
        return Prompt(item.prompt.ids, (item.prompt,), (), 0, self._reading.asked_alone(item.row))

    def few_shot(self, item: Item, demonstrations: Sequence[Item]) -> Prompt:
        """Preamble, demonstrations, prompt."""
        if self._reading.frame is None:
            return self._made(self._preamble, demonstrations, item.prompt, self.max_new_tokens)
        definition, knobs = self.plan.task.definition, self.plan.arm.knobs
        shots = [shot_of(definition, one.row) for one in demonstrations]
        asked = prompt_text(definition, item.row.input)
        return self._spoken(knobs.preamble, shots, demonstrations, asked, self.max_new_tokens, knobs.chat)

    def labelled(self, item: Item, purpose: str, part: int, mode: Mode = "few-shot") -> Prompt:
        """As a teacher reads it; the draw is keyed by the part in which SOFT would label it."""
        if mode == "zero-shot":
            return self.zero_shot(item)
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
        """ISARA's: a new question is written after those nearest to the anchor, the nearest last. In a chat it is the user who
        is gone on with, in a turn that the template has left open: questions alone are lines of that one turn."""
        knobs, definition = self.plan.arm.knobs, self.plan.task.definition
        near = self.nearest(anchor, knobs.isara_neighbours)
        if self._reading.frame is not None:
            asked, are_pairs = cue_text(definition), knobs.isara_shows == "pairs"
            shots = [
                shot_of(definition, item.row)
                if are_pairs
                else Shot(asked, item.row.input, question_text(item.row.input))
                for item in near
            ]
            chat = knobs.chat if are_pairs else "one-turn"
            return self._spoken("", shots, near, asked, limit, chat, is_open=True)
        texts = [cue_text(definition), *(question_text(item.row.input) for item in near)]
        cue, *lines = pieces_of(self._ports, texts)
        if knobs.isara_shows == "questions":
            near = [Item(item.row, cue, line) for item, line in zip(near, lines, strict=True)]
        return self._made(None, near, cue, limit)
