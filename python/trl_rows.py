"""What TRL makes of the rows that a run leaves for it (sft/TASK/ARM/SEED/ROUND.jsonl), and what they cost the model:

    python python/trl_rows.py ROWS.jsonl --model FOLDER       # needs trl beside the package: pip install trl

Prints the first row as TRL trains it, and the mean loss (nats a trained token, before any training, float32 on the CPU) with
all the tokens that TRL trains and without the last of each row: the eos token that it appends to plain text, or what a
chat's template writes behind the end of the turn. The second is what the lab trains (docs/ELSEWHERE.md).
"""

import argparse
from pathlib import Path

import torch
from datasets import load_dataset
from transformers import AutoModelForCausalLM, AutoTokenizer
from trl import SFTConfig, SFTTrainer

IGNORED = -100


def mean_loss(model, rows: list[tuple[list[int], list[int]]]) -> tuple[float, int]:
    total, count = 0.0, 0
    for ids, labels in rows:
        with torch.no_grad():
            logprobs = model(torch.tensor([ids])).logits[0].log_softmax(-1)
        for at, label in enumerate(labels[1:]):
            if label != IGNORED:
                total -= logprobs[at, label].item()
                count += 1
    return total / count, count


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("rows", type=Path)
    parser.add_argument("--model", type=Path, required=True)
    given = parser.parse_args()
    model = AutoModelForCausalLM.from_pretrained(given.model, dtype=torch.float32).eval()
    tokenizer = AutoTokenizer.from_pretrained(given.model)
    trainer = SFTTrainer(
        model=model,
        processing_class=tokenizer,
        train_dataset=load_dataset("json", data_files=str(given.rows), split="train"),
        args=SFTConfig(
            output_dir="trl_rows",
            completion_only_loss=True,
            max_length=None,
            bf16=False,
            use_cpu=True,
            report_to=[],
            save_strategy="no",
        ),
    )
    rows = [(list(row["input_ids"]), list(row["labels"])) for row in trainer.train_dataset]
    ids, labels = rows[0]
    print(f"{len(rows)} rows; the first: {tokenizer.decode(ids)!r}")
    print(f"of which is trained: {tokenizer.decode([label for label in labels if label != IGNORED])!r}")
    for words, kept in (
        ("with all that TRL trains", rows),
        ("without the last token of each row", [(ids, [*labels[:-1], IGNORED]) for ids, labels in rows]),
    ):
        loss, count = mean_loss(model, kept)
        print(f"{words}: {loss:.5f} nats over {count} tokens")


if __name__ == "__main__":
    main()
