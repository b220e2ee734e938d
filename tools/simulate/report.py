"""Markdown tables from a report of simulate.py: the base, every arm, and paired differences with Student's t intervals."""

import json
import math
import sys
from collections import defaultdict
from pathlib import Path

# Two-sided 95% points of Student's t for 1 to 30 degrees of freedom.
T95 = [12.71, 4.30, 3.18, 2.78, 2.57, 2.45, 2.36, 2.31, 2.26, 2.23, 2.20, 2.18, 2.16, 2.14, 2.13, 2.12, 2.11, 2.10, 2.09,
       2.09, 2.08, 2.07, 2.07, 2.06, 2.06, 2.06, 2.05, 2.05, 2.05, 2.04]  # fmt: skip


ONCE = ("single-round", "vote", "pool-sft")
COLUMNS = ("soft", "frozen-teacher", "single-round", "vote", "pool-sft", "gold", "reuse")


def mean(values):
    return sum(values) / len(values)


def interval(values):
    """Half width of the 95% interval of the mean; nan for a single value."""
    n = len(values)
    if n < 2:
        return float("nan")
    m = mean(values)
    return T95[min(n - 2, 29)] * math.sqrt(sum((v - m) ** 2 for v in values) / (n - 1) / n)


def number(values, digits=3):
    return f"{mean(values):.{digits}f} ± {interval(values):.{digits}f}" if len(values) > 1 else f"{mean(values):.{digits}f}"


def table(head, rows):
    return "\n".join(["| " + " | ".join(head) + " |", "|" + " --- |" * len(head)] + ["| " + " | ".join(r) + " |" for r in rows])


def base_table(lines):
    by_task = defaultdict(list)
    for line in lines:
        if line["arm"] == "base":
            by_task[line["task"]].append(line)
    rows = []
    for task, runs in by_task.items():
        ks = [f"{mean([r['k'][k] for r in runs]):.2f}" for k in ("0", "1", "2", "4", "8")]
        constrained = number([r["constrained"] for r in runs]) if "constrained" in runs[0] else "–"
        levels = "/".join(f"{mean([r[d] for r in runs]):.2f}" if d in runs[0] else "–" for d in ("easy", "medium", "hard"))
        rows.append([task, str(runs[0]["default_k"]), *ks, number([r["few_shot"] for r in runs]),
                     number([r["valid"] for r in runs]), number([r["kept_right"] for r in runs]), constrained, levels])  # fmt: skip
    head = ["task", "k", "k=0", "k=1", "k=2", "k=4", "k=8", "few-shot exact", "valid", "right of kept", "constrained", "easy/medium/hard"]
    return table(head, rows)


def arm_tables(lines):
    runs = defaultdict(dict)
    for line in lines:
        if line["arm"] != "base":
            runs[line["task"], line["rounds"], line["arm"], line["start"]][line["seed"]] = line["rounds_report"]
    texts = []
    for task, rounds in sorted({(t, r) for t, r, _, _ in runs}):
        rows = []
        for (t, r, arm, start), seeds in runs.items():
            if (t, r) != (task, rounds):
                continue
            reports = list(seeds.values())
            course = ", ".join(f"{mean([rep[i]['exact'] for rep in reports]):.3f}" for i in range(len(reports[0])))
            taught = ", ".join(f"{mean([rep[i].get('labels', float('nan')) for rep in reports]):.2f}" for i in range(len(reports[0])))
            probe = ", ".join(f"{mean([rep[i].get('probe', float('nan')) for rep in reports]):.2f}" for i in range(len(reports[0])))
            rows.append([arm, start or "–", course, number([rep[-1]["exact"] for rep in reports]), taught, probe, str(len(reports))])
        texts.append(f"#### {task}, {rounds} rounds\n\n" + table(
            ["arm", "start", "zero-shot after each round", "last", "self-labels right", "probe, few-shot", "seeds"], rows))  # fmt: skip
    return "\n\n".join(texts), runs


def differences(runs):
    rows = []
    for task, rounds, start in in_order(runs):
        seeds = runs.get((task, rounds, "soft", start), {})
        row = [task, str(rounds), start]
        for other in ("frozen-teacher", "single-round", "vote", "pool-sft", "reuse"):
            against = runs.get((task, rounds, other, "" if other in ONCE else start), {})
            paired = [seeds[s][-1]["exact"] - against[s][-1]["exact"] for s in seeds if s in against]
            row.append(number(paired) if paired else "–")
        rows.append(row)
    return table(["task", "rounds", "start", "soft − frozen-teacher", "soft − single-round", "soft − vote", "soft − pool-sft",
                  "soft − reuse"], rows)  # fmt: skip


def in_order(runs):
    """(task, rounds, start) of all arms with a start: tasks as they came, then rounds, then start."""
    tasks = list(dict.fromkeys(task for task, *_ in runs))
    found = {(task, rounds, start) for task, rounds, _, start in runs if start}
    return sorted(found, key=lambda key: (tasks.index(key[0]), *key[1:]))


def last_table(runs):
    """Exact match after the last round of every arm; arms that train once have no start and stand in both rows."""
    rows = []
    for task, rounds, start in in_order(runs):
        row = [task, str(rounds), start]
        for arm in COLUMNS:
            seeds = runs.get((task, rounds, arm, "" if arm in ONCE else start), {})
            row.append(number([reports[-1]["exact"] for reports in seeds.values()]) if seeds else "–")
        rows.append([*row, str(len(runs.get((task, rounds, "soft", start), {})))])
    return table(["task", "rounds", "start", *COLUMNS, "seeds"], rows)


def main(path):
    lines = [json.loads(line) for line in Path(path).read_text().splitlines()]
    arms, runs = arm_tables(lines)
    text = "### The base\n\n" + base_table(lines)
    if runs:
        text += "\n\n### Zero-shot exact match after the last round (95% interval)\n\n" + last_table(runs)
        text += "\n\n### Differences at the last round (paired by seed, 95% interval)\n\n" + differences(runs) + "\n\n### Arms\n\n" + arms
    Path(path).with_name("report.md").write_text(text + "\n")
    print(text)


if __name__ == "__main__":
    main(sys.argv[1])
