"""The model behind a run, through transformers: answers, log-probabilities and states of token rows, with or without an
adapter. What is asked is answered in batches of rows of like length, padded on the left; an answer depends on its own prompt
alone, but for the last bits of its numbers."""

from __future__ import annotations

import hashlib
import inspect
import json
import re
from collections.abc import Callable, Generator, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any, TypeVar

import numpy as np
import torch
import transformers
from torch import Tensor

from .chat import ChatTemplate
from .distributed import ALONE, Team
from .errors import LabError
from .inputs import places_of
from .learning_rate import learning_rate_for
from .lora import LoraModel
from .sampling import KeyedChoice
from .stopping import Answer, AnswersEnd
from .train import train
from .types import (
    Adapter,
    AnswerFrame,
    ChatMessage,
    Completion,
    Floats,
    GenerationConfig,
    LabelRequest,
    LinearShape,
    ModelFacts,
    PromptRow,
    Score,
    ScoreRow,
    TrainingRequest,
    TrainStep,
    WrittenChat,
)

T = TypeVar("T")

DTYPES = {
    "float32": torch.float32,
    "bfloat16": torch.bfloat16,
    "float16": torch.float16,
    #: For compare: float64 is a yardstick inside `in_float64` alone.
    "float64": torch.float64,
}
_MODEL_FILES = ["*.json", "*.safetensors", "*.model", "*.jinja", "*.txt"]
#: Tokens, padding and answers included, that one batch holds: on a processor no more than its caches like.
_BATCH_TOKENS = {"cpu": 4096}
_MOST_BATCH_TOKENS = 32768
_MOST_ROWS = 256
#: On a processor, models of fewer parameters are slower on two threads than on one.
_SMALL = 20_000_000


@dataclass(frozen=True, slots=True)
class Machine:
    """What a model is loaded on, and how much goes through it at a time."""

    #: cpu, cuda, cuda:1 or mps; None: the best there is.
    device: str | None = None
    dtype: str = "float32"
    #: Tokens in one batch of labelling or scoring; None: by the device.
    batch_tokens: int | None = None
    #: Rows of a training batch that go through the model together; None: all.
    train_rows: int | None = None
    #: Of the processor; None: torch's own choice, one for a small model.
    threads: int | None = None


def device_of(name: str | None) -> torch.device:
    """Raises LabError `invalid-request` for a device that is not there."""
    has = {"cpu": True, "cuda": torch.cuda.is_available(), "mps": torch.backends.mps.is_available()}
    kind = name or next(kind for kind in ("cuda", "mps", "cpu") if has[kind])
    if not has.get(kind.split(":")[0], False):
        there = ", ".join(kind for kind, is_there in has.items() if is_there)
        raise LabError("invalid-request", f"There is no device {name} here.", remedy=f"Take one of {there}.")
    return torch.device(kind)


@dataclass(frozen=True)
class Engine:
    """A loaded model: the loop's ports (types.Ports) and training."""

    model: ModelFacts
    lora: LoraModel
    parameters: int
    device: torch.device
    dtype: str
    tokenizer: Any
    team: Team = ALONE
    #: None: by the device.
    batch_tokens: int | None = None
    #: Rows of a training batch that go through the model together; None: all.
    train_rows: int | None = None
    #: Told after each batch: rows done of all that this process was asked for.
    watch: Callable[[int, int], None] = lambda done, of: None

    @property
    def linears(self) -> tuple[LinearShape, ...]:
        return self.lora.linears

    # ------------------------------------------------------------ text

    def encode(self, texts: Sequence[str]) -> list[tuple[int, ...]]:
        if not texts:
            return []
        rows = self.tokenizer(list(texts), add_special_tokens=False)["input_ids"]
        return [tuple(row) for row in rows]

    def prefix_ids(self) -> tuple[int, ...]:
        (plain,) = self.encode(["a"])
        whole = tuple(self.tokenizer("a")["input_ids"])
        # Some tokenizers also put a token behind the text, so the text's own ids are looked for.
        begins = (at for at in range(len(whole)) if whole[at : at + len(plain)] == plain)
        return whole[: next(begins, 0)]

    @cached_property
    def _chat(self) -> ChatTemplate:
        return ChatTemplate(self.tokenizer, self.model.name)

    def write_chats(
        self, conversations: Sequence[Sequence[ChatMessage]], is_open: bool = False
    ) -> list[WrittenChat]:
        texts = [self._chat.write(messages, is_open) for messages in conversations]
        return [WrittenChat(*each) for each in zip(texts, self.encode(texts), strict=True)]

    def answer_frame(self) -> AnswerFrame:
        return self._chat.frame()

    def decode(self, ids: Sequence[int]) -> str:
        text: str = self.tokenizer.decode(list(ids), skip_special_tokens=True) if ids else ""
        return text

    # ------------------------------------------------------------ answers

    def generate(self, request: LabelRequest) -> list[Completion]:
        """In the order of the rows. Raises LabError `invalid-request`, `context-overflow`, `out-of-memory`."""
        for row in request.rows:
            self._check(len(row.ids), len(row.ids) + request.config.max_new_tokens, f'Prompt "{row.key}"')

        def own(rows: Sequence[PromptRow]) -> list[Completion]:
            def length(row: PromptRow) -> int:
                return len(row.ids) + request.config.max_new_tokens

            return self._in_batches(rows, length, lambda batch: self._answers(model, batch, request.config))

        with self._asking("Labelling"), self.lora.answering(request.adapter) as model:
            return self.team.spread(request.rows, own)

    def _answers(self, model: Any, rows: Sequence[PromptRow], config: GenerationConfig) -> list[Completion]:
        ids, mask = self._left_padded([row.ids for row in rows])
        answers = [Answer(row.ids, config, self.decode) for row in rows]
        choice = KeyedChoice([row.key for row in rows], config)
        model.generate(
            input_ids=ids,
            attention_mask=mask,
            max_new_tokens=config.max_new_tokens,
            do_sample=False,
            pad_token_id=0,
            logits_processor=transformers.LogitsProcessorList([choice]),
            stopping_criteria=transformers.StoppingCriteriaList([AnswersEnd(answers)]),
        )
        logprobs = torch.stack(choice.logprobs, dim=-1).tolist()
        return [
            Completion(
                row.key,
                tuple(answer.ids),
                tuple(own[: len(answer.ids)]),
                answer.text,
                answer.finish_reason or "length",
            )
            for row, answer, own in zip(rows, answers, logprobs, strict=True)
        ]

    # ------------------------------------------------------------ scores

    def score(self, adapter: Adapter | None, rows: Sequence[ScoreRow]) -> list[Score]:
        """log p of each completion token after everything before it, with the entropy of its distribution. Completions of
        one prompt share it: it goes in once, and what it left in the cache is read by each of them."""
        for i, row in enumerate(rows):
            self._check(len(row.prompt_ids), len(row.prompt_ids) + len(row.completion_ids), f"Row {i}")
        candidates: dict[tuple[int, ...], list[int]] = {}
        for i, row in enumerate(rows):
            candidates.setdefault(row.prompt_ids, []).append(i)
        groups = [_Group(prompt, [rows[i].completion_ids for i in own]) for prompt, own in candidates.items()]

        def own(mine: Sequence[_Group]) -> list[list[Score]]:
            return self._in_batches(mine, _Group.tokens, lambda batch: self._scores(model, batch))

        with self._asking("Scoring"), self.lora.answering(adapter) as model:
            found = self.team.spread(groups, own)
        out: list[Score | None] = [None] * len(rows)
        for places, scores in zip(candidates.values(), found, strict=True):
            for place, score in zip(places, scores, strict=True):
                out[place] = score
        return [score for score in out if score is not None]

    def _scores(self, model: Any, groups: Sequence[_Group]) -> list[list[Score]]:
        ids, mask = self._left_padded([group.prompt for group in groups])
        positions = (mask.cumsum(-1) - 1).clamp(min=0)
        # Later versions of transformers call it by another name.
        names = inspect.signature(self.lora.base.forward).parameters
        cache = transformers.DynamicCache(config=self.lora.base.config)
        kept = {"cache" if "cache" in names else "past_key_values": cache, "use_cache": True}
        out = model(input_ids=ids, attention_mask=mask, position_ids=positions, logits_to_keep=1, **kept)
        owner = torch.tensor(
            [g for g, group in enumerate(groups) for _ in group.completions], device=ids.device
        )
        completions = [completion for group in groups for completion in group.completions]
        logits = out.logits[:, -1:][owner]
        most = max(len(completion) for completion in completions)
        if most > 1:
            # All but the last token go in; padding stands right, where nothing asked can see it.
            rest = torch.zeros(len(completions), most - 1, dtype=torch.long)
            seen = torch.zeros_like(rest)
            for row, completion in enumerate(completions):
                rest[row, : len(completion) - 1] = torch.tensor(completion[:-1])
                seen[row, : len(completion) - 1] = 1
            rest, seen = rest.to(ids.device), seen.to(ids.device)
            cache.batch_select_indices(owner)
            steps = torch.arange(most - 1, device=ids.device)
            later = model(
                input_ids=rest,
                attention_mask=torch.cat([mask[owner], seen], dim=-1),
                position_ids=mask[owner].sum(-1, keepdim=True) + steps,
                **kept,
            ).logits
            logits = torch.cat([logits, later], dim=1)
        return self._read(logits.float(), completions, [len(group.completions) for group in groups])

    @staticmethod
    def _read(
        logits: Tensor, completions: Sequence[tuple[int, ...]], counts: Sequence[int]
    ) -> list[list[Score]]:
        """logits: (completions, most tokens, V)."""
        logprobs = logits.log_softmax(-1)
        entropies = -(logprobs.exp() * logprobs).nan_to_num(0.0).sum(-1)
        targets = torch.zeros(logits.shape[:2], dtype=torch.long)
        for row, completion in enumerate(completions):
            targets[row, : len(completion)] = torch.tensor(completion)
        chosen = logprobs.gather(-1, targets.to(logits.device).unsqueeze(-1)).squeeze(-1)
        scores = iter(
            Score(tuple(logprob[: len(completion)]), tuple(entropy[: len(completion)]))
            for completion, logprob, entropy in zip(
                completions, chosen.tolist(), entropies.tolist(), strict=True
            )
        )
        return [[next(scores) for _ in range(count)] for count in counts]

    # ------------------------------------------------------------ states

    def embed(self, rows: Sequence[tuple[int, ...]]) -> list[Floats]:
        """The mean of the base's last hidden states over each row, after the final norm: (hidden size,) each."""

        def own(mine: Sequence[tuple[int, ...]]) -> list[Floats]:
            return self._in_batches(mine, len, states)

        def states(batch: Sequence[tuple[int, ...]]) -> list[Floats]:
            ids, mask = self._left_padded(batch)
            positions = (mask.cumsum(-1) - 1).clamp(min=0)
            hidden = self.lora.base.base_model(
                input_ids=ids, attention_mask=mask, position_ids=positions, use_cache=False
            ).last_hidden_state.float()
            means = (hidden * mask.unsqueeze(-1)).sum(1) / mask.sum(-1, keepdim=True)
            return list(means.cpu().numpy().astype(np.float32))

        with self._asking("Embedding"), self.lora.answering(None):
            return self.team.spread(rows, own)

    # ------------------------------------------------------------ training

    def train(self, request: TrainingRequest) -> Generator[TrainStep, None, Adapter]:
        with _memory_faults("Training", "--train-rows (the results stay the same)"):
            return (yield from train(self.lora, self.model, request, self.team, self.train_rows))

    # ------------------------------------------------------------ batches

    def _left_padded(self, rows: Sequence[Sequence[int]]) -> tuple[Tensor, Tensor]:
        """ids and mask, (B, T) each."""
        longest = max(len(row) for row in rows)
        ids = torch.zeros(len(rows), longest, dtype=torch.long)
        mask = torch.zeros_like(ids)
        for i, row in enumerate(rows):
            ids[i, longest - len(row) :] = torch.tensor(row)
            mask[i, longest - len(row) :] = 1
        return ids.to(self.device), mask.to(self.device)

    def _in_batches(
        self, rows: Sequence[T], tokens: Callable[[T], int], work: Callable[[Sequence[T]], list[Any]]
    ) -> list[Any]:
        """`work` on rows of like length together, the longest first: memory runs short at once or not at all."""
        most = self.batch_tokens or _BATCH_TOKENS.get(self.device.type, _MOST_BATCH_TOKENS)
        order = sorted(range(len(rows)), key=lambda i: -tokens(rows[i]))
        out: list[Any] = [None] * len(rows)
        at = 0
        while at < len(order):
            together = max(1, min(_MOST_ROWS, most // max(1, tokens(rows[order[at]]))))
            batch = order[at : at + together]
            for i, found in zip(batch, work([rows[i] for i in batch]), strict=True):
                out[i] = found
            at += together
            self.watch(min(at, len(order)), len(order))
        return out

    def _check(self, prompt: int, whole: int, what: str) -> None:
        if prompt == 0:
            raise LabError("invalid-request", f"{what} has no tokens.")
        if whole > self.model.max_positions:
            raise LabError("context-overflow", f"{what} takes {whole} of {self.model.max_positions} tokens.")

    @contextmanager
    def _asking(self, what: str) -> Iterator[None]:
        remedy = "--batch-tokens, or the knobs demonstrations and maxNewTokens"
        with _memory_faults(what, remedy), torch.no_grad():
            yield


@dataclass(frozen=True, slots=True)
class _Group:
    """A prompt with all that is scored after it."""

    prompt: tuple[int, ...]
    completions: list[tuple[int, ...]]

    def tokens(self) -> int:
        longest = max(len(completion) for completion in self.completions)
        return len(self.completions) * (len(self.prompt) + longest)


@contextmanager
def _memory_faults(what: str, lower: str) -> Iterator[None]:
    """Memory that is short becomes a LabError that says what to lower."""
    try:
        yield
    except (torch.OutOfMemoryError, MemoryError) as cause:
        shortage: BaseException = cause
    except RuntimeError as cause:
        # A processor's allocator raises nothing of its own.
        if "allocate memory" not in str(cause) and "out of memory" not in str(cause).lower():
            raise
        shortage = cause
    else:
        return
    raise LabError(
        "out-of-memory",
        f"{what} does not fit into memory: {str(shortage).splitlines()[0] if str(shortage) else 'none is left'}",
        remedy=f"Lower {lower}; or load the model with --dtype bfloat16.",
    ) from shortage


def find_model(name: str, file: Path) -> str:
    """A bundled model's folder, or one seen from the experiment's file or the working folder; else the name, the Hub's."""
    held = re.search(r"@(float16|q8|q4)$", name)
    if held is not None:
        raise LabError(
            "invalid-request",
            f"The model {name} is held in {held[1]}, which the lab alone does.",
            remedy=f"Run it in the lab, or name {name[: held.start()]} here: another base.",
        )
    places = places_of(name, "models", file, Path.cwd())
    return next((str(place) for place in places if (place / "config.json").exists()), name)


def load_engine(
    source: str,
    machine: Machine = Machine(),
    *,
    device: torch.device | None = None,
    team: Team = ALONE,
    watch: Callable[[int, int], None] | None = None,
) -> Engine:
    """A model's folder, or its name on the Hub. device: in place of the machine's, where processes were given one each.

    Raises LabError `source-unreadable`, `unsupported-architecture`, `model-integrity`, `out-of-memory`.
    """
    folder = Path(source) if Path(source).is_dir() else _fetched(source)
    transformers.utils.logging.disable_progress_bar()  # type: ignore[no-untyped-call]
    place = device or device_of(machine.device)
    config = _read_json(folder / "config.json")
    try:
        with _memory_faults("The model", "nothing: choose a smaller model"):
            base: Any = transformers.AutoModelForCausalLM.from_pretrained(folder, dtype=DTYPES[machine.dtype])
            base.to(place).eval()
        tokenizer = transformers.AutoTokenizer.from_pretrained(folder)
        # Older processors left it in a file that a tokenizer alone does not read.
        if not tokenizer.chat_template and (folder / "chat_template.json").exists():
            tokenizer.chat_template = _read_json(folder / "chat_template.json").get("chat_template")
    except (ValueError, KeyError, ImportError) as cause:
        raise LabError("unsupported-architecture", f"transformers cannot load {source}: {cause}") from cause
    except OSError as cause:
        raise LabError("model-integrity", f"{source} cannot be loaded: {cause}") from cause
    for parameter in base.parameters():
        parameter.requires_grad_(False)
    # What authors recommend for chats is not what a label is.
    base.generation_config = transformers.GenerationConfig()  # type: ignore[no-untyped-call]
    own = base.config.get_text_config()
    positions = getattr(own, "max_position_embeddings", None) or config.get("n_positions") or 2048
    sha256 = weights_sha256(folder)
    parameters = sum(parameter.numel() for parameter in base.parameters())
    if machine.threads is not None:
        torch.set_num_threads(machine.threads)
    elif place.type == "cpu" and parameters < _SMALL:
        torch.set_num_threads(1)
    return Engine(
        model=ModelFacts(
            folder.name if folder == Path(source) else source,
            sha256,
            int(positions),
            _eos_of(folder, config),
            learning_rate_for(parameters),
        ),
        lora=LoraModel(base, sha256),
        parameters=parameters,
        device=place,
        dtype=machine.dtype,
        tokenizer=tokenizer,
        team=team,
        batch_tokens=machine.batch_tokens,
        train_rows=machine.train_rows,
        watch=watch or (lambda done, of: None),
    )


def _fetched(name: str) -> Path:
    from huggingface_hub import snapshot_download
    from huggingface_hub.errors import HfHubHTTPError, HFValidationError, LocalEntryNotFoundError

    try:
        return Path(snapshot_download(name, allow_patterns=_MODEL_FILES))
    except (HfHubHTTPError, HFValidationError, LocalEntryNotFoundError, OSError) as cause:
        raise LabError(
            "source-unreadable",
            f"There is no model {name}: no such folder, and the Hub does not give it ({cause}).",
            remedy="Name a folder with config.json and model.safetensors, or a model of the Hub.",
        ) from cause


def _read_json(path: Path) -> dict[str, Any]:
    try:
        value: dict[str, Any] = json.loads(path.read_text("utf-8"))
    except OSError as cause:
        raise LabError("source-unreadable", f"{path} cannot be read: {cause}.") from cause
    except ValueError as cause:
        raise LabError("model-integrity", f"{path} is no JSON: {cause}.") from cause
    return value


def _eos_of(folder: Path, config: dict[str, Any]) -> tuple[int, ...]:
    """As the lab reads them: generation_config.json first, else config.json."""
    path = folder / "generation_config.json"
    own = _read_json(path).get("eos_token_id") if path.exists() else None
    value = config.get("eos_token_id") if own is None else own
    if value is None:
        return ()
    return tuple(value) if isinstance(value, list) else (value,)


def weights_sha256(folder: Path) -> str:
    """Hex sha256 of the weights file; of several shards, of their hex digests joined in the order of their names."""
    files = [folder / "model.safetensors"]
    if not files[0].exists():
        index = _read_json(folder / "model.safetensors.index.json")
        files = [folder / name for name in sorted(set(index["weight_map"].values()))]
    digests = [_digest(path) for path in files]
    return digests[0] if len(digests) == 1 else hashlib.sha256("".join(digests).encode()).hexdigest()


def _digest(path: Path) -> str:
    # hashlib.file_digest is Python 3.11's.
    whole = hashlib.sha256()
    with path.open("rb") as file:
        while piece := file.read(1 << 20):
            whole.update(piece)
    return whole.hexdigest()
