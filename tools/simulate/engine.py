"""Labelling, scoring and LoRA training for the simulation, over tools/pretrain/llama.py."""

import hashlib
import math
import sys
from pathlib import Path

import torch
import torch.nn.functional as F

sys.path.insert(0, str(Path(__file__).resolve().parent.parent / "pretrain"))
import llama  # noqa: E402

R, ALPHA = 8, 16


class Engine:
    def __init__(self, folder, tokens, stop, sha256):
        found = hashlib.sha256((Path(folder) / "model.safetensors").read_bytes()).hexdigest()
        if found != sha256:
            sys.exit(f"{folder}/model.safetensors changed while the simulation ran: {found}, not {sha256}.")
        self.config, self.params = llama.load_model(folder)
        self.bytes = [bytes.fromhex(t) for t in tokens]
        self.stop = stop
        stop_ids = [i for i, b in enumerate(self.bytes) if b == stop.encode()]
        self.stop_id = stop_ids[0]

    # ------------------------------------------------------------ adapters

    def new_adapter(self, seed):
        """LoRA on every linear layer as PEFT starts it: A uniform in +-1/sqrt(in) (Kaiming, a = sqrt 5), B zero."""
        generator = torch.Generator().manual_seed(seed)
        adapter = {"scaling": ALPHA / R}
        for layer in range(self.config["num_hidden_layers"]):
            for name in llama.LINEARS:
                at = f"model.layers.{layer}.{name}"
                out, inn = self.params[at + ".weight"].shape
                a = (torch.rand(R, inn, generator=generator) * 2 - 1) / math.sqrt(inn)
                adapter[at] = (a, torch.zeros(out, R))
        return adapter

    # ------------------------------------------------------------ labelling

    def merged(self, adapter):
        """The base's weights with W + scaling B A in place of W: answers cost no more than the base's."""
        if adapter is None:
            return self.params
        merged = dict(self.params)
        for name, pair in adapter.items():
            if name != "scaling":
                merged[name + ".weight"] = self.params[name + ".weight"] + adapter["scaling"] * (pair[1] @ pair[0])
        return merged

    def _batches(self, prompts, size):
        order = sorted(range(len(prompts)), key=lambda i: len(prompts[i]))
        for i in range(0, len(order), size):
            yield order[i : i + size]

    def _padded(self, prompts):
        """Left-padded ids with positions and additive mask, so that every row's last token stands in the last column."""
        width = max(map(len, prompts))
        ids = torch.zeros(len(prompts), width, dtype=torch.long)
        pad = torch.tensor([width - len(p) for p in prompts])
        for i, p in enumerate(prompts):
            ids[i, width - len(p) :] = torch.tensor(p)
        columns = torch.arange(width)
        positions = (columns[None] - pad[:, None]).clamp(min=0)
        causal = columns[None, :] <= columns[:, None]
        visible = causal[None] & ((columns[None, None] >= pad[:, None, None]) | (columns[:, None] == columns[None, :])[None])
        mask = torch.zeros(visible.shape).masked_fill(~visible, float("-inf"))[:, None]
        return ids, positions, mask, pad

    @torch.no_grad()
    def generate(self, prompts, adapter=None, limit=6, batch=64):
        """Greedy answers: [(text before the stop, whether the stop came)]."""
        answers, params = [("", False)] * len(prompts), self.merged(adapter)
        for group in self._batches(prompts, batch):
            ids, positions, mask, pad = self._padded([prompts[i] for i in group])
            past = [None] * self.config["num_hidden_layers"]
            out = llama.hidden_states(self.config, params, ids, None, past, positions, mask)
            rows, live = [[] for _ in group], set(range(len(group)))
            position = positions[:, -1:]
            key_mask = mask[:, :, -1:, :]
            for _ in range(limit):
                token = llama.logits_of(params, out[:, -1]).argmax(-1)
                for i in list(live):
                    rows[i].append(token[i].item())
                    if rows[i][-1] in (self.stop_id, 0):
                        live.discard(i)
                if not live:
                    break
                position = position + 1
                key_mask = F.pad(key_mask, (0, 1))
                out = llama.hidden_states(self.config, params, token[:, None], None, past, position, key_mask)
            for i, row in zip(group, rows):
                data = b"".join(self.bytes[t] for t in row)
                text = data.decode("utf-8", "replace")
                found = self.stop in text
                answers[i] = (text.split(self.stop)[0].strip(), found)
        return answers

    @torch.no_grad()
    def score(self, prompts, candidates, adapter=None, batch=64):
        """Summed log-probability of each candidate completion after each prompt: [prompts][candidates]."""
        scores, params = [None] * len(prompts), self.merged(adapter)
        for group in self._batches(prompts, batch):
            ids, positions, mask, _ = self._padded([prompts[i] for i in group])
            past = [None] * self.config["num_hidden_layers"]
            out = llama.hidden_states(self.config, params, ids, None, past, positions, mask)
            first = torch.log_softmax(llama.logits_of(params, out[:, -1]), -1)
            lists = [candidates[i] for i in group]
            result = torch.zeros(len(group), max(map(len, lists)))
            for c in range(result.shape[1]):
                completion = [row[c] if c < len(row) else row[0] for row in lists]
                width = max(map(len, completion))
                more = torch.zeros(len(group), width, dtype=torch.long)
                real = torch.zeros(len(group), width)
                for i, ids_ in enumerate(completion):
                    more[i, : len(ids_)] = torch.tensor(ids_)
                    real[i, : len(ids_)] = 1
                total = first.gather(1, more[:, :1])[:, 0]
                if width > 1:
                    steps = torch.arange(width - 1)
                    key_mask = mask[:, :, -1:, :].expand(-1, -1, width - 1, -1)
                    causal = torch.full((width - 1, width - 1), float("-inf")).triu(1)
                    full = torch.cat([key_mask, causal.expand(len(group), 1, -1, -1)], -1)
                    hidden = llama.hidden_states(
                        self.config, params, more[:, :-1], None, list(past), positions[:, -1:] + 1 + steps, full
                    )
                    logp = torch.log_softmax(llama.logits_of(params, hidden), -1)
                    rest = logp.gather(2, more[:, 1:, None])[..., 0]
                    total = total + (rest * real[:, 1:]).sum(1)
                result[:, c] = total
            for row, i in enumerate(group):
                scores[i] = result[row, : len(candidates[i])].tolist()
        return scores

    # ------------------------------------------------------------ training

    def train(self, adapter, examples, steps, seed, lr=2e-3, batch=16, warmup=0.05, clip=1.0):
        """AdamW on the completion's tokens, token-weighted; examples cycle, reshuffled every pass. Returns the losses."""
        names = [n for n in adapter if n != "scaling"]
        leaves = {n: tuple(t.clone().requires_grad_() for t in adapter[n]) for n in names}
        flat = [t for n in names for t in leaves[n]]
        optimizer = torch.optim.AdamW(flat, lr=lr, betas=(0.9, 0.999), eps=1e-8, weight_decay=0.0)
        generator = torch.Generator().manual_seed(seed)
        live = {"scaling": adapter["scaling"], **leaves}
        warm = math.ceil(warmup * steps)
        order, losses = [], []
        for step in range(steps):
            while len(order) < batch:
                order += torch.randperm(len(examples), generator=generator).tolist()
            picked, order = [examples[i] for i in order[:batch]], order[batch:]
            width = max(len(p) + len(c) for p, c in picked)
            ids = torch.zeros(len(picked), width, dtype=torch.long)
            target = torch.full((len(picked), width), -100)
            for i, (p, c) in enumerate(picked):
                ids[i, : len(p) + len(c)] = torch.tensor(p + c)
                target[i, len(p) - 1 : len(p) + len(c) - 1] = torch.tensor(c)
            factor = (step + 1) / warm if step < warm else (steps - step) / max(1, steps - warm)
            for group in optimizer.param_groups:
                group["lr"] = lr * factor
            hidden = llama.hidden_states(self.config, self.params, ids, live)
            chosen = target != -100
            loss = F.cross_entropy(llama.logits_of(self.params, hidden[chosen]), target[chosen])
            optimizer.zero_grad(set_to_none=True)
            loss.backward()
            torch.nn.utils.clip_grad_norm_(flat, clip)
            optimizer.step()
            losses.append(loss.item())
        return {"scaling": adapter["scaling"], **{n: tuple(t.detach() for t in leaves[n]) for n in names}}, losses
