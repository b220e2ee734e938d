"""LoRA through peft, with the lab's numbers: its initial values (lora_init.py) and its dropout masks (dropout.py) in place
of nn.Dropout, and adapters as plain data that go in and out of one model.

W' = W + scaling B A with A (r, in_features) and B (out_features, r); Hu et al. 2021, arXiv 2106.09685.
"""

from __future__ import annotations

import json
import math
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np
import peft
import torch
from peft.tuners.lora import LoraLayer
from safetensors import SafetensorError, safe_open
from safetensors.numpy import save
from torch import Tensor, nn
from transformers.pytorch_utils import Conv1D

from .dropout import dropout_key
from .errors import LabError
from .lora_init import init_adapter
from .types import Adapter, LinearShape, LoraConfig, LoraPair

_NAME = "default"
PREFIX = "base_model.model."
WEIGHTS_FILE = "adapter_model.safetensors"
CONFIG_FILE = "adapter_config.json"
#: Metadata of the weights file (src/formats/peft.ts).
_BASE_KEY = "base_sha256"


def _mix32(x: Tensor) -> Tensor:
    """random.mix32 of 32-bit values in int64: products wrap, and their low 32 bits are right."""
    x = ((x ^ (x >> 16)) * 0x7FEB352D) & 0xFFFFFFFF
    x = ((x ^ (x >> 15)) * 0x846CA68B) & 0xFFFFFFFF
    return x ^ (x >> 16)


class KeyedDropout(nn.Module):
    """dropout.dropout_mask on the tensor's own device. Active while it has a key, whatever the model's mode is; the element
    index counts over the whole batch, also where this process holds only some of its rows."""

    def __init__(self, probability: float, module: str) -> None:
        super().__init__()
        self._threshold = math.floor(probability * 0x100000000)
        self._kept = 1 / (1 - probability)
        self._module = module
        self._key: int | None = None
        self._first_row = 0

    def use(self, of_pass: int | None, first_row: int = 0) -> None:
        """The pass to come, and where this process' rows begin in its batch; None: nothing is dropped."""
        self._key = None if of_pass is None else dropout_key(of_pass, self._module)
        self._first_row = first_row

    def forward(self, x: Tensor) -> Tensor:
        """x: (B, T, C)."""
        if self._key is None:
            return x
        begin = self._first_row * x[0].numel()
        counters = torch.arange(begin, begin + x.numel(), device=x.device) & 0xFFFFFFFF
        bits = _mix32(_mix32(counters) ^ self._key)
        return x * ((bits >= self._threshold).to(x.dtype) * self._kept).view(x.shape)


class LoraModel:
    """One base model with room for one adapter at a time; peft's layers compute."""

    def __init__(self, base: Any, base_sha256: str | None = None) -> None:
        self.base = base
        self.linears = _linears_of(base)
        #: Modules whose weights are stored (in, out), as GPT-2's are.
        self._transposed = {name for name, module in base.named_modules() if isinstance(module, Conv1D)}
        self._base_sha256 = base_sha256
        self._peft: Any = None
        self._config: LoraConfig | None = None
        self._layers: dict[str, Any] = {}
        #: The adapter whose values stand in the layers.
        self._held: Adapter | None = None

    @contextmanager
    def answering(self, adapter: Adapter | None) -> Iterator[Any]:
        """The model as the adapter makes it; None: the base alone."""
        if adapter is not None:
            self._put(adapter)
            yield self._peft
        elif self._peft is None:
            yield self.base
        else:
            with self._peft.disable_adapter():
                yield self._peft

    @contextmanager
    def training(self, start: Adapter | None, config: LoraConfig, seed: int) -> Iterator[Any]:
        """The model with an adapter to be trained: `start`, or a fresh one of this configuration, keyed by the seed."""
        self._put(start or init_adapter(self.linears, config, seed))
        self._held = None
        for parameter in self.parameters():
            parameter.requires_grad_(True)
        try:
            yield self._peft
        finally:
            self.drop(None)
            for parameter in self.parameters():
                parameter.grad = None

    def drop(self, of_pass: int | None, first_row: int = 0) -> None:
        """Keys the dropout of the next pass; None: nothing is dropped."""
        for layer in self._layers.values():
            if isinstance(dropout := layer.lora_dropout[_NAME], KeyedDropout):
                dropout.use(of_pass, first_row)

    def parameters(self) -> list[nn.Parameter]:
        """A and B of every adapted layer, in the model's order."""
        return [factor for layer in self._layers.values() for factor in _factors(layer)]

    def taken(self) -> Adapter:
        """A copy of the adapter as it stands in the layers."""
        if self._config is None:
            raise LabError("internal", "The model has no adapter.")
        pairs = {
            module: LoraPair(*(factor.detach().float().cpu().numpy().copy() for factor in _factors(layer)))
            for module, layer in self._layers.items()
        }
        return Adapter(self._config, pairs, self._base_sha256)

    def files(self, adapter: Adapter) -> dict[str, bytes]:
        """The adapter as a PEFT folder of this model."""
        return adapter_files(adapter, fan_in_fan_out=not self._transposed.isdisjoint(adapter.pairs))

    def _put(self, adapter: Adapter) -> None:
        if self._held is adapter:
            return
        self._attach(adapter.config)
        if odd := sorted(adapter.pairs.keys() ^ self._layers.keys()):
            raise LabError("adapter-mismatch", f'Adapter and target_modules do not both mean "{odd[0]}".')
        with torch.no_grad():
            for module, layer in self._layers.items():
                pair = adapter.pairs[module]
                for factor, values in zip(_factors(layer), (pair.a, pair.b), strict=True):
                    if factor.shape != values.shape:
                        raise LabError(
                            "adapter-mismatch",
                            f'A factor of "{module}" has shape {values.shape}, '
                            f"expected {tuple(factor.shape)} by rank and base.",
                        )
                    factor.copy_(torch.from_numpy(np.ascontiguousarray(values)))
        self._held = adapter

    def _attach(self, config: LoraConfig) -> None:
        if self._config == config:
            return
        if self._peft is not None:
            self._peft.unload()
        self._peft, self._config, self._held, self._layers = None, None, None, {}
        targets = config.target_modules
        asked = peft.LoraConfig(
            r=config.r,
            lora_alpha=config.lora_alpha,  # type: ignore[arg-type]
            use_rslora=config.use_rslora,
            fan_in_fan_out=bool(self._transposed),
            # Keyed, below.
            lora_dropout=0.0,
            target_modules=targets if isinstance(targets, str) else list(targets),
            task_type="CAUSAL_LM",
        )
        try:
            model: Any = peft.get_peft_model(self.base, asked)
        except ValueError as cause:
            raise LabError("adapter-mismatch", f"peft cannot place the adapter: {cause}") from cause
        model.eval()
        for name, layer in model.named_modules():
            if not isinstance(layer, LoraLayer) or _NAME not in layer.lora_A:
                continue
            module = name.removeprefix(PREFIX)
            self._layers[module] = layer
            if config.lora_dropout > 0:
                layer.lora_dropout[_NAME] = KeyedDropout(config.lora_dropout, module)
        self._peft, self._config = model, config


def _factors(layer: Any) -> tuple[nn.Parameter, nn.Parameter]:
    return layer.lora_A[_NAME].weight, layer.lora_B[_NAME].weight


def _linears_of(base: Any) -> tuple[LinearShape, ...]:
    """The linear projections, in the model's order, the head last."""
    head = base.get_output_embeddings()
    found: list[LinearShape] = []
    for name, module in base.named_modules():
        if isinstance(module, nn.Linear):
            found.append(LinearShape(name, module.in_features, module.out_features, module is head))
        elif isinstance(module, Conv1D):
            found.append(LinearShape(name, module.nx, module.nf, module is head))
    return tuple(sorted(found, key=lambda linear: linear.is_head))


def adapter_files(adapter: Adapter, fan_in_fan_out: bool = False) -> dict[str, bytes]:
    """adapter_config.json and adapter_model.safetensors, which peft and the lab load. Only what an adapter here can have is
    said: the rest is PEFT's defaults, and a field of a later PEFT would be refused by an earlier one."""
    config = adapter.config
    targets = config.target_modules
    fields = {
        "base_model_name_or_path": None,
        "bias": "none",
        "fan_in_fan_out": fan_in_fan_out,
        "inference_mode": True,
        "init_lora_weights": True,
        "lora_alpha": config.lora_alpha,
        "lora_dropout": config.lora_dropout,
        "peft_type": "LORA",
        "r": config.r,
        "target_modules": targets if isinstance(targets, str) else list(targets),
        "task_type": "CAUSAL_LM",
        "use_rslora": config.use_rslora,
    }
    tensors = {
        f"{PREFIX}{module}.lora_{name}.weight": np.ascontiguousarray(values)
        for module, pair in adapter.pairs.items()
        for name, values in (("A", pair.a), ("B", pair.b))
    }
    metadata = {"format": "pt"}
    if adapter.base_sha256 is not None:
        metadata[_BASE_KEY] = adapter.base_sha256
    return {
        CONFIG_FILE: json.dumps(fields, indent=2).encode(),
        WEIGHTS_FILE: _settled(save(tensors, metadata)),
    }


def _settled(data: bytes) -> bytes:
    """A safetensors file with its metadata in order: the library writes them in another one each time, and the same adapter
    is to be the same bytes."""
    size = int.from_bytes(data[:8], "little")
    header = json.loads(data[8 : 8 + size])
    header["__metadata__"] = dict(sorted(header["__metadata__"].items()))
    text = json.dumps(header, separators=(",", ":"), ensure_ascii=False).encode()
    text += b" " * (-len(text) % 8)
    return len(text).to_bytes(8, "little") + text + data[8 + size :]


def read_adapter(folder: Path, config: LoraConfig | None = None) -> Adapter:
    """A PEFT folder's adapter; with `config` in place of what the folder says, where a run says it in its own words.

    Raises LabError `source-unreadable` for a folder that holds none.
    """
    try:
        fields = json.loads((folder / CONFIG_FILE).read_text("utf-8"))
        with safe_open(folder / WEIGHTS_FILE, "pt") as file:
            tensors = {name: file.get_tensor(name).float().numpy() for name in file.keys()}  # noqa: SIM118
            base = (file.metadata() or {}).get(_BASE_KEY)
        targets: str | Sequence[str] = fields["target_modules"]
        own = LoraConfig(
            r=fields["r"],
            lora_alpha=fields["lora_alpha"],
            use_rslora=fields.get("use_rslora", False),
            lora_dropout=fields.get("lora_dropout", 0.0),
            target_modules="all-linear" if isinstance(targets, str) else tuple(targets),
        )
        modules = [
            name[len(PREFIX) : -len(".lora_A.weight")] for name in tensors if name.endswith(".lora_A.weight")
        ]
        pairs = {
            module: LoraPair(
                tensors[f"{PREFIX}{module}.lora_A.weight"], tensors[f"{PREFIX}{module}.lora_B.weight"]
            )
            for module in modules
        }
    except (OSError, ValueError, KeyError, SafetensorError) as cause:
        raise LabError("source-unreadable", f"{folder} holds no adapter of PEFT: {cause}.") from cause
    return Adapter(config or own, pairs, base)
