"""Adapters in the spellings that people have, and what PEFT makes of each: fixtures of test/unit/adapter-spellings.test.ts.

    python python/adapters.py                 # writes test/fixtures/adapters
    python python/adapters.py --check DIR     # DIR/NAME is an adapter that the lab wrote: PEFT must compute the same

All stand on the tiny random llama of test/fixtures/golden. Each case says what PEFT itself does: `same`
where its logits are those of the factors in the file on the base (`rounded`: on a base rounded to bfloat16), `without`
where it drops factors with no more than a warning, `loads` what the lab refuses, `refuses` otherwise.
"""

import argparse
import json
import shutil
import sys
import warnings
from pathlib import Path

import torch
import transformers
from peft import LoraConfig, PeftModel, get_peft_model
from safetensors.torch import load_file, save_file

HOME = Path(__file__).resolve().parent.parent / "test/fixtures"
BASE = HOME / "golden/llama"
OUT = HOME / "adapters"
IDS = torch.tensor([[3, 17, 5, 42, 8, 101, 77]])
PREFIX = "base_model.model."
QV = ["q_proj", "v_proj"]


def base_model() -> torch.nn.Module:
    return transformers.AutoModelForCausalLM.from_pretrained(BASE, dtype=torch.float32).eval()


def logits_of(model: torch.nn.Module) -> torch.Tensor:
    with torch.no_grad():
        return model(IDS, use_cache=False).logits[0].contiguous()


def made(seed: int = 1, **fields) -> tuple[torch.nn.Module, dict, dict]:
    """A model with a random adapter, its tensors and its configuration as PEFT saves them."""
    config = LoraConfig(**{"r": 2, "lora_alpha": 6, "task_type": "CAUSAL_LM", "target_modules": QV} | fields)
    model = get_peft_model(base_model(), config).eval()
    generator = torch.Generator().manual_seed(seed)
    with torch.no_grad():
        for name, parameter in sorted(model.named_parameters()):
            if "lora_" in name:
                parameter.copy_(0.3 * torch.randn(parameter.shape, generator=generator))
    scratch = OUT / "scratch"
    model.save_pretrained(scratch)
    tensors = load_file(scratch / "adapter_model.safetensors")
    saved = json.loads((scratch / "adapter_config.json").read_text())
    shutil.rmtree(scratch)
    saved["base_model_name_or_path"] = "tiny-random/llama"
    if isinstance(saved["target_modules"], list):
        saved["target_modules"] = sorted(saved["target_modules"])
    return model, tensors, saved


def renamed(tensors: dict, old: str, new: str) -> dict:
    return {name.replace(old, new, 1): tensor for name, tensor in tensors.items()}


class Cases:
    def __init__(self) -> None:
        self.found: list[dict] = []
        self.logits: dict[str, torch.Tensor] = {}

    def add(self, name: str, what: str, tensors: dict, config: dict, wanted: torch.Tensor | None) -> None:
        """@param wanted logits of the factors in the file; None where nobody can honour it"""
        folder = OUT / name
        folder.mkdir(parents=True)
        save_file(
            {key: value.contiguous() for key, value in tensors.items()},
            folder / "adapter_model.safetensors",
            {"format": "pt"},
        )
        (folder / "adapter_config.json").write_text(json.dumps(config, indent=1) + "\n")
        self.found.append(
            {"name": name, "what": what, "peft": self.by_peft(folder, wanted), "loads": wanted is not None}
        )
        if wanted is not None:
            self.logits[name] = wanted.clone()

    @staticmethod
    def by_peft(folder: Path, wanted: torch.Tensor | None) -> str:
        try:
            with warnings.catch_warnings():
                warnings.simplefilter("ignore")
                found = logits_of(PeftModel.from_pretrained(base_model(), folder).eval())
        except Exception:  # Whatever it meets, it does not load.
            return "refuses"
        if wanted is None:
            return "loads"
        apart = (found - wanted).abs().max().item()
        return "same" if apart < 1e-4 else "rounded" if apart < 0.05 * wanted.abs().max() else "without"


def add_patterns(cases: Cases) -> None:
    for name, what, fields in [
        ("plain", "as PEFT writes it", {}),
        ("layers-to-transform", "`layers_to_transform`", {"layers_to_transform": [1]}),
        ("layers-pattern", "`layers_pattern`", {"layers_to_transform": [0], "layers_pattern": ["layers"]}),
        ("exclude-list", "`exclude_modules`, a list", {"exclude_modules": ["layers.0.self_attn.v_proj"]}),
        ("exclude-regex", "`exclude_modules`, an expression", {"exclude_modules": r".*\.1\..*q_proj"}),
        ("rank-pattern", "`rank_pattern`", {"rank_pattern": {"v_proj": 3}}),
        ("alpha-pattern", "`alpha_pattern`", {"alpha_pattern": {r"layers\.[1-9]\..*": 20}}),
        ("rslora", "`use_rslora`", {"use_rslora": True}),
        (
            "rslora-patterns",
            "both patterns with `use_rslora`",
            {
                "use_rslora": True,
                "rank_pattern": {"layers.1.self_attn.q_proj": 4},
                "alpha_pattern": {"q_proj": 5.5},
            },
        ),
        ("regex", "`target_modules`, an expression", {"target_modules": r".*\.(q|v)_proj"}),
        ("lookahead", "`target_modules` with lookahead", {"target_modules": r"^(?!.*mlp).*(q|v)_proj"}),
        ("all-linear", '`target_modules` "all-linear"', {"target_modules": "all-linear"}),
        ("fan-in-fan-out", "`fan_in_fan_out` on a linear layer", {"fan_in_fan_out": True}),
        (
            "head",
            "an adapter on the head, with copies of embedding and head",
            {"target_modules": ["lm_head"]},
        ),
        ("saved-copy", "`modules_to_save` that were not trained", {"modules_to_save": ["embed_tokens"]}),
    ]:
        model, tensors, config = made(**fields)
        cases.add(name, what, tensors, config, logits_of(model))


def add_spellings(cases: Cases) -> None:
    model, tensors, config = made()
    wanted = logits_of(model)
    spelt = {
        "orig-mod": ("names of a compiled model (`_orig_mod.`)", f"{PREFIX}_orig_mod."),
        "module": ("names of DataParallel (`module.`)", f"{PREFIX}module."),
        "no-prefix": ("`base_model.model.` missing", ""),
        "double-prefix": ("`base_model.model.` twice", PREFIX + PREFIX),
        "double-model": ("the base's own first part twice", f"{PREFIX}model."),
    }
    for name, (what, prefix) in spelt.items():
        cases.add(name, what, renamed(tensors, PREFIX, prefix), config, wanted)
    cases.add(
        "no-model",
        "the base's own first part missing",
        renamed(tensors, f"{PREFIX}model.", PREFIX),
        config,
        wanted,
    )
    cases.add(
        "checkpoint-wrapped",
        "names under activation checkpointing (`_checkpoint_wrapped_module.`)",
        renamed(tensors, "self_attn.", "_checkpoint_wrapped_module.self_attn."),
        config,
        wanted,
    )
    cases.add(
        "default",
        "the adapter's own name in the tensors' (`.default.`)",
        renamed(tensors, ".weight", ".default.weight"),
        config,
        wanted,
    )
    half = {name: tensor.to(torch.bfloat16) for name, tensor in tensors.items()}
    with torch.no_grad():
        for name, parameter in model.named_parameters():
            if "lora_" in name:
                parameter.copy_(half[name.replace(".default", "")].float())
    cases.add("bfloat16", "bfloat16 factors", half, config, logits_of(model))


def add_deviations(cases: Cases) -> None:
    model, tensors, config = made()
    wanted = logits_of(model)
    more = config | {"target_modules": [*QV, "o_proj"]}
    cases.add("fewer-tensors", "fewer modules than `target_modules` means", tensors, more, wanted)
    cases.add(
        "more-tensors",
        "more modules than `target_modules` means",
        tensors,
        config | {"target_modules": ["q_proj"]},
        wanted,
    )
    saved = config | {"modules_to_save": ["embed_tokens"]}
    embedding = base_model().get_input_embeddings().weight.detach()
    key = f"{PREFIX}model.embed_tokens.weight"
    cases.add(
        "saved-bfloat16",
        "a bfloat16 copy of the embedding",
        tensors | {key: embedding.to(torch.bfloat16)},
        saved,
        wanted,
    )
    cases.add(
        "saved-trained",
        "a trained embedding (`modules_to_save`)",
        tensors | {key: embedding + 0.01},
        saved,
        None,
    )
    cases.add("other-rank", "a rank that is not the configuration's", tensors, config | {"r": 4}, None)
    untrained = {name: tensor * (0 if "lora_B" in name else 1) for name, tensor in tensors.items()}
    cases.add("untrained", "B all zero", untrained, config, logits_of(base_model()))
    nothing = {f"{PREFIX}model.layers.9.self_attn.q_proj.lora_A.weight": torch.ones(2, 48)}
    cases.add("none-matched", "modules that the base does not have", nothing, config, None)


def add_refused(cases: Cases) -> None:
    for name, what, fields in [
        ("dora", "DoRA", {"use_dora": True}),
        ("lora-bias", "`lora_bias`", {"lora_bias": True}),
        ("embedding", "an adapted embedding", {"target_modules": [*QV, "embed_tokens"]}),
        ("trained-tokens", "`trainable_token_indices`", {"trainable_token_indices": [3]}),
    ]:
        _, tensors, config = made(**fields)
        cases.add(name, what, tensors, config, None)
    _, tensors, config = made()
    cases.add(
        "pissa",
        "an initialisation that changes the base",
        tensors,
        config | {"init_lora_weights": "pissa"},
        None,
    )


def write() -> None:
    for old in OUT.iterdir():
        if old.is_dir():
            shutil.rmtree(old)
    cases = Cases()
    add_patterns(cases)
    add_spellings(cases)
    add_deviations(cases)
    add_refused(cases)
    save_file(cases.logits, OUT / "logits.safetensors")
    (OUT / "cases.json").write_text(
        json.dumps({"ids": IDS[0].tolist(), "cases": cases.found}, indent=1) + "\n"
    )


def check(folder: Path) -> None:
    wanted = load_file(OUT / "logits.safetensors")
    worst = {
        name: (logits_of(PeftModel.from_pretrained(base_model(), folder / name).eval()) - logits)
        .abs()
        .max()
        .item()
        for name, logits in wanted.items()
    }
    for name, value in worst.items():
        print(f"{'ok  ' if value < 1e-4 else 'FAIL'} {name} {value:.1e}")
    if max(worst.values()) >= 1e-4:
        sys.exit(1)


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--check", type=Path)
    options = parser.parse_args()
    if options.check is None:
        write()
    else:
        check(options.check)


if __name__ == "__main__":
    main()
