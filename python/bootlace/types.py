"""What the modules speak of, each thing once: the lab's src/words and src/method/state.ts as frozen dataclasses.

A field's name is the lab's, in snake_case; wire.py writes and reads them as the lab's JSON (camelCase). A field marked
`ABSENT` is left out of the JSON where it is None, any other None is null. Probabilities are natural logarithms (nats)."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal, Protocol

import numpy as np
import numpy.typing as npt

from .wire import text_within, whole_within

Floats = npt.NDArray[np.float32]

ABSENT: dict[str, Any] = {"absent": True}

# Bounds of what comes from outside, in UTF-16 units (src/words/run-limits.ts).
NAME = text_within(200, 1)
TEXT = text_within(100_000)
LABEL = text_within(1000)
MOST_DEMONSTRATIONS = 128

# ---------------------------------------------------------------- tasks (src/words/task.ts)

SplitName = Literal["pool", "prompts", "validation", "probe", "test"]
SPLITS: tuple[SplitName, ...] = ("pool", "prompts", "validation", "probe", "test")
#: prompts: those that the round was trained on, asked again.
EvaluatedSplit = Literal["validation", "probe", "test", "prompts"]
TaskKind = Literal["classification", "generation", "multiple-choice"]
Difficulty = Literal["easy", "medium", "hard"]
Mode = Literal["zero-shot", "few-shot"]
Phase = Literal["rank", "label", "train", "evaluate"]


@dataclass(frozen=True, slots=True)
class Choice:
    text: str = field(metadata=TEXT)
    correct: bool
    #: The one that MC1 asks for; None: the first correct one.
    best: bool | None = field(default=None, metadata=ABSENT)


@dataclass(frozen=True, slots=True)
class TaskRow:
    id: str = field(metadata=NAME)
    input: str = field(metadata=TEXT)
    #: The answer; for prompts it is the hidden key. '' where none is known (prompts only).
    output: str = field(metadata=TEXT)
    #: Further right answers of a generation task.
    references: tuple[str, ...] | None = field(default=None, metadata=ABSENT | TEXT)
    difficulty: Difficulty | None = field(default=None, metadata=ABSENT)
    choices: tuple[Choice, ...] | None = field(default=None, metadata=ABSENT)


#: A prompt that says nothing (arXiv 2102.09690).
CONTENT_FREE = TaskRow("content-free", "N/A", "")


@dataclass(frozen=True, slots=True)
class TaskDefinition:
    id: str = field(metadata=NAME)
    description: str = field(metadata=TEXT)
    kind: TaskKind
    role: Literal["development", "confirmation", "imported"]
    #: Empty unless the kind is classification.
    labels: tuple[str, ...] = field(metadata=LABEL)
    #: The prompt; `{input}` is replaced.
    template: str = field(metadata=TEXT)
    #: Ends an answer.
    stop: str = field(metadata=TEXT)
    #: Default number of demonstrations.
    k: int = field(metadata=whole_within(0, MOST_DEMONSTRATIONS))
    metric: str
    #: An answer is right by what stands after this mark, as #### in GSM8K; what is before it is its working.
    answer_after: str | None = field(default=None, metadata=ABSENT | NAME, kw_only=True)
    licence: str = field(metadata=TEXT)


@dataclass(frozen=True, slots=True)
class Splits:
    pool: tuple[TaskRow, ...]
    prompts: tuple[TaskRow, ...]
    validation: tuple[TaskRow, ...]
    probe: tuple[TaskRow, ...]
    test: tuple[TaskRow, ...]

    def of(self, split: SplitName) -> tuple[TaskRow, ...]:
        rows: tuple[TaskRow, ...] = getattr(self, split)
        return rows


@dataclass(frozen=True, slots=True)
class Task:
    definition: TaskDefinition
    splits: Splits


# ---------------------------------------------------------------- arms and plans (src/words/knobs.ts, plan.ts)


@dataclass(frozen=True, slots=True)
class Knobs:
    """A value for every knob of experiment.schema.json (docs/KNOBS.md), by its name in snake_case."""

    rounds: int
    prompts_per_round: int
    start: Literal["base", "previous"]
    prompts: Literal["fresh", "reused"]
    replay: float
    early_stopping: bool
    patience: int
    stop_metric: str
    demonstrations: int
    drawing: Literal["random", "fixed", "retrieved"]
    pool_size: int
    preamble: str
    chat: Literal["off", "turns", "one-turn"]
    system: str
    decoding: Literal["greedy", "sampled", "constrained", "calibrated", "aligned"]
    temperature: float
    top_p: float
    teacher_prompt: Literal["few-shot", "zero-shot"]
    votes: int
    max_new_tokens: int
    label_noise: float
    noise_kind: Literal["symmetric", "pair", "instance"]
    degenerate_filter: bool
    label_set_filter: bool
    max_perplexity: float
    min_agreement: float
    across_rounds: Literal["random", "easy-first", "hard-first"]
    within_round: Literal["random", "easy-first", "hard-first"]
    balanced: bool
    template: Literal["zero-shot", "one-shot", "mixed"]
    demonstration_share: float
    demonstrations_kept: int
    token_dropout: float
    r: int
    lora_alpha: float
    lora_dropout: float
    use_rslora: bool
    target_modules: str
    learning_rate: float | Literal["auto"]
    lr_scheduler_type: Literal["linear", "cosine", "constant"]
    warmup_ratio: float
    weight_decay: float
    epochs: int
    batch_size: int
    max_grad_norm: float
    test_items: int
    few_shot_items: int
    validation_items: int
    probe_items: int
    trained_items: int
    constrained: bool
    isara_neighbours: int
    isara_shows: Literal["pairs", "questions"]
    isara_novelty: float
    isara_attempts: int


@dataclass(frozen=True, slots=True)
class Arm:
    #: Unique in an experiment.
    name: str
    #: A key of methods.json.
    method: str
    knobs: Knobs


@dataclass(frozen=True, slots=True)
class Plan:
    """One arm of one task with one seed; the seed keys every draw."""

    task: Task
    arm: Arm
    seed: int


# ---------------------------------------------------------------- adapters (src/lora/config.ts)


@dataclass(frozen=True, slots=True)
class LoraConfig:
    r: int
    lora_alpha: float
    use_rslora: bool
    #: Probability in [0, 1) of dropping an element of the adapter's input while training.
    lora_dropout: float
    #: Names as PEFT matches them, or every linear layer but the head.
    target_modules: tuple[str, ...] | Literal["all-linear"]


@dataclass(frozen=True, slots=True)
class LoraPair:
    """One adapted projection: a (r, in_features), b (out_features, r); W' = W + scaling * b @ a."""

    a: Floats
    b: Floats


@dataclass(frozen=True, slots=True)
class Adapter:
    config: LoraConfig
    #: Module name, without `.weight`, to factors, in the model's forward order.
    pairs: Mapping[str, LoraPair]
    #: Of the base's weights, where the adapter's file says it.
    base_sha256: str | None = field(default=None, metadata=ABSENT)


@dataclass(frozen=True, slots=True)
class LinearShape:
    """A linear projection that an adapter can attach to."""

    module: str
    in_features: int
    out_features: int
    #: The language-model head: "all-linear" leaves it out.
    is_head: bool = False


# ---------------------------------------------------------------- what an engine is asked (src/words/engine.ts)

FinishReason = Literal["eos", "stop-string", "length"]


@dataclass(frozen=True, slots=True)
class GenerationConfig:
    max_new_tokens: int
    eos_token_ids: tuple[int, ...]
    #: The completion ends where its text contains one of these; the text is cut before it.
    stop_strings: tuple[str, ...]
    do_sample: bool = False
    temperature: float = 1.0
    #: Keep the smallest set of tokens whose probability reaches p; 1 keeps all.
    top_p: float = 1.0
    #: A sampled token is drawn with uniform_at(derive_key(seed, prompt key), token index): never from the batch.
    seed: int = 0


@dataclass(frozen=True, slots=True)
class PromptRow:
    #: Names the prompt and keys its random draws.
    key: str
    ids: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Completion:
    key: str
    #: New tokens only; an end-of-sequence token is included.
    ids: tuple[int, ...]
    #: Of each new token under the model's unprocessed distribution.
    logprobs: tuple[float, ...]
    #: Cut before the stop string, special tokens left out.
    text: str
    finish_reason: FinishReason


@dataclass(frozen=True, slots=True)
class LabelRequest:
    """Rows to be answered by the adapter; None is the base."""

    adapter: Adapter | None
    rows: tuple[PromptRow, ...]
    config: GenerationConfig


@dataclass(frozen=True, slots=True)
class ScoreRow:
    prompt_ids: tuple[int, ...]
    #: At least one token.
    completion_ids: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Score:
    #: log p(completion token | everything before it).
    logprobs: tuple[float, ...]
    #: Entropy of the distribution that predicted each of these tokens.
    entropies: tuple[float, ...]


@dataclass(frozen=True, slots=True)
class TrainExample:
    prompt_ids: tuple[int, ...]
    completion_ids: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class TrainConfig:
    learning_rate: float
    lr_scheduler_type: Literal["constant", "linear", "cosine"]
    #: Share of all steps over which the rate rises linearly from 0.
    warmup_ratio: float
    #: Decoupled: p <- p (1 - lr * weight_decay).
    weight_decay: float
    #: Global gradient norm to clip to; 0 switches clipping off.
    max_grad_norm: float
    batch_size: int
    #: Optimizer steps in all; examples cycle (data_order.py).
    max_steps: int
    #: False: every epoch in the order given, cut into batches as it stands (a curriculum).
    shuffle: bool
    #: Keys shuffling, bucketing and dropout.
    seed: int
    adam_beta1: float = 0.9
    adam_beta2: float = 0.999
    adam_epsilon: float = 1e-8


@dataclass(frozen=True, slots=True)
class TrainingRequest:
    #: The adapter to start from; None: a fresh one by `lora` and `init_seed` (lora_init.py).
    start: Adapter | None
    lora: LoraConfig
    init_seed: int
    examples: tuple[TrainExample, ...]
    config: TrainConfig


@dataclass(frozen=True, slots=True)
class TrainStep:
    #: 1-based number of the optimizer step just made.
    step: int
    max_steps: int
    #: Mean over all completion tokens of the step, before the update.
    loss: float
    #: Global gradient norm before clipping.
    grad_norm: float
    learning_rate: float
    #: Real (unpadded) tokens of the step, prompts and completions.
    tokens: int
    type: Literal["step"] = "step"


@dataclass(frozen=True, slots=True)
class ModelFacts:
    """What a run must know of the loaded model before it starts."""

    name: str
    #: Of the weights.
    sha256: str
    #: Longest row the model takes, prompt and answer together, in tokens.
    max_positions: int
    eos_token_ids: tuple[int, ...]
    #: What the knob `learningRate` comes to by itself (learning_rate.py).
    learning_rate: float


@dataclass(frozen=True, slots=True)
class ChatMessage:
    role: Literal["system", "user", "assistant"]
    content: str


@dataclass(frozen=True, slots=True)
class WrittenChat:
    """A conversation as the model's template writes it."""

    text: str
    #: With the tokens that it writes itself, e.g. <|im_start|>.
    ids: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class AnswerFrame:
    """What the template puts around an answer."""

    #: Before it: nothing after "assistant\n", a space where the template writes one.
    before: str
    #: Behind it, to the token that ends the turn, e.g. <|im_end|>; None where the template has no such token.
    after: str | None
    #: That token; () for none.
    end_ids: tuple[int, ...]


class TextPorts(Protocol):
    """What prompts need of a model: its tokenizer and its length."""

    @property
    def model(self) -> ModelFacts: ...

    def encode(self, texts: Sequence[str]) -> list[tuple[int, ...]]:
        """Token ids of each text, without special tokens."""
        ...

    def prefix_ids(self) -> tuple[int, ...]:
        """Token ids that the tokenizer puts before a text, e.g. `<s>`; () for most."""
        ...

    def write_chats(
        self, conversations: Sequence[Sequence[ChatMessage]], is_open: bool = False
    ) -> list[WrittenChat]:
        """As the model's template writes them. is_open: the last turn goes on, instead of the assistant's beginning."""
        ...

    def answer_frame(self) -> AnswerFrame: ...


class Ports(TextPorts, Protocol):
    """What the loop needs from outside. Requests are answered whole and deterministically."""

    def generate(self, request: LabelRequest) -> Iterable[Completion]:
        """In any order; every row once."""
        ...

    def score(self, adapter: Adapter | None, rows: Sequence[ScoreRow]) -> list[Score]:
        """In the order of the rows."""
        ...


# ---------------------------------------------------------------- what a run tells (src/words/events.ts)

Verdict = Literal[
    "kept",
    "empty",
    "unfinished",
    "repeats",
    "copies",
    "outside-labels",
    "perplexity",
    "disputed",
    "near-duplicate",
    "too-short",
]
EndReason = Literal["all-rounds", "validation-fell", "nothing-kept", "nothing-novel"]


@dataclass(frozen=True, slots=True)
class Shots:
    """Demonstrations of some prompts, of which some had no room."""

    prompts: int
    #: Over all prompts.
    drawn: int
    #: Of these, without room.
    left_out: int
    #: Prompts that were left without any.
    bare: int


@dataclass(frozen=True, slots=True)
class RowsLeftOut:
    """Rows of a split that are longer than the model takes."""

    split: SplitName
    left_out: int
    #: Rows that were looked at.
    of: int


@dataclass(frozen=True, slots=True)
class TooLong:
    positions: int
    rows: tuple[RowsLeftOut, ...]


@dataclass(frozen=True, slots=True)
class Sample:
    """A prompt with its self-label."""

    id: str
    input: str
    #: Ids of the pool's rows before the prompt, in order.
    demonstrations: tuple[str, ...]
    #: The self-label, cut at the stop and trimmed.
    answer: str
    #: Tokens of the answer with its stop; empty where no model answered (gold).
    ids: tuple[int, ...]
    logprobs: tuple[float, ...]
    #: exp of the mean negative log-probability of these tokens; None where no model answered.
    perplexity: float | None
    finish_reason: FinishReason
    verdict: Verdict
    #: The hidden key; '' where none is known.
    key: str
    #: None where no key is known.
    is_right: bool | None
    #: What the model really said, where label noise or a vote replaced it.
    said: str | None = field(default=None, metadata=ABSENT)
    #: Of a question that the model wrote: ids of the pool's rows after which it was written, in order.
    written_after: tuple[str, ...] | None = field(default=None, metadata=ABSENT)


@dataclass(frozen=True, slots=True)
class Prediction:
    """One item's answer in an evaluation."""

    id: str
    #: Greedy, cut at the stop and trimmed.
    answer: str
    is_finished: bool
    #: By the task's rule for exact match.
    is_exact: bool
    #: Summed log-probability of each label or choice with its stop, in the task's or the row's order.
    label_logprobs: tuple[float, ...] | None = field(default=None, metadata=ABSENT)


@dataclass(frozen=True, slots=True)
class Evaluation:
    split: EvaluatedSplit
    mode: Mode
    predictions: tuple[Prediction, ...]
    #: Mean entropy of the distribution of the answer's first token; None where no candidates were scored.
    token_entropy: float | None
    #: Log-probability of each label after a content-free prompt, for calibration.
    content_free: tuple[float, ...] | None = field(default=None, metadata=ABSENT)
    #: None where all demonstrations fitted.
    shots: Shots | None = field(default=None, metadata=ABSENT)


@dataclass(frozen=True, slots=True)
class Ranked:
    """The base's perplexity of its own few-shot answer to a prompt, by which SOFT+ ranks."""

    id: str
    answer: str
    perplexity: float
    tokens: int


@dataclass(frozen=True, slots=True)
class Cost:
    """Counts and times of a phase; times never enter results."""

    tokens: int
    milliseconds: float


@dataclass(frozen=True, slots=True)
class RankedEvent:
    ranking: tuple[Ranked, ...]
    cost: Cost
    shots: Shots | None = field(default=None, metadata=ABSENT)
    type: Literal["ranked"] = "ranked"


@dataclass(frozen=True, slots=True)
class LabelledEvent:
    """A whole chunk: the round's part or one of its parts, then refills."""

    round: int
    samples: tuple[Sample, ...]
    cost: Cost
    shots: Shots | None = field(default=None, metadata=ABSENT)
    type: Literal["labelled"] = "labelled"


@dataclass(frozen=True, slots=True)
class TrainedEvent:
    round: int
    adapter: Adapter
    curve: tuple[TrainStep, ...]
    #: Examples trained on: kept samples, replayed ones, the pool's.
    examples: int
    cost: Cost
    shots: Shots | None = field(default=None, metadata=ABSENT)
    type: Literal["trained"] = "trained"


@dataclass(frozen=True, slots=True)
class EvaluatedEvent:
    """Round 0 is the base."""

    round: int
    evaluation: Evaluation
    cost: Cost
    type: Literal["evaluated"] = "evaluated"


@dataclass(frozen=True, slots=True)
class RoundEndedEvent:
    round: int
    #: Mean of the stopping metric on validation; None where too few items can be judged by it.
    validation: float | None
    #: Falls in a row so far.
    falls: int
    #: Told with the base's round; None where all rows fitted.
    too_long: TooLong | None = field(default=None, metadata=ABSENT)
    type: Literal["round-ended"] = "round-ended"


@dataclass(frozen=True, slots=True)
class EndedEvent:
    reason: EndReason
    #: Best by validation; 0 the base.
    best_round: int
    type: Literal["ended"] = "ended"


LastingEvent = RankedEvent | LabelledEvent | TrainedEvent | EvaluatedEvent | RoundEndedEvent | EndedEvent


# ---------------------------------------------------------------- a run's state (src/method/state.ts; fold: state.py)


@dataclass(frozen=True, slots=True)
class RoundEnd:
    validation: float | None
    falls: int
    too_long: TooLong | None = None


@dataclass(frozen=True, slots=True)
class RoundState:
    #: 0 is the base.
    round: int
    #: In the order they were labelled, dropped ones too.
    samples: tuple[Sample, ...] = ()
    adapter: Adapter | None = None
    curve: tuple[TrainStep, ...] = ()
    examples: int = 0
    evaluations: tuple[Evaluation, ...] = ()
    end: RoundEnd | None = None
    #: Demonstrations that had no room, by purpose ('rank', 'label', 'train').
    shots: Mapping[str, Shots] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Ending:
    reason: EndReason
    best_round: int


@dataclass(frozen=True, slots=True)
class RunState:
    ranking: tuple[Ranked, ...] | None = None
    #: By round, from the base on.
    rounds: tuple[RoundState, ...] = ()
    end: Ending | None = None
