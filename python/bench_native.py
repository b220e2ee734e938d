"""Tokens per second of a model in PyTorch, transformers and peft, at the very work that the lab's speed is measured at
(src/check/speed.ts): prompts read, new tokens, LoRA training, in float32. `npm run bench -- native DIR` runs it beside the lab,
on the processor with some numbers of threads; the packed GPU bench with `--device cuda`, without and with TF32.

Reads JSON on standard input: prompts (B rows of T ids), newTokens, targets (completion tokens a row). Prints JSON.
"""

from __future__ import annotations

import argparse
import json
import statistics
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import peft
import torch
import transformers

sys.path.insert(0, str(Path(__file__).parent))

from bootlace.train import optimizer_of, token_loss
from bootlace.types import TrainConfig, TrainExample

#: Of each kind of work, after one to warm up.
ROUNDS = 3


def median_seconds(work: Callable[[], None], wait: Callable[[], None]) -> float:
    """wait: until the device has done all it was told to."""
    work()
    wait()
    seconds = []
    for _ in range(ROUNDS):
        begin = time.perf_counter()
        work()
        wait()
        seconds.append(time.perf_counter() - begin)
    return statistics.median(seconds)


def measure(folder: str, device: str, work: dict[str, Any]) -> dict[str, float]:
    wait = torch.cuda.synchronize if device == "cuda" else lambda: None
    model: Any = transformers.AutoModelForCausalLM.from_pretrained(folder, dtype=torch.float32)
    model = model.to(device).eval()
    model.requires_grad_(False)
    prompts = torch.tensor(work["prompts"], device=device)
    tokens = prompts.numel()
    new: int = work["newTokens"]

    def read() -> None:
        with torch.no_grad():
            model(input_ids=prompts, logits_to_keep=1, use_cache=True)

    def generate() -> None:
        with torch.no_grad():
            out = model(input_ids=prompts, logits_to_keep=1, use_cache=True)
            for _ in range(new - 1):
                out = model(
                    input_ids=out.logits[:, -1:].argmax(-1),
                    past_key_values=out.past_key_values,
                    use_cache=True,
                )

    reading = median_seconds(read, wait)
    decoding = median_seconds(generate, wait) - reading

    config = peft.LoraConfig(r=8, lora_alpha=16, target_modules="all-linear", task_type="CAUSAL_LM")
    adapted: Any = peft.get_peft_model(model, config)
    parameters = [parameter for parameter in adapted.parameters() if parameter.requires_grad]
    optimizer, _ = optimizer_of(
        parameters, TrainConfig(2e-4, "constant", 0, 0, 1, len(prompts), 100, shuffle=False, seed=0)
    )
    last: int = work["targets"]
    examples = [TrainExample(tuple(row[:-last]), tuple(row[-last:])) for row in work["prompts"]]

    def step() -> None:
        loss = token_loss(adapted, examples, prompts.shape[1]) / (last * len(examples))
        loss.backward()  # type: ignore[no-untyped-call]
        torch.nn.utils.clip_grad_norm_(parameters, 1.0)
        optimizer.step()
        optimizer.zero_grad()

    training = median_seconds(step, wait)
    return {
        "prefillTokensPerSecond": tokens / reading,
        "decodeTokensPerSecond": len(work["prompts"]) * (new - 1) / decoding,
        "trainTokensPerSecond": tokens / training,
    }


def on_processor(folder: str, threads: int, work: dict[str, Any]) -> dict[str, float]:
    torch.set_num_threads(threads)
    return measure(folder, "cpu", work)


def on_gpu(folder: str, tf32: bool, work: dict[str, Any]) -> dict[str, float]:
    torch.backends.cuda.matmul.allow_tf32 = tf32
    torch.cuda.empty_cache()
    torch.cuda.reset_peak_memory_stats()
    speed = measure(folder, "cuda", work)
    return {**speed, "gpuBytes": torch.cuda.max_memory_reserved()}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("model")
    parser.add_argument("--threads", type=int, nargs="+", default=[1, 2])
    parser.add_argument("--device", choices=["cpu", "cuda"], default="cpu")
    given = parser.parse_args()
    work = json.load(sys.stdin)
    report: dict[str, Any] = {"torch": torch.__version__, "transformers": transformers.__version__}
    if given.device == "cuda":
        if not torch.cuda.is_available():
            sys.exit("PyTorch finds no CUDA device.")
        report["device"] = torch.cuda.get_device_name()
        report["byTf32"] = {name: on_gpu(given.model, name == "on", work) for name in ("off", "on")}
    else:
        report["byThreads"] = {f"{n}": on_processor(given.model, n, work) for n in given.threads}
    print(json.dumps(report))


if __name__ == "__main__":
    main()
