"""The method's loop in PyTorch: every arm of every task, to choose world and recipe and to check the app against.

Called by main.ts with a JSON configuration (model folder, encoded tasks, arms, rounds, seeds); writes report.json,
one line per (task, arm, start, rounds, seed), and prints progress. report.py makes the tables.

Arms (start is "base": a fresh adapter every round, or "previous"):
  soft            round t labels part t with the adapter of round t-1, few-shot, demonstrations drawn per prompt
  frozen-teacher  the same parts, draws and schedules, but every label comes from the base
  single-round    all parts labelled by the base at once, one training of as many steps
  vote            single-round whose labels are the majority over as many demonstration draws as there are rounds
  pool-sft        training on the pool's own labels, as many steps
  gold            soft's schedule on the hidden key
  reuse           soft, but every round labels the first part again with the demonstrations of round 1
Filter "degenerate" (default): empty answers and answers without a stop are dropped and refilled from reserve
prompts; "labels" drops answers outside the label set too; "none" keeps all.
"""

import json
import random
import re
import string
import sys
import time
from pathlib import Path

import torch

from engine import Engine

RESERVE = 64


def normalise(text, kind):
    """Case-folded and trimmed; generation is compared as SQuAD does (no punctuation, no articles)."""
    text = text.casefold().strip()
    if kind != "generation":
        return text
    text = "".join(ch for ch in text if ch not in string.punctuation)
    return " ".join(re.sub(r"\b(a|an|the)\b", " ", text).split())


class Task:
    def __init__(self, path, model, weights):
        data = json.loads(Path(path).read_text())
        self.id, self.kind, self.k = data["id"], data["kind"], data["k"]
        self.labels, self.label_ids, self.splits = data["labels"], data["labelIds"], data["splits"]
        self.engine = Engine(model, data["tokens"], data["stop"], weights)
        longest = max(len(row["completion"]) for row in self.splits["pool"])
        self.limit = longest + 3

    def right(self, answer, row):
        return answer[1] and normalise(answer[0], self.kind) == normalise(row["output"], self.kind)

    def valid(self, answer):
        """Inside the label set; where there is none, any finished answer."""
        return answer[1] and (not self.labels or normalise(answer[0], self.kind) in map(str.casefold, self.labels))


class Run:
    """One seed of one task: the draws that all arms share, and the base's labels, computed once."""

    def __init__(self, task, seed, c):
        self.task, self.seed, self.c, self.cache, self.courses = task, seed, c, {}, {}
        rng = random.Random(f"{task.id} {seed}")
        splits = task.splits
        self.pool = rng.sample(splits["pool"], min(64, len(splits["pool"])))
        self.prompts = rng.sample(splits["prompts"], min(len(splits["prompts"]), max(c["rounds"]) * c["part"] + RESERVE))
        self.test = rng.sample(splits["test"], min(len(splits["test"]), c["test"]))
        self.probe = rng.sample(splits["probe"], min(len(splits["probe"]), c["probe"]))

    def few_shot(self, row, key, k=None):
        """The ids of k demonstrations drawn by the key, and the prompt."""
        k = self.task.k if k is None else k
        rng = random.Random(f"{self.seed} {key}")
        ids = []
        for demonstration in rng.sample(self.pool, k):
            ids += demonstration["prompt"] + demonstration["completion"]
        return ids + row["prompt"]

    def label(self, rows, keys, adapter):
        """Few-shot answers; the base's are remembered, since soft, frozen-teacher and single-round share them."""
        engine, answers, todo = self.task.engine, {}, []
        for i, (row, key) in enumerate(zip(rows, keys)):
            prompt = self.few_shot(row, key)
            if adapter is None and tuple(prompt) in self.cache:
                answers[i] = self.cache[tuple(prompt)]
            else:
                todo.append((i, prompt))
        got = engine.generate([p for _, p in todo], adapter, self.task.limit) if todo else []
        for (i, prompt), answer in zip(todo, got):
            answers[i] = answer
            if adapter is None:
                self.cache[tuple(prompt)] = answer
        return [answers[i] for i in range(len(rows))]

    def exact(self, rows, adapter, k=0):
        prompts = [self.few_shot(row, f"eval {k} {i}", k) for i, row in enumerate(rows)]
        answers = self.task.engine.generate(prompts, adapter, self.task.limit)
        return answers, sum(map(self.task.right, answers, rows)) / len(rows)

    def constrained(self, rows, adapter, k=0):
        """Accuracy of the most likely label (or choice, which is MC1), and the mean probability mass of right ones (MC2)."""
        task = self.task
        if not task.labels and "choices" not in rows[0]:
            return None
        prompts = [self.few_shot(row, f"eval {k} {i}", k) for i, row in enumerate(rows)]
        scores = task.engine.score(prompts, [row.get("choices") or task.label_ids for row in rows], adapter)
        hits = mass = 0.0
        for row, row_scores in zip(rows, scores):
            right = row["correct"] if "choices" in row else task.labels.index(row["output"])
            hits += max(range(len(row_scores)), key=row_scores.__getitem__) == right
            mass += torch.softmax(torch.tensor(row_scores), 0)[right].item()
        return hits / len(rows), mass / len(rows)

    def examples(self, rows, answers):
        encode = self.task_encoder()
        return [(row["prompt"], encode(answer)) for row, answer in zip(rows, answers)]

    def task_encoder(self):
        """Self-labels back to ids: the bytes are re-encoded by longest known completion, else token by token."""
        task = self.task
        if not hasattr(task, "known"):
            task.known = {}
            for split in task.splits.values():
                for row in split:
                    task.known[row["output"]] = row["completion"]
            task.by_bytes = {b: i for i, b in reversed(list(enumerate(task.engine.bytes))) if b}
        stop = task.engine.stop_id

        def encode(answer):
            if answer[0] in task.known:
                return task.known[answer[0]]
            data, ids = (" " + answer[0]).encode(), []
            while data:
                size = next(n for n in range(len(data), 0, -1) if data[:n] in task.by_bytes)
                ids.append(task.by_bytes[data[:size]])
                data = data[size:]
            return ids + [stop]

        return encode

    def keep(self, answers):
        if self.c["filter"] == "none":
            return [True] * len(answers)
        if self.c["filter"] == "labels":
            return [self.task.valid(a) and a[0] != "" for a in answers]
        return [a[1] and a[0] != "" for a in answers]

    def majority(self, rows, keys, adapter, votes):
        """The most frequent answer over as many draws of demonstrations; of equally frequent ones the first drawn."""
        rounds = [self.label(rows, [key if v == 0 else f"{key} vote {v}" for key in keys], adapter) for v in range(votes)]
        answers = []
        for ballot in zip(*rounds):
            names = [normalise(text, self.task.kind) for text, _ in ballot]
            answers.append(ballot[max(range(votes), key=lambda i: (names.count(names[i]), -i))])
        return answers

    def labelled(self, rows, keys, adapter, gold=False, votes=1):
        """Kept examples of a part, refilled from the reserve, with the account of what the teacher answered."""
        if gold:
            return [(row["prompt"], row["completion"]) for row in rows], {"labels": 1.0, "valid": 1.0, "kept_right": 1.0}
        answers = self.majority(rows, keys, adapter, votes)
        right = [self.task.right(a, r) for a, r in zip(answers, rows)]
        account = {"labels": sum(right) / len(rows), "valid": sum(map(self.task.valid, answers)) / len(rows)}
        kept = [(r, a) for r, a, ok in zip(rows, answers, self.keep(answers)) if ok]
        reserve = self.prompts[-RESERVE:]
        if len(kept) < len(rows):
            more = self.majority(reserve, [f"reserve {keys[0]} {i}" for i in range(len(reserve))], adapter, votes)
            kept += [(r, a) for r, a, ok in zip(reserve, more, self.keep(more)) if ok][: len(rows) - len(kept)]
        account["kept_right"] = sum(self.task.right(a, r) for r, a in kept) / max(1, len(kept))
        return self.examples([r for r, _ in kept], [a for _, a in kept]), account

    def arm(self, name, start, rounds):
        c, engine, part = self.c, self.task.engine, self.c["part"]
        steps = c["epochs"] * -(-part // c["batch"])
        parts = [self.prompts[t * part : (t + 1) * part] for t in range(rounds)]
        keys = [[f"label {t} {i}" for i in range(part)] for t in range(rounds)]
        adapter = None
        if name in ("single-round", "pool-sft", "vote"):
            if name == "pool-sft":
                examples, account = [(row["prompt"], row["completion"]) for row in self.pool], {}
            else:
                votes = rounds if name == "vote" else 1
                examples, account = self.labelled(sum(parts, []), sum(keys, []), None, votes=votes)
            if examples:
                adapter, _ = engine.train(engine.new_adapter(self.seed * 100), examples, rounds * steps, self.seed, c["lr"], c["batch"])
            return [{**account, **self.scores(adapter)}]
        # Six rounds begin with the very three rounds of a shorter run of the same arm and start.
        adapters, report = self.courses.get((name, start), ([], []))
        for t in range(len(adapters), rounds):
            rows, names = (parts[0], keys[0]) if name == "reuse" else (parts[t], keys[t])
            adapter = adapters[-1] if adapters else None
            teacher = None if name == "frozen-teacher" else adapter
            examples, account = self.labelled(rows, names, teacher, gold=name == "gold")
            fresh = engine.new_adapter(self.seed * 100 + t)
            begin = adapter if start == "previous" and adapter is not None else fresh
            if examples:
                adapter, _ = engine.train(begin, examples, steps, self.seed * 100 + t, c["lr"], c["batch"])
            adapters = [*adapters, adapter]
            report = [*report, {**account, **self.scores(adapter, last=False)}]
        self.courses[name, start] = (adapters, report)
        return [*report[:-1], {**report[-1], **self.likelihood(adapters[-1])}]

    def scores(self, adapter, last=True):
        answers, exact = self.exact(self.test, adapter)
        out = {"exact": exact, "valid_zero": sum(map(self.task.valid, answers)) / len(answers)}
        if self.probe and adapter is not None:
            teacher = self.label(self.probe, [f"probe {i}" for i in range(len(self.probe))], adapter)
            out["probe"] = sum(map(self.task.right, teacher, self.probe)) / len(self.probe)
        return {**out, **(self.likelihood(adapter) if last else {})}

    def likelihood(self, adapter):
        """Zero-shot constrained accuracy and the right answer's mass, for tasks that have labels or choices."""
        constrained = self.constrained(self.test, adapter)
        return dict(zip(("constrained", "mass"), constrained)) if constrained else {}

    def base(self):
        """What the base can do: exact match for k = 0, 1, 2, 4, 8 and the default, constrained beside the default."""
        out = {"k": {}, "default_k": self.task.k}
        for k in sorted({0, 1, 2, 4, 8, self.task.k}):
            answers, exact = self.exact(self.test, None, k)
            out["k"][str(k)] = exact
            if k == self.task.k:
                out["few_shot"] = exact
                out["valid"] = sum(map(self.task.valid, answers)) / len(answers)
                kept = [(a, r) for a, r, ok in zip(answers, self.test, self.keep(answers)) if ok]
                out["kept_right"] = sum(self.task.right(a, r) for a, r in kept) / max(1, len(kept))
                for level in ("easy", "medium", "hard"):
                    marked = [self.task.right(a, r) for a, r in zip(answers, self.test) if r["difficulty"] == level]
                    if marked:
                        out[level] = sum(marked) / len(marked)
        out["zero_shot"] = out["k"]["0"]
        constrained = self.constrained(self.test, None, self.task.k)
        if constrained:
            out["constrained"], out["mass"] = constrained
        return out


def main(c):
    torch.set_num_threads(c["threads"])
    out = Path(c["report"])
    done = [json.loads(line) for line in out.read_text().splitlines()] if c["resume"] and out.exists() else []
    weights = c["model_sha256"]
    if any(d["model"] != weights for d in done):
        sys.exit(f"{out} holds figures of other weights than {weights}: choose another --out.")
    seen = {(d["task"], d["arm"], d["start"], d["rounds"], d["seed"]) for d in done}
    with out.open("a" if c["resume"] else "w") as file:
        for path in c["tasks"]:
            task = Task(path, c["model"], weights)
            for seed in range(c["first_seed"], c["first_seed"] + c["seeds"]):
                run = None
                jobs = [("base", "", 0)] if c["base"] else []
                for rounds in c["rounds"]:
                    for arm in c["arms"]:
                        starts = [""] if arm in ("single-round", "pool-sft", "vote") else c["starts"]
                        jobs += [(arm, start, rounds) for start in starts]
                for arm, start, rounds in jobs:
                    if (task.id, arm, start, rounds, seed) in seen:
                        continue
                    run = run or Run(task, seed, c)
                    began = time.time()
                    result = run.base() if arm == "base" else {"rounds_report": run.arm(arm, start, rounds)}
                    line = {"task": task.id, "arm": arm, "start": start, "rounds": rounds, "seed": seed, "model": weights, **result}
                    file.write(json.dumps(line) + "\n")
                    file.flush()
                    brief = result if arm == "base" else [round(r["exact"], 3) for r in result["rounds_report"]]
                    print(task.id, arm, start, rounds, seed, brief, f"{time.time() - began:.0f}s", flush=True)


if __name__ == "__main__":
    main(json.loads(Path(sys.argv[1]).read_text()))
