"""Which learning rate a model wants: LoRA on gold labels at the lab's settings, scored on validation.

    python python/learning_rate.py --model DIR --task TASK --out FILE.jsonl

DIR has the Hub's layout; TASK is a folder that `npm run import-task` wrote. What it finds stands in
src/words/learning-rate.ts. A rate and a seed that FILE has already are not run again; the table of all comes last.
"""

import argparse
import json
import math
import random
import time
from pathlib import Path

import torch
import transformers
from peft import LoraConfig, get_peft_model
from tokenizers import Tokenizer

RATES = (5e-5, 1e-4, 2e-4, 5e-4, 1e-3, 2e-3)
# The lab's defaults (src/words/knobs.ts).
ROWS, EPOCHS, BATCH, RANK, ALPHA, WARMUP, CLIP = 64, 3, 8, 8, 16, 0.05, 1.0


class Row:
    """A zero-shot prompt and the answer to it, tokenized apart as the lab does."""

    def __init__(self, row: dict, task: dict, tokenizer: Tokenizer, prefix: list[int]):
        def encode(text: str) -> list[int]:
            return tokenizer.encode(text, add_special_tokens=False).ids

        self.prompt = prefix + encode(task["template"].replace("{input}", row["input"]))
        self.answer = encode(" " + row["output"] + task["stop"])


def rows_of(folder: Path, split: str, tokenizer: Tokenizer) -> list[Row]:
    task = json.loads((folder / "task.json").read_text())
    prefix = tokenizer.encode("").ids
    lines = (folder / f"{split}.jsonl").read_text().splitlines()
    return [Row(json.loads(line), task, tokenizer, prefix) for line in lines]


def answer_logits(model: torch.nn.Module, rows: list[Row]) -> tuple[torch.Tensor, torch.Tensor, list[int]]:
    """Logits (N, V) where the answers' tokens are predicted, those tokens (N), and how many each row has.
    Padded on the right, which a causal model never sees; the head runs on those places alone."""
    longest = max(len(row.prompt) + len(row.answer) for row in rows)
    ids = torch.tensor([(row.prompt + row.answer + [0] * longest)[:longest] for row in rows])
    hidden = model.base_model.model.model(input_ids=ids, use_cache=False).last_hidden_state
    places = torch.cat(
        [hidden[i, len(row.prompt) - 1 : len(row.prompt) + len(row.answer) - 1] for i, row in enumerate(rows)]
    )
    wanted = torch.tensor([token for row in rows for token in row.answer])
    return model.base_model.model.lm_head(places), wanted, [len(row.answer) for row in rows]


def accuracy(model: torch.nn.Module, rows: list[Row]) -> tuple[float, float]:
    """Share of rows whose greedy answer is the label and the stop, and the mean loss of the answers' tokens."""
    right, losses, tokens = 0, 0.0, 0
    with torch.no_grad():
        for start in range(0, len(rows), 16):
            logits, wanted, lengths = answer_logits(model, rows[start : start + 16])
            hits = (logits.argmax(-1) == wanted).split(lengths)
            right += sum(bool(hit.all()) for hit in hits)
            losses += torch.nn.functional.cross_entropy(logits, wanted, reduction="sum").item()
            tokens += len(wanted)
    return right / len(rows), losses / tokens


def rate_at(step: int, steps: int, rate: float) -> float:
    """Linear after warm-up; the first step of a warm-up has rate 0, as in transformers."""
    warmup = math.ceil(steps * WARMUP)
    if step < warmup:
        return rate * step / max(1, warmup)
    return rate * max(0.0, 1 - (step - warmup) / max(1, steps - warmup))


def train(base: torch.nn.Module, rows: list[Row], rate: float, seed: int) -> torch.nn.Module:
    torch.manual_seed(seed)
    config = LoraConfig(r=RANK, lora_alpha=ALPHA, target_modules="all-linear", task_type="CAUSAL_LM")
    model = get_peft_model(base, config)
    parameters = [parameter for parameter in model.parameters() if parameter.requires_grad]
    optimizer = torch.optim.AdamW(parameters, lr=rate, betas=(0.9, 0.999), eps=1e-8, weight_decay=0.0)
    steps = EPOCHS * math.ceil(len(rows) / BATCH)
    order: list[int] = []
    for step in range(steps):
        if not order:
            order = random.Random(f"{seed}/{step}").sample(range(len(rows)), len(rows))
        batch, order = [rows[i] for i in order[:BATCH]], order[BATCH:]
        for group in optimizer.param_groups:
            group["lr"] = rate_at(step, steps, rate)
        logits, wanted, _ = answer_logits(model, batch)
        loss = torch.nn.functional.cross_entropy(logits, wanted)
        optimizer.zero_grad()
        loss.backward()
        torch.nn.utils.clip_grad_norm_(parameters, CLIP)
        optimizer.step()
    return model


def print_table(found: list[dict]) -> None:
    print("| learning rate | validation accuracy by seed | mean | loss |\n| --- | --- | --- | --- |")
    for rate in sorted({one["rate"] for one in found}):
        own = [one for one in found if one["rate"] == rate]
        shown = ", ".join(f"{one['accuracy']:.3f}" for one in own)
        mean = sum(one["accuracy"] for one in own) / len(own)
        loss = sum(one["loss"] for one in own) / len(own)
        print(f"| {rate:g} | {shown} | {mean:.3f} | {loss:.3f} |")


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--model", type=Path, required=True)
    parser.add_argument("--task", type=Path, required=True)
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--rates", type=float, nargs="+", default=list(RATES))
    parser.add_argument("--seeds", type=int, nargs="+", default=[1, 2])
    parser.add_argument("--threads", type=int, default=1)
    options = parser.parse_args()
    torch.set_num_threads(options.threads)
    tokenizer = Tokenizer.from_file(str(options.model / "tokenizer.json"))
    validation = rows_of(options.task, "validation", tokenizer)
    found = (
        [json.loads(line) for line in options.out.read_text().splitlines()] if options.out.exists() else []
    )
    base = transformers.AutoModelForCausalLM.from_pretrained(options.model, dtype=torch.float32).eval()
    for seed in options.seeds:
        rows = random.Random(seed).sample(rows_of(options.task, "prompts", tokenizer), ROWS)
        for rate in options.rates:
            if any((one["rate"], one["seed"]) == (rate, seed) for one in found):
                continue
            began = time.monotonic()
            model = train(base, rows, rate, seed)
            own = dict(zip(("accuracy", "loss"), accuracy(model, validation), strict=True))
            base = model.unload()
            found.append({"rate": rate, "seed": seed, **own, "seconds": round(time.monotonic() - began)})
            with options.out.open("a") as out:
                print(json.dumps(found[-1]), file=out)
    print(f"{options.model.name}: {ROWS} rows x {EPOCHS} epochs, {len(validation)} validation items")
    print_table(found)


if __name__ == "__main__":
    main()
