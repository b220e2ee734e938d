"""Greedy continuations by transformers, as a reference for check-model.

    python python/greedy.py MODEL_FOLDER --prompts FILE --out FILE.json     # a prompt a line; a JSON string where it has more
    npm run check-model -- MODEL_FOLDER --reference FILE.json

Writes the prompts' ids, the new ids with the log-probability of each and its lead over the second likeliest, and logits at
the prompt's last position: the largest of them and evenly spread ones. float32 on the CPU; ends at no stop token.
"""

import argparse
import json
from pathlib import Path

import torch
import transformers
from transformers import AutoModelForCausalLM, AutoTokenizer

SPREAD = 64


def continued(model, ids: list[int], count: int) -> dict:
    past, feed, steps, first = None, ids, [], None
    for _ in range(count):
        with torch.no_grad():
            out = model(
                input_ids=torch.tensor([feed]), past_key_values=past, use_cache=True, logits_to_keep=1
            )
        logits, past = out.logits[0, -1], out.past_key_values
        first = logits if first is None else first
        best, logprobs = logits.topk(2), logits.double().log_softmax(-1)
        feed = [int(best.indices[0])]
        steps.append((feed[0], float(logprobs[feed[0]]), float(best.values[0] - best.values[1])))
    places = sorted({*first.topk(SPREAD).indices.tolist(), *range(0, len(first), len(first) // SPREAD)})
    new, logprobs, leads = map(list, zip(*steps, strict=True))
    shown = {"ids": places, "values": first[places].tolist()}
    return {"prompt": ids, "new": new, "logprobs": logprobs, "leads": leads, "logits": shown}


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("model", type=Path)
    parser.add_argument("--prompts", type=Path, required=True)
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--new-tokens", type=int, default=32)
    given = parser.parse_args()
    tokenizer = AutoTokenizer.from_pretrained(given.model)
    model = AutoModelForCausalLM.from_pretrained(
        given.model, dtype=torch.float32, attn_implementation="eager"
    ).eval()
    texts = [
        json.loads(t) if t.startswith('"') else t for t in given.prompts.read_text("utf8").splitlines() if t
    ]
    rows = [continued(model, tokenizer(text)["input_ids"], given.new_tokens) for text in texts]
    made = {"transformers": transformers.__version__, "torch": torch.__version__}
    given.out.write_text(json.dumps({"format": "bootlace-greedy", "made": made, "rows": rows}) + "\n", "utf8")


if __name__ == "__main__":
    main()
