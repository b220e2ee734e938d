"""LoRA training as the lab trains (src/runtimes/tfjs/train.ts): AdamW, clipping and schedule are torch's and transformers';
the order of the examples, the dropout and the first values are keyed; the loss is the mean over all completion tokens of a
step, whichever process holds them."""

from __future__ import annotations

import math
from collections.abc import Generator, Sequence

import torch
from torch import Tensor
from torch.nn.functional import cross_entropy
from transformers import get_scheduler

from .data_order import DataOrder
from .distributed import ALONE, Team
from .dropout import pass_key
from .errors import LabError
from .lora import LoraModel
from .types import Adapter, ModelFacts, TrainConfig, TrainExample, TrainingRequest, TrainStep

#: Rows are padded to multiples of this, as the lab pads them: elements that dropout counts stand at the same places.
_LENGTH_STEP = 16


def train(
    lora: LoraModel,
    facts: ModelFacts,
    request: TrainingRequest,
    team: Team = ALONE,
    rows: int | None = None,
) -> Generator[TrainStep, None, Adapter]:
    """Trains; yields each optimizer step, returns the adapter.

    rows: of a batch that go through the model together, which bounds memory and changes nothing but the last bits; None: all.

    Raises LabError `invalid-request` or `context-overflow` for examples that cannot be trained on, `non-finite-loss`
    naming the step.
    """
    config, examples = request.config, request.examples
    _check(examples, facts)
    order = DataOrder(examples, config)
    with lora.training(request.start, request.lora, request.init_seed) as model:
        parameters = lora.parameters()
        optimizer, schedule = optimizer_of(parameters, config)
        for step in range(config.max_steps):
            batch = order.batch(step)
            targets = sum(_target_count(example) for example in batch)
            own = team.share(len(batch))
            key = pass_key(config.seed, step) if request.lora.lora_dropout > 0 else None
            length = _padded(max(map(_length, batch)), facts.max_positions)
            loss = torch.zeros((), device=parameters[0].device)
            for begin in range(own.start, own.stop, rows or len(batch)):
                lora.drop(key, begin)
                part = token_loss(model, batch[begin : min(own.stop, begin + (rows or len(batch)))], length)
                (part / targets).backward()  # type: ignore[no-untyped-call]
                loss += part.detach() / targets
            for parameter in parameters:
                if parameter.grad is None:
                    parameter.grad = torch.zeros_like(parameter)
            team.add([loss, *(parameter.grad for parameter in parameters if parameter.grad is not None)])
            limit = config.max_grad_norm if config.max_grad_norm > 0 else math.inf
            norm = torch.nn.utils.clip_grad_norm_(parameters, limit).item()
            if not math.isfinite(loss.item()) or not math.isfinite(norm):
                raise LabError(
                    "non-finite-loss",
                    f"Step {step + 1} has loss {loss.item()} and gradient norm {norm}; "
                    f"the adapter is as step {step} left it.",
                )
            rate = float(schedule.get_last_lr()[0])
            optimizer.step()
            schedule.step()
            optimizer.zero_grad()
            tokens = sum(_length(example) for example in batch)
            yield TrainStep(step + 1, config.max_steps, loss.item(), norm, rate, tokens)
        return lora.taken()


def optimizer_of(
    parameters: Sequence[torch.nn.Parameter], config: TrainConfig
) -> tuple[torch.optim.Optimizer, torch.optim.lr_scheduler.LRScheduler]:
    """AdamW with decoupled decay, and the rate of each update: with warm-up the first has rate 0."""
    optimizer = torch.optim.AdamW(
        parameters,
        lr=config.learning_rate,
        betas=(config.adam_beta1, config.adam_beta2),
        eps=config.adam_epsilon,
        weight_decay=config.weight_decay,
    )
    name = "constant_with_warmup" if config.lr_scheduler_type == "constant" else config.lr_scheduler_type
    warmup = math.ceil(config.max_steps * config.warmup_ratio)
    schedule = get_scheduler(name, optimizer, num_warmup_steps=warmup, num_training_steps=config.max_steps)
    return optimizer, schedule


def token_loss(model: torch.nn.Module, batch: Sequence[TrainExample], length: int) -> Tensor:
    """The summed negative log-probability (nats) of all completion tokens that some token before them predicts."""
    device = next(model.parameters()).device
    ids = torch.zeros(len(batch), length, dtype=torch.long)
    wanted = torch.full((len(batch), length), -100)
    for row, example in enumerate(batch):
        prompt, end = len(example.prompt_ids), _length(example)
        ids[row, :end] = torch.tensor(example.prompt_ids + example.completion_ids)
        # The token at t predicts the one at t + 1.
        first = max(prompt, 1)
        wanted[row, first - 1 : end - 1] = ids[row, first:end]
    # The head computes only where some row is asked; padding stands right, where nothing real can see it.
    asked = (wanted != -100).any(0).nonzero().squeeze(-1)
    kept = torch.arange(int(asked[0]), int(asked[-1]) + 1)
    logits = model(input_ids=ids.to(device), logits_to_keep=kept.to(device), use_cache=False).logits
    return cross_entropy(logits.flatten(0, 1).float(), wanted[:, kept].flatten().to(device), reduction="sum")


def _length(example: TrainExample) -> int:
    return len(example.prompt_ids) + len(example.completion_ids)


def _target_count(example: TrainExample) -> int:
    return len(example.completion_ids) - (not example.prompt_ids)


def _padded(length: int, limit: int) -> int:
    return max(length, min(-(-length // _LENGTH_STEP) * _LENGTH_STEP, limit))


def _check(examples: Sequence[TrainExample], facts: ModelFacts) -> None:
    if not examples:
        raise LabError("invalid-request", "There are no training examples.")
    for i, example in enumerate(examples):
        prompt, completion = len(example.prompt_ids), len(example.completion_ids)
        if _target_count(example) < 1:
            raise LabError(
                "invalid-request",
                f"Training example {i} has {prompt} prompt and {completion} completion tokens.",
                remedy="Give every example a completion token with at least one token before it.",
            )
        if prompt + completion > facts.max_positions:
            raise LabError(
                "context-overflow",
                f"Training example {i} has {prompt + completion} tokens; the model takes {facts.max_positions}.",
            )
