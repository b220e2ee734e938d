"""Pretrains a Llama of transformers on rows of token ids (tools/pretrain/encode.ts); `npm run pretrain` calls it with a
JSON configuration.

Method: next-token cross-entropy over all tokens, a token weighted as the corpus says (labels that the episode has
shown before weigh more); AdamW, linear warm-up, constant rate, linear decay to zero; one pass, no row twice while
rows last. A checkpoint (parameters, moments, step) is written every `save_every` steps; resuming gives the run that
was interrupted.
"""

import json
import math
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import torch
import torch.nn.functional as F  # noqa: N812
from safetensors.torch import save_file
from torch import Tensor
from transformers import LlamaConfig, LlamaForCausalLM

Scores = tuple[Tensor, Tensor, Tensor]


def new_model(config: dict[str, Any], seed: int) -> LlamaForCausalLM:
    """Normal(0, 0.02), projections into the residual stream scaled down by sqrt(2 layers), norms at one."""
    model = LlamaForCausalLM(LlamaConfig(**config | {"attn_implementation": "sdpa"}))
    generator = torch.Generator().manual_seed(seed)
    for name, parameter in model.named_parameters():
        if parameter.dim() == 1:
            torch.nn.init.ones_(parameter)
            continue
        std = 0.02
        if name.endswith(("o_proj.weight", "down_proj.weight")):
            std /= math.sqrt(2 * config["num_hidden_layers"])
        with torch.no_grad():
            parameter.copy_(torch.randn(parameter.shape, generator=generator) * std)
    return model


def schedule(step: int, steps: int, warmup: int, decay_from: int) -> float:
    """Factor of the learning rate at a 0-based step."""
    if step < warmup:
        return (step + 1) / warmup
    return 1.0 if step < decay_from else max(0.0, (steps - step) / max(1, steps - decay_from))


def picked_rows(seed: int, rows: int, batch: int, start: int) -> Iterator[list[int]]:
    """The rows of every step from `start` on. Those of a pass are shuffled by (seed, pass), so a step's rows do not
    depend on where a run began."""
    at, turn, order = start * batch, -1, np.empty(0, np.int64)
    while True:
        picked = []
        for n in range(at, at + batch):
            if n // rows != turn:
                turn = n // rows
                order = np.random.default_rng([seed, turn]).permutation(rows)
            picked.append(int(order[n % rows]))
        at += batch
        yield picked


def loss_of(model: LlamaForCausalLM, ids: Tensor, weights: Tensor) -> Scores:
    """The weighted loss, every token's own, and the logits."""
    logits = model(input_ids=ids[:, :-1], use_cache=False).logits
    each = F.cross_entropy(logits.reshape(-1, logits.shape[-1]), ids[:, 1:].reshape(-1), reduction="none")
    w = weights[:, 1:].reshape(-1)
    return (each * w).sum() / w.sum(), each, logits


@torch.no_grad()
def evaluate(model: LlamaForCausalLM, ids: Tensor, weights: Tensor, known: int) -> tuple[float, float, float]:
    """Loss on plain tokens, loss and accuracy on labels already shown (their first token; the newline is easy)."""
    plain, label, hit, count = [], [], 0, 0
    for i in range(0, len(ids), 16):
        _, each, logits = loss_of(model, ids[i : i + 16], weights[i : i + 16])
        w = weights[i : i + 16]
        plain.append(each[(w[:, 1:] == 1).reshape(-1)])
        first = ((w[:, 1:] == known) & (w[:, :-1] != known)).reshape(-1)
        label.append(each[first])
        hit += int((logits.argmax(-1).reshape(-1) == ids[i : i + 16, 1:].reshape(-1))[first].sum())
        count += int(first.sum())
    return torch.cat(plain).mean().item(), torch.cat(label).mean().item(), hit / max(1, count)


def main(c: dict[str, Any]) -> None:
    torch.set_num_threads(c["threads"])
    work, length, held, device = Path(c["work"]), c["row_length"], c["eval_rows"], c["device"]
    ids = np.fromfile(work / "ids.u16", dtype=np.uint16).reshape(-1, length)
    weights = np.fromfile(work / "weights.u8", dtype=np.uint8).reshape(-1, length)

    def tensors(rows: list[int] | slice) -> tuple[Tensor, Tensor]:
        return (
            torch.from_numpy(ids[rows].astype(np.int64)).to(device),
            torch.from_numpy(weights[rows].astype(np.float32)).to(device),
        )

    held_out = tensors(slice(-held, None))
    model = new_model(c["config"], c["seed"]).to(device)
    # A tied head is its embedding and is named once, as in the checkpoint.
    params = dict(model.named_parameters())
    decayed = [p for p in params.values() if p.dim() == 2]
    others = [p for p in params.values() if p.dim() == 1]
    optimizer = torch.optim.AdamW(
        [{"params": decayed, "weight_decay": c["weight_decay"]}, {"params": others, "weight_decay": 0.0}],
        lr=c["learning_rate"], betas=(0.9, 0.98), eps=1e-8,
    )  # fmt: skip
    start, checkpoint = 0, work / f"checkpoint-{c['seed']}.pt"
    if c["resume"] and checkpoint.exists():
        state = torch.load(checkpoint, map_location=device)
        for name, value in state["params"].items():
            params[name].data.copy_(value)
        optimizer.load_state_dict(state["optimizer"])
        start = state["step"]
        print(f"resumed at step {start}", flush=True)

    def save(step: int) -> None:
        held_state = {"params": params, "optimizer": optimizer.state_dict(), "step": step}
        torch.save(held_state, checkpoint.with_suffix(".new"))
        checkpoint.with_suffix(".new").replace(checkpoint)

    batch, steps = c["batch"], c["steps"]
    log = (work / f"curve-{c['seed']}.jsonl").open("a" if start else "w")
    began, spent = time.time(), time.process_time()
    picks = picked_rows(c["seed"], len(ids) - held, batch, start)
    for step, picked in zip(range(start, steps), picks, strict=False):
        for group in optimizer.param_groups:
            group["lr"] = c["learning_rate"] * schedule(step, steps, c["warmup"], c["decay_from"])
        loss, _, _ = loss_of(model, *tensors(picked))
        optimizer.zero_grad(set_to_none=True)
        loss.backward()
        torch.nn.utils.clip_grad_norm_(list(params.values()), c["clip"])
        optimizer.step()
        if not torch.isfinite(loss):
            sys.exit(f"The loss is not finite at step {step + 1}: lower the learning rate.")
        done = step + 1
        if done % c["eval_every"] == 0 or done == steps:
            plain, label, accuracy = evaluate(model, *held_out, c["known_label_weight"])
            line = {
                "step": done, "tokens": done * batch * (length - 1), "loss": round(loss.item(), 4),
                "plain": round(plain, 4), "label": round(label, 4), "label_accuracy": round(accuracy, 4),
                "seconds": round(time.time() - began), "cpu_seconds": round(time.process_time() - spent),
            }  # fmt: skip
            print(json.dumps(line), flush=True)
            log.write(json.dumps(line) + "\n")
            log.flush()
        if done % c["save_every"] == 0 or done == steps:
            save(done)
    log.close()
    out = Path(c["out"])
    out.mkdir(parents=True, exist_ok=True)
    plain_tensors = {name: p.detach().float().cpu().contiguous() for name, p in params.items()}
    save_file(plain_tensors, out / "model.safetensors", {"format": "pt"})


if __name__ == "__main__":
    main(json.loads(Path(sys.argv[1]).read_text("utf-8")))
