"""A run computed again in transformers and peft: its self-labels, zero-shot answers and all their log-probabilities.

    python python/recompute.py OUT --model MODEL_FOLDER [--task TASK_FOLDER]   # what npm run experiment wrote
    python python/recompute.py RUN.bootlace.zip --model MODEL_FOLDER           # what the page exported

Needs torch, transformers and peft; float32 on the CPU. A self-label's tokens are put behind its prompt and must each be
the likeliest. Where one is not, it is a tie if the likeliest leads it by less than twice the log-probability difference
that is allowed (--tolerance): so far two right float32 implementations may turn it. A run that is still under way is
computed as far as it went. Prompts and completions are tokenised apart, as the lab does.

Left out, and counted: answers of teachers that are sampled, constrained, or several votes; few-shot evaluations, whose
demonstrations no file names. Exit code 0: all equal but for ties; 1: a departure; 2: nothing to compare.
"""

import argparse
import json
import sys
import zipfile
from pathlib import Path
from urllib.parse import unquote

import numpy
import torch
from peft import LoraConfig, PeftModel, get_peft_model
from transformers import AutoModelForCausalLM, AutoTokenizer

ROOT = Path(__file__).resolve().parent.parent
METHODS = json.loads((ROOT / "experiments/methods.json").read_text("utf8"))["methods"]
SLACK = 3  # tokens that an answer may have beyond the pool's longest


def lines(text):
    return [json.loads(line) for line in text.splitlines() if line]


def runs_of_folder(out: Path, tasks: list[Path]):
    """Every run of an experiment's folder: its name, arm, task, events, and how its adapters are put on a model."""
    arms = json.loads((out / "run.json").read_text("utf8"))["config"]["arms"]
    for log in sorted(out.glob("state/*/*/*.jsonl")):
        task_name, arm_name = unquote(log.parts[-3]), unquote(log.parts[-2])
        places = [p for p in [*tasks, ROOT / "public/icl-pool" / task_name] if (p / "task.json").exists()]
        found = [p for p in places if json.loads((p / "task.json").read_text("utf8"))["id"] == task_name]
        if not found or arm_name not in arms:
            sys.exit(f"No task folder or arm for {log}: name the task's folder with --task.")
        splits = {
            s: lines((found[0] / f"{s}.jsonl").read_text("utf8")) for s in ("pool", "test", "validation")
        }
        task = {**json.loads((found[0] / "task.json").read_text("utf8")), "splits": splits}
        folder = out / "adapters" / log.relative_to(out / "state").with_suffix("")

        def adapted(base, event, folder=folder):
            return PeftModel.from_pretrained(base, folder / str(event["round"]))

        yield (
            f"{task_name}, {arm_name}, seed {log.stem}",
            arms[arm_name],
            task,
            lines(log.read_text("utf8"))[1:],
            adapted,
        )


def runs_of_export(path: Path):
    """The same of a run's file, a zip (src/store/runs/run-file.ts)."""
    with zipfile.ZipFile(path) as file:
        head, whole = json.loads(file.read("run.json")), json.loads(file.read("task.json"))
        task = {**whole["definition"], "splits": whole["splits"]}

        def adapted(base, event):
            config, modules = event["adapter"]["config"], event["adapter"]["modules"]
            names = {"r": config["r"], "lora_alpha": config["loraAlpha"], "use_rslora": config["useRslora"]}
            model = get_peft_model(base, LoraConfig(**names, target_modules=[m["module"] for m in modules]))
            numbers, at = (
                torch.from_numpy(numpy.frombuffer(file.read(event["adapter"]["file"]), "<f4").copy()),
                0,
            )
            for m in modules:
                layer = model.base_model.model.get_submodule(m["module"])
                for part, size in ((layer.lora_A, m["a"]), (layer.lora_B, m["b"])):
                    weight = part["default"].weight
                    weight.data.copy_(numbers[at : at + size].view(weight.shape))
                    at += size
            return model

        for i, cell in enumerate(head["cells"]):
            [arm] = [a for a in head["setup"]["arms"] if cell == f"{a['name']}/{cell.rsplit('/', 1)[1]}"]
            knobs = {
                "method": arm["method"],
                **METHODS[arm["method"]]["presets"],
                **head["setup"]["shared"],
                **arm["knobs"],
            }
            yield (
                f"{task['id']}, {cell}",
                knobs,
                task,
                lines(file.read(f"events/{i}.jsonl").decode("utf8")),
                adapted,
            )


class Twin:
    """The model, what the run asked of it, and how far the answers lie apart."""

    def __init__(self, folder: Path, tolerance: float):
        self.tokenizer = AutoTokenizer.from_pretrained(folder)
        self.model = AutoModelForCausalLM.from_pretrained(
            folder, dtype=torch.float32, attn_implementation="eager"
        ).eval()
        eos = self.model.generation_config.eos_token_id
        self.eos = set(eos if isinstance(eos, list) else [] if eos is None else [eos])
        self.tolerance = tolerance
        self.prefix = self.tokenizer("a")["input_ids"][: -len(self.encode("a"))]

    def encode(self, text: str) -> list[int]:
        return self.tokenizer(text, add_special_tokens=False)["input_ids"]

    def said(self, prompt: list[int], ids: list[int]) -> str:
        whole, before = (
            self.tokenizer.decode(some, skip_special_tokens=True, clean_up_tokenization_spaces=False)
            for some in (prompt + ids, prompt)
        )
        return whole[len(before) :]

    def prompt(self, task: dict, text: str, demonstrations: list[str], preamble: str) -> list[int]:
        pool = {row["id"]: row for row in task["splits"]["pool"]}
        shown = [pool[i] for i in demonstrations]
        pieces = [preamble] if preamble else []
        for row in shown:
            pieces += [task["template"].replace("{input}", row["input"]), self.answer(task, row["output"])]
        pieces.append(task["template"].replace("{input}", text))
        return self.prefix + [i for piece in pieces for i in self.encode(piece)]

    @staticmethod
    def answer(task: dict, text: str) -> str:
        return f" {text}{task['stop']}"

    def behind(self, prompt: list[int], ids: list[int]) -> torch.Tensor:
        """Log-probabilities of every token at each place of `ids`: (len(ids), vocabulary), float64."""
        with torch.no_grad():
            out = self.model(input_ids=torch.tensor([prompt + ids]), logits_to_keep=len(ids) + 1)
        return out.logits[0, :-1].double().log_softmax(-1)

    def label(self, prompt: list[int], ids: list[int], logprobs: list[float]) -> tuple[str, float]:
        """Whether each token is the likeliest, and the largest difference of a log-probability."""
        found = self.behind(prompt, ids)
        own = found[range(len(ids)), ids]
        lead = (found.max(-1).values - own).max().item()
        verdict = "equal" if lead == 0 else "tie" if lead < 2 * self.tolerance else "differs"
        return verdict, (own - torch.tensor(logprobs, dtype=torch.float64)).abs().max().item()

    def greedy(self, prompt: list[int], stop: str, limit: int) -> tuple[str, float]:
        """The greedy answer, cut at the stop and trimmed, and the least lead of a token in it."""
        past, ids, feed, least = None, [], prompt, float("inf")
        while len(ids) < limit:
            with torch.no_grad():
                out = self.model(
                    input_ids=torch.tensor([feed]), past_key_values=past, use_cache=True, logits_to_keep=1
                )
            best = out.logits[0, -1].topk(2)
            past, feed, least = (
                out.past_key_values,
                [int(best.indices[0])],
                min(least, (best.values[0] - best.values[1]).item()),
            )
            if feed[0] in self.eos:
                break
            ids += feed
            if stop in self.said(prompt, ids):
                break
        return self.said(prompt, ids).split(stop)[0].strip(), least


def compared(twin: Twin, knobs: dict, task: dict, events: list, adapted) -> tuple[int, int]:
    """Prints a line per round and kind; departures and comparisons."""
    preamble, stop, method = knobs.get("preamble", ""), task["stop"], METHODS[knobs["method"]]
    longest = max(len(twin.encode(twin.answer(task, row["output"]))) for row in task["splits"]["pool"])
    limit = knobs.get("maxNewTokens") or longest + SLACK
    if knobs.get("chat", "off") != "off":
        sys.exit("A run goes through the model's chat template, which is not computed here.")
    is_asked = (
        method["teacher"] in ("base", "previous")
        and method["votes"] == "one"
        and method["labels"].endswith("prompts")
    )
    is_greedy = knobs.get("decoding", "greedy") == "greedy"
    trained = {event["round"]: event for event in events if event["type"] == "trained"}
    base, bad, total = twin.model, 0, 0

    def told(where: str, verdicts: list[str], apart: list[float], allowed: float):
        nonlocal bad, total
        equal, ties, worst = verdicts.count("equal"), verdicts.count("tie"), max(apart, default=0.0)
        far = sum(1 for one in apart if not one <= allowed)
        bad, total = bad + len(verdicts) - equal - ties + far, total + len(verdicts) + len(apart)
        words = [f"{equal} of {len(verdicts)} equal, {ties} ties"] if verdicts else []
        words += [f"largest |difference| of {len(apart)} log-probabilities {worst:.1e}"] if apart else []
        print(
            f"  {where}: {'; '.join(words)}{'' if far == 0 else f'; {far} BEYOND {allowed:.1e}'}", flush=True
        )

    for event in events:
        kind, number = event["type"], event.get("round")
        teacher = (
            number if kind == "evaluated" else number - 1 if method["teacher"] == "previous" and number else 0
        )
        if kind not in ("evaluated", "labelled"):
            continue
        if kind == "evaluated" and event["evaluation"]["mode"] != "zero-shot":
            evaluation = event["evaluation"]
            answers = len(evaluation["predictions"])
            print(f"  round {number}, {evaluation['split']} few-shot: left out, {answers} answers")
            continue
        if kind == "labelled" and not (is_asked and is_greedy):
            print(
                f"  round {number}, labels: left out, {len(event['samples'])} of a teacher that is not one greedy answer"
            )
            continue
        if teacher > 0:
            twin.model = adapted(base, trained[teacher]).eval()
        try:
            if kind == "labelled":
                verdicts, apart = [], []
                for s in event["samples"]:
                    prompt = twin.prompt(task, s["input"], s["demonstrations"], preamble)
                    verdict, difference = twin.label(prompt, s["ids"], s["logprobs"])
                    if twin.said(prompt, s["ids"]).split(stop)[0].strip() != s.get("said", s["answer"]):
                        verdict = "differs"
                    verdicts.append(verdict)
                    apart.append(difference)
                told(f"round {number}, labels", verdicts, apart, twin.tolerance)
                continue
            evaluation = event["evaluation"]
            rows = {row["id"]: row for row in task["splits"][evaluation["split"]]}
            verdicts, apart = [], []
            for p in evaluation["predictions"]:
                row = rows[p["id"]]
                prompt = twin.prompt(task, row["input"], [], "")
                answer, lead = twin.greedy(prompt, stop, limit)
                same = (
                    answer == p["answer"]
                    if p["isFinished"]
                    else answer.startswith(p["answer"].rstrip("\ufffd"))
                )
                verdicts.append("equal" if same else "tie" if lead < 2 * twin.tolerance else "differs")
                names = [c["text"] for c in row["choices"]] if "choices" in row else task["labels"]
                for name, logprob in zip(names, p.get("labelLogprobs", []), strict=False):
                    ids = twin.encode(twin.answer(task, name))
                    own = twin.behind(prompt, ids)[range(len(ids)), ids].sum().item()
                    apart.append(abs(own - logprob) / len(ids))
            told(f"round {number}, {evaluation['split']} zero-shot", verdicts, apart, twin.tolerance)
        finally:
            if twin.model is not base:
                twin.model = twin.model.unload()
                base = twin.model
    return bad, total


def main() -> int:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("run", type=Path)
    parser.add_argument("--model", type=Path, required=True)
    parser.add_argument(
        "--task", type=Path, action="append", default=[], help="a task's folder; the bundled ones are found"
    )
    parser.add_argument(
        "--tolerance", type=float, default=1e-3, help="of a token's log-probability (default 1e-3)"
    )
    given = parser.parse_args()
    twin, bad, total = Twin(given.model, given.tolerance), 0, 0
    runs = runs_of_export(given.run) if given.run.is_file() else runs_of_folder(given.run, given.task)
    for name, knobs, task, events, adapted in runs:
        print(name)
        departures, comparisons = compared(twin, knobs, task, events, adapted)
        bad, total = bad + departures, total + comparisons
    print(f"{total} comparisons, {bad} departures.")
    return 2 if total == 0 else 1 if bad > 0 else 0


if __name__ == "__main__":
    sys.exit(main())
