"""The Llama architecture in plain PyTorch (1.13 or later, CPU or CUDA), with LoRA as PEFT defines it.

Shared by pretraining and simulation. Names of tensors are the Hub's (LlamaForCausalLM); tied embeddings.
"""

import json
import math
import struct
from pathlib import Path

import numpy as np
import torch
import torch.nn.functional as F

LINEARS = (
    "self_attn.q_proj",
    "self_attn.k_proj",
    "self_attn.v_proj",
    "self_attn.o_proj",
    "mlp.gate_proj",
    "mlp.up_proj",
    "mlp.down_proj",
)


def parameter_shapes(config):
    """Every tensor of the checkpoint with its shape, in the order they are initialised."""
    hidden, inner = config["hidden_size"], config["intermediate_size"]
    shapes = {"model.embed_tokens.weight": (config["vocab_size"], hidden)}
    for layer in range(config["num_hidden_layers"]):
        at = f"model.layers.{layer}."
        shapes[at + "input_layernorm.weight"] = (hidden,)
        shapes[at + "post_attention_layernorm.weight"] = (hidden,)
        for name in LINEARS:
            out_in = (hidden, hidden)
            if name.endswith(("gate_proj", "up_proj")):
                out_in = (inner, hidden)
            elif name.endswith("down_proj"):
                out_in = (hidden, inner)
            shapes[at + name + ".weight"] = out_in
    shapes["model.norm.weight"] = (hidden,)
    return shapes


def initialise(config, seed):
    """Normal(0, 0.02), projections into the residual stream scaled down by sqrt(2 layers), norms at one."""
    generator = torch.Generator().manual_seed(seed)
    params = {}
    for name, shape in parameter_shapes(config).items():
        if len(shape) == 1:
            params[name] = torch.ones(shape)
            continue
        std = 0.02
        if name.endswith(("o_proj.weight", "down_proj.weight")):
            std /= math.sqrt(2 * config["num_hidden_layers"])
        params[name] = torch.randn(shape, generator=generator) * std
    return params


def rms_norm(x, weight, eps):
    return x * torch.rsqrt(x.pow(2).mean(-1, keepdim=True) + eps) * weight


def rotary_tables(config, positions):
    """cos and sin of shape [..., T, head_dim] for integer positions [..., T]."""
    size = config["head_dim"]
    inverse = config["rope_theta"] ** (-torch.arange(0, size, 2, dtype=torch.float32, device=positions.device) / size)
    angles = positions[..., None].float() * inverse
    angles = torch.cat([angles, angles], -1)
    return angles.cos(), angles.sin()


def rotate(x, cos, sin):
    half = x.shape[-1] // 2
    return x * cos + torch.cat([-x[..., half:], x[..., :half]], -1) * sin


def hidden_states(config, params, ids, lora=None, past=None, positions=None, mask=None):
    """Final normed hidden states [B, T, hidden].

    lora: {"model.layers.0.self_attn.q_proj": (A [r, in], B [out, r])} and "scaling".
    past: list of per-layer [k, v] to be extended in place (a key-value cache), or None.
    mask: additive [B, 1, T, S] or None for the causal mask.
    """
    heads, size, eps = config["num_attention_heads"], config["head_dim"], config["rms_norm_eps"]
    batch, length = ids.shape
    if positions is None:
        positions = torch.arange(length, device=ids.device)
    cos, sin = rotary_tables(config, positions)
    if cos.dim() == 3:
        cos, sin = cos[:, None], sin[:, None]
    if mask is None:
        mask = torch.full((length, length), float("-inf"), device=ids.device).triu(1)
    x = F.embedding(ids, params["model.embed_tokens.weight"])

    def linear(name, value):
        out = F.linear(value, params[name + ".weight"])
        if lora is not None and name in lora:
            a, b = lora[name]
            out = out + F.linear(F.linear(value, a), b) * lora["scaling"]
        return out

    for layer in range(config["num_hidden_layers"]):
        at = f"model.layers.{layer}."
        h = rms_norm(x, params[at + "input_layernorm.weight"], eps)
        q, k, v = (
            linear(at + f"self_attn.{p}_proj", h).view(batch, length, heads, size).transpose(1, 2) for p in "qkv"
        )
        q, k = rotate(q, cos, sin), rotate(k, cos, sin)
        if past is not None:
            if past[layer] is not None:
                k = torch.cat([past[layer][0], k], 2)
                v = torch.cat([past[layer][1], v], 2)
            past[layer] = [k, v]
        scores = torch.matmul(q, k.transpose(-1, -2)) * (size**-0.5) + mask
        mixed = torch.matmul(torch.softmax(scores, -1), v).transpose(1, 2).reshape(batch, length, heads * size)
        x = x + linear(at + "self_attn.o_proj", mixed)
        h = rms_norm(x, params[at + "post_attention_layernorm.weight"], eps)
        x = x + linear(at + "mlp.down_proj", F.silu(linear(at + "mlp.gate_proj", h)) * linear(at + "mlp.up_proj", h))
    return rms_norm(x, params["model.norm.weight"], eps)


def logits_of(params, hidden):
    return F.linear(hidden, params["model.embed_tokens.weight"])


def write_safetensors(path, tensors, metadata=None):
    """Writes float32 or float16 tensors in the safetensors layout, sorted by name."""
    header, offset, blobs = {}, 0, []
    if metadata:
        header["__metadata__"] = metadata
    for name in sorted(tensors):
        array = tensors[name].detach().cpu().contiguous().numpy()
        blob = array.tobytes()
        dtype = {"float32": "F32", "float16": "F16"}[str(array.dtype)]
        header[name] = {"dtype": dtype, "shape": list(array.shape), "data_offsets": [offset, offset + len(blob)]}
        offset += len(blob)
        blobs.append(blob)
    text = json.dumps(header, separators=(",", ":")).encode()
    text += b" " * (-len(text) % 8)
    Path(path).write_bytes(struct.pack("<Q", len(text)) + text + b"".join(blobs))


def read_safetensors(path):
    data = Path(path).read_bytes()
    (size,) = struct.unpack("<Q", data[:8])
    header = json.loads(data[8 : 8 + size])
    header.pop("__metadata__", None)
    tensors = {}
    for name, entry in header.items():
        first, last = entry["data_offsets"]
        dtype = {"F32": np.float32, "F16": np.float16}[entry["dtype"]]
        array = np.frombuffer(data[8 + size + first : 8 + size + last], dtype=dtype).reshape(entry["shape"])
        tensors[name] = torch.from_numpy(array.astype(np.float32))
    return tensors


def load_model(folder):
    """(config, params) of a Hub-layout folder written by this tool."""
    config = json.loads((Path(folder) / "config.json").read_text())
    config.setdefault("head_dim", config["hidden_size"] // config["num_attention_heads"])
    return config, read_safetensors(Path(folder) / "model.safetensors")
