"""Pretrains the base model on rows of token ids (see encode.ts); called by main.ts with a JSON configuration.

Method: next-token cross-entropy over all tokens, a token weighted as the corpus says (labels that the episode has
shown before weigh more); AdamW, linear warm-up, constant rate, linear decay to zero; one pass, no row twice while
rows last. A checkpoint (parameters, moments, step) is written every `save_every` steps; resuming gives the run that
was interrupted.
"""

import json
import sys
import time
from pathlib import Path

import numpy as np
import torch
import torch.nn.functional as F

import llama


def schedule(step, steps, warmup, decay_from):
    """Factor of the learning rate at a 0-based step."""
    if step < warmup:
        return (step + 1) / warmup
    return 1.0 if step < decay_from else max(0.0, (steps - step) / max(1, steps - decay_from))


def loss_of(config, params, ids, weights):
    hidden = llama.hidden_states(config, params, ids[:, :-1])
    logits = llama.logits_of(params, hidden)
    each = F.cross_entropy(logits.reshape(-1, logits.shape[-1]), ids[:, 1:].reshape(-1), reduction="none")
    w = weights[:, 1:].reshape(-1)
    return (each * w).sum() / w.sum(), each, logits


@torch.no_grad()
def evaluate(config, params, ids, weights, known):
    """Loss on plain tokens, loss and accuracy on labels already shown (their first token; the newline is easy)."""
    plain, label, hit, count = [], [], 0, 0
    for i in range(0, len(ids), 16):
        _, each, logits = loss_of(config, params, ids[i : i + 16], weights[i : i + 16])
        w = weights[i : i + 16]
        plain.append(each[(w[:, 1:] == 1).reshape(-1)])
        first = ((w[:, 1:] == known) & (w[:, :-1] != known)).reshape(-1)
        label.append(each[first])
        hit += (logits.argmax(-1).reshape(-1) == ids[i : i + 16, 1:].reshape(-1))[first].sum().item()
        count += first.sum().item()
    return torch.cat(plain).mean().item(), torch.cat(label).mean().item(), hit / max(1, count)


def main(c):
    torch.set_num_threads(c["threads"])
    torch.manual_seed(c["seed"])
    device = c["device"]
    config, work = c["config"], Path(c["work"])
    length = c["row_length"]
    ids = np.fromfile(work / "ids.u16", dtype=np.uint16).reshape(-1, length)
    weights = np.fromfile(work / "weights.u8", dtype=np.uint8).reshape(-1, length)
    held = c["eval_rows"]
    tensor = lambda a, kind: torch.from_numpy(a.astype(kind)).to(device)
    eval_ids, eval_weights = tensor(ids[-held:], np.int64), tensor(weights[-held:], np.float32)
    rows = len(ids) - held

    params = {k: v.to(device).requires_grad_() for k, v in llama.initialise(config, c["seed"]).items()}
    decayed = [p for p in params.values() if p.dim() == 2]
    others = [p for p in params.values() if p.dim() == 1]
    optimizer = torch.optim.AdamW(
        [{"params": decayed, "weight_decay": c["weight_decay"]}, {"params": others, "weight_decay": 0.0}],
        lr=c["learning_rate"], betas=(0.9, 0.98), eps=1e-8,
    )  # fmt: skip
    start, checkpoint = 0, work / f"checkpoint-{c['seed']}.pt"
    if c["resume"] and checkpoint.exists():
        state = torch.load(checkpoint)
        for name, value in state["params"].items():
            params[name].data.copy_(value)
        optimizer.load_state_dict(state["optimizer"])
        start = state["step"]
        print(f"resumed at step {start}", flush=True)

    def save(step):
        held_state = {"params": params, "optimizer": optimizer.state_dict(), "step": step}
        torch.save(held_state, checkpoint.with_suffix(".new"))
        checkpoint.with_suffix(".new").replace(checkpoint)

    batch, steps = c["batch"], c["steps"]
    log = (work / f"curve-{c['seed']}.jsonl").open("a" if start else "w")
    order = {}
    began, spent = time.time(), time.process_time()
    for step in range(start, steps):
        # The rows of a pass are shuffled by (seed, pass), so a step's rows do not depend on where a run began.
        at = step * batch
        picked = []
        for n in range(at, at + batch):
            turn = n // rows
            if turn not in order:
                order = {turn: np.random.default_rng([c["seed"], turn]).permutation(rows)} | {
                    k: v for k, v in order.items() if k == turn - 1
                }
            picked.append(order[turn][n % rows])
        for group in optimizer.param_groups:
            group["lr"] = c["learning_rate"] * schedule(step, steps, c["warmup"], c["decay_from"])
        loss, _, _ = loss_of(config, params, tensor(ids[picked], np.int64), tensor(weights[picked], np.float32))
        optimizer.zero_grad(set_to_none=True)
        loss.backward()
        torch.nn.utils.clip_grad_norm_(list(params.values()), c["clip"])
        optimizer.step()
        if not torch.isfinite(loss):
            sys.exit(f"The loss is not finite at step {step + 1}: lower the learning rate.")
        done = step + 1
        if done % c["eval_every"] == 0 or done == steps:
            plain, label, accuracy = evaluate(config, params, eval_ids, eval_weights, c["known_label_weight"])
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
    out = Path(c["out"])
    out.mkdir(parents=True, exist_ok=True)
    llama.write_safetensors(out / "model.safetensors", {k: v.float() for k, v in params.items()}, {"format": "pt"})


if __name__ == "__main__":
    main(json.loads(Path(sys.argv[1]).read_text()))
