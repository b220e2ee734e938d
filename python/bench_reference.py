"""What transformers and peft compute of the rows, the model and the adapter that the packed GPU bench gives the lab: the loss of
the rows' last tokens with its gradients, the losses of some steps, log-probabilities, greedy answers. In float32, TF32 off.

Reads JSON on standard input: prompts (B rows of T ids), targets (last tokens of a row that are learnt), newTokens, steps,
optimizer. Prints JSON; writes gradients.safetensors, by PEFT's names, into --out. Takes CUDA where PyTorch finds it.
"""

from __future__ import annotations

import argparse
import json
import sys
from pathlib import Path
from typing import Any

import peft
import torch
import transformers
from safetensors.torch import save_file
from torch import Tensor


def last_logprobs(model: Any, rows: Tensor, targets: int) -> Tensor:
    """Of each row's last tokens (B, targets)."""
    logits = model(input_ids=rows, logits_to_keep=targets + 1, use_cache=False).logits[:, :-1]
    logprobs = logits.float().log_softmax(-1)
    return logprobs.gather(-1, rows[:, -targets:, None]).squeeze(-1)


def greedy(model: Any, rows: Tensor, count: int) -> list[dict[str, list[float]]]:
    ids, leads, feed, past = [], [], rows, None
    for _ in range(count):
        out = model(input_ids=feed, past_key_values=past, use_cache=True, logits_to_keep=1)
        past, best = out.past_key_values, out.logits[:, -1].topk(2)
        feed = best.indices[:, :1]
        ids.append(feed[:, 0])
        leads.append(best.values[:, 0] - best.values[:, 1])
    return [
        {"ids": one.tolist(), "leads": lead.tolist()}
        for one, lead in zip(torch.stack(ids, 1), torch.stack(leads, 1), strict=True)
    ]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("model")
    parser.add_argument("--adapter", required=True)
    parser.add_argument("--out", type=Path, required=True)
    given = parser.parse_args()
    work = json.load(sys.stdin)
    torch.backends.cuda.matmul.allow_tf32 = False
    device = "cuda" if torch.cuda.is_available() else "cpu"
    rows = torch.tensor(work["prompts"], device=device)
    targets: int = work["targets"]
    base: Any = transformers.AutoModelForCausalLM.from_pretrained(
        given.model, dtype=torch.float32, attn_implementation="eager"
    )
    base = base.to(device).eval()
    with torch.no_grad():
        answers = greedy(base, rows, work["newTokens"])
        plain = last_logprobs(base, rows, targets).tolist()
    model: Any = peft.PeftModel.from_pretrained(base, given.adapter, is_trainable=True)
    with torch.no_grad():
        adapted = last_logprobs(model, rows, targets).tolist()
    factors = {name: one for name, one in model.named_parameters() if one.requires_grad}
    chosen = work["optimizer"]
    optimizer = torch.optim.AdamW(
        factors.values(),
        lr=chosen["learningRate"],
        betas=tuple(chosen["betas"]),
        eps=chosen["adamEpsilon"],
        weight_decay=chosen["weightDecay"],
    )
    losses: list[float] = []
    for step in range(work["steps"]):
        loss = -last_logprobs(model, rows, targets).mean()
        loss.backward()  # type: ignore[no-untyped-call]
        losses.append(loss.item())
        if step == 0:
            gradients = {
                name.replace(".default.", "."): one.grad.detach().cpu().contiguous().clone()
                for name, one in factors.items()
                if one.grad is not None
            }
            save_file(gradients, given.out / "gradients.safetensors")
        torch.nn.utils.clip_grad_norm_(list(factors.values()), chosen["maxGradNorm"])
        optimizer.step()
        optimizer.zero_grad()
    report = {
        "torch": torch.__version__,
        "transformers": transformers.__version__,
        "peft": peft.__version__,
        "device": torch.cuda.get_device_name() if device == "cuda" else "the processor",
        "loss": losses[0],
        "losses": losses,
        "logprobs": {"base": plain, "adapted": adapted},
        "greedy": answers,
    }
    print(json.dumps(report))


if __name__ == "__main__":
    main()
