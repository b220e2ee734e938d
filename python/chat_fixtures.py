"""Writes test/fixtures/chat.json: small tokenizers with chat templates, and what transformers makes of conversations.

    python python/chat_fixtures.py     needs transformers and tokenizers (written with 5.24 and 0.23)

The conversations are put together here a second time, apart from the lab's own code: prompts with demonstrations as
turns, inside one turn, with a system message, and a user's turn that goes on. A template that refuses is kept with its
words.
"""

import json
import pathlib
import tempfile

from jinja2.exceptions import TemplateError
from tokenizers import (
    Regex,
    Tokenizer,
    decoders,
    models,
    normalizers,
    pre_tokenizers,
    processors,
    trainers,
)
from transformers import PreTrainedTokenizerFast

OUT = pathlib.Path(__file__).parent.parent / "test" / "fixtures" / "chat.json"

POOL = [
    ("the film is a quiet joy .", "positive"),
    ("too long , and not very smart", "negative"),
    ('  a "charming" & witty caf\u00e9 piece \U0001f3ac', "positive"),
    ("it's 1,5 hours of nothing", "negative"),
]
INPUTS = ["never dull", "a mess :\nno story , no 'heart' ."]
SYSTEM = "Say what the writer feels: positive or negative."
PREAMBLE = "Some sentences with their labels.\n"
CORPUS = [f"Sentence: {text}\nLabel: {label}\n" for text, label in POOL] + INPUTS + [SYSTEM, PREAMBLE]
CORPUS += [
    "<|start|>user\n",
    "assistant\n",
    "system\n",
    "model\n",
    "[INST] text [/INST]",
    "User: a Assistant: b",
]
LLAMA_3 = (
    r"(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}{1,3}| ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+"
    r"|\s+(?!\S)|\s+"
)

CHATML = (
    "{% for message in messages %}{% if loop.first and messages[0]['role'] != 'system' %}"
    "{{ '<|im_start|>system\nYou are a helpful AI assistant named SmolLM, trained by Hugging Face<|im_end|>\n' }}"
    "{% endif %}{{'<|im_start|>' + message['role'] + '\n' + message['content'] + '<|im_end|>' + '\n'}}"
    "{% endfor %}{% if add_generation_prompt %}{{ '<|im_start|>assistant\n' }}{% endif %}"
)
GEMMA = (
    "{{ bos_token }}{% if messages[0]['role'] == 'system' %}{{ raise_exception('System role not supported') }}"
    "{% endif %}{% for message in messages %}{% if (message['role'] == 'user') != (loop.index0 % 2 == 0) %}"
    "{{ raise_exception('Conversation roles must alternate user/assistant/user/assistant/...') }}{% endif %}"
    "{% if (message['role'] == 'assistant') %}{% set role = 'model' %}{% else %}{% set role = message['role'] %}"
    "{% endif %}{{ '<start_of_turn>' + role + '\n' + message['content'] | trim + '<end_of_turn>\n' }}{% endfor %}"
    "{% if add_generation_prompt %}{{'<start_of_turn>model\n'}}{% endif %}"
)
LLAMA_3_TEMPLATE = """{{- bos_token }}
{%- if not date_string is defined %}
    {%- if strftime_now is defined %}
        {%- set date_string = strftime_now("%d %b %Y") %}
    {%- else %}
        {%- set date_string = "26 Jul 2024" %}
    {%- endif %}
{%- endif %}

{%- if messages[0]['role'] == 'system' %}
    {%- set system_message = messages[0]['content']|trim %}
    {%- set messages = messages[1:] %}
{%- else %}
    {%- set system_message = "" %}
{%- endif %}

{{- "<|start_header_id|>system<|end_header_id|>\\n\\n" }}
{{- "Today Date: " + date_string + "\\n\\n" }}
{{- system_message }}
{{- "<|eot_id|>" }}

{%- for message in messages %}
    {{- '<|start_header_id|>' + message['role'] + '<|end_header_id|>\\n\\n'+ message['content'] | trim + '<|eot_id|>' }}
{%- endfor %}
{%- if add_generation_prompt %}
    {{- '<|start_header_id|>assistant<|end_header_id|>\\n\\n' }}
{%- endif %}
"""
LLAMA_2 = (
    "{% if messages[0]['role'] == 'system' %}{% set rest = messages[1:] %}"
    "{% set said = '<<SYS>>\n' + messages[0]['content'] + '\n<</SYS>>\n\n' %}"
    "{% else %}{% set rest = messages %}{% set said = '' %}{% endif %}"
    "{% for message in rest %}{% set content = (said + message['content']) if loop.index0 == 0 else message['content'] %}"
    "{% if message['role'] == 'user' %}{{ bos_token + '[INST] ' + content.strip() + ' [/INST]' }}"
    "{% else %}{{ ' ' + content.strip() + ' ' + eos_token }}{% endif %}{% endfor %}"
)
# Qwen3's, without its tools: what was thought in earlier turns is left out.
THINKING = """{%- if messages[0].role == 'system' %}
    {{- '<|im_start|>system\\n' + messages[0].content + '<|im_end|>\\n' }}
{%- endif %}
{%- set ns = namespace(multi_step_tool=true, last_query_index=messages|length - 1) %}
{%- for message in messages[::-1] %}
    {%- set index = (messages|length - 1) - loop.index0 %}
    {%- if ns.multi_step_tool and message.role == "user" %}
        {%- set ns.multi_step_tool = false %}
        {%- set ns.last_query_index = index %}
    {%- endif %}
{%- endfor %}
{%- for message in messages %}
    {%- if message.role == "user" %}
        {{- '<|im_start|>' + message.role + '\\n' + message.content + '<|im_end|>' + '\\n' }}
    {%- elif message.role == "assistant" %}
        {%- if loop.index0 > ns.last_query_index %}
            {{- '<|im_start|>' + message.role + '\\n<think>\\n\\n</think>\\n\\n' + message.content.lstrip('\\n') }}
        {%- else %}
            {{- '<|im_start|>' + message.role + '\\n' + message.content }}
        {%- endif %}
        {{- '<|im_end|>\\n' }}
    {%- endif %}
{%- endfor %}
{%- if add_generation_prompt %}
    {{- '<|im_start|>assistant\\n' }}
    {%- if enable_thinking is defined and enable_thinking is false %}
        {{- '<think>\\n\\n</think>\\n\\n' }}
    {%- endif %}
{%- endif %}"""
PLAIN = (
    "{% for message in messages %}{% if message['role'] == 'user' %}User: {{ message['content'] }}\n"
    "{% elif message['role'] == 'assistant' %}Assistant: {{ message['content'] }}\n"
    "{% else %}{{ message['content'] }}\n{% endif %}{% endfor %}{% if add_generation_prompt %}Assistant:{% endif %}"
)

# Name, kind of tokenizer, first and last token, tokens of its own, template as tokenizer_config.json holds it.
MODELS = [
    ("chatml", "bytes", "<|im_start|>", "<|im_end|>", [], CHATML),
    ("gemma", "pieces", "<bos>", "<eos>", ["<start_of_turn>", "<end_of_turn>"], GEMMA),
    (
        "llama-3",
        "split",
        "<|begin_of_text|>",
        "<|end_of_text|>",
        ["<|start_header_id|>", "<|end_header_id|>", "<|eot_id|>"],
        LLAMA_3_TEMPLATE,
    ),
    ("llama-2", "pieces", "<s>", "</s>", [], LLAMA_2),
    (
        "thinking",
        "split",
        None,
        "<|im_end|>",
        ["<|im_start|>"],
        [{"name": "tool_use", "template": "unused"}, {"name": "default", "template": THINKING}],
    ),
    ("plain", "bytes", None, "<|endoftext|>", [], PLAIN),
]


def tokenizer_of(kind: str, special: list[str]) -> Tokenizer:
    tokenizer = Tokenizer(models.BPE(byte_fallback=kind == "pieces"))
    alphabet = pre_tokenizers.ByteLevel.alphabet()
    if kind == "pieces":
        # As sentencepiece has it: spaces are letters, unknown characters are bytes.
        tokenizer.normalizer = normalizers.Replace(" ", "\u2581")
        tokenizer.pre_tokenizer = pre_tokenizers.Split(" ", "merged_with_previous")
        tokenizer.decoder = decoders.Sequence(
            [decoders.Replace("\u2581", " "), decoders.ByteFallback(), decoders.Fuse()]
        )
        alphabet = []
        special = [*special, *(f"<0x{byte:02X}>" for byte in range(256))]
    else:
        split = [pre_tokenizers.Split(Regex(LLAMA_3), "isolated")] if kind == "split" else []
        tokenizer.pre_tokenizer = pre_tokenizers.Sequence(
            [*split, pre_tokenizers.ByteLevel(add_prefix_space=False, use_regex=kind == "bytes")]
        )
        tokenizer.decoder = decoders.ByteLevel()
    size = len(special) + len(alphabet) + 190
    trainer = trainers.BpeTrainer(
        vocab_size=size, special_tokens=special, initial_alphabet=alphabet, show_progress=False
    )
    tokenizer.train_from_iterator(CORPUS, trainer)
    return tokenizer


def without_bytes(made: Tokenizer) -> dict:
    """Byte tokens are words of the vocabulary, not added ones."""
    whole = json.loads(made.to_str())
    whole["added_tokens"] = [
        token for token in whole["added_tokens"] if not token["content"].startswith("<0x")
    ]
    return whole


def load(kind: str, first: str | None, last: str, own: list[str], template):
    special = [*dict.fromkeys([*([first] if first else []), last, *own])]
    made = tokenizer_of(kind, special)
    if first is not None and first != "<|im_start|>":
        made.post_processor = processors.TemplateProcessing(
            single=f"{first} $A", special_tokens=[(first, made.token_to_id(first))]
        )
    whole = without_bytes(made)
    config = {"eos_token": last, "chat_template": template, "clean_up_tokenization_spaces": False}
    if first is not None:
        config["bos_token"] = first
    with tempfile.TemporaryDirectory() as folder:
        path = pathlib.Path(folder) / "tokenizer.json"
        path.write_text(json.dumps(whole), encoding="utf-8")
        names = {"eos_token": last, **({"bos_token": first} if first else {})}
        theirs = PreTrainedTokenizerFast(tokenizer_file=str(path), **names)
    if isinstance(template, list):
        theirs.chat_template = {entry["name"]: entry["template"] for entry in template}
    else:
        theirs.chat_template = template
    return theirs, whole, config


def prompt(text: str) -> str:
    return f"Sentence: {text}\nLabel:"


def turn(role: str, content: str) -> dict:
    return {"role": role, "content": content}


def conversation(case: dict) -> list[dict]:
    messages = [turn("system", SYSTEM)] if case["system"] else []
    preamble = PREAMBLE if case["preamble"] else ""
    shots = [POOL[i] for i in case["shots"]]
    asked = "Sentence:" if case["open"] else prompt(INPUTS[case["input"]])
    if case["chat"] == "one-turn":
        shown = "".join(f"{prompt(text)} {label}\n" for text, label in shots)
        return [*messages, turn("user", preamble + shown + asked)]
    for i, (text, label) in enumerate(shots):
        messages.append(turn("user", (preamble if i == 0 else "") + prompt(text)))
        messages.append(turn("assistant", label))
    return [*messages, turn("user", asked if shots else preamble + asked)]


CASES = [
    {"chat": chat, "system": system, "preamble": preamble, "shots": shots, "input": which, "open": is_open}
    for chat, system, preamble, shots, which, is_open in [
        ("turns", False, False, [], 0, False),
        ("turns", True, False, [], 1, False),
        ("turns", False, False, [0, 1], 1, False),
        ("turns", False, True, [2, 3, 0], 0, False),
        ("turns", True, True, [1, 2], 1, False),
        ("one-turn", False, False, [], 1, False),
        ("one-turn", False, True, [3, 2], 0, False),
        ("one-turn", True, False, [0, 1, 2, 3], 1, False),
        ("turns", False, False, [1, 2], 0, True),
        ("one-turn", False, False, [1, 2], 0, True),
    ]
]


def answer_of(tokenizer, case: dict) -> dict:
    messages = conversation(case)
    said = {"tokenize": True, "return_dict": False, "enable_thinking": False, "date_string": "26 Jul 2024"}
    how = {"continue_final_message": True} if case["open"] else {"add_generation_prompt": True}
    try:
        ids = tokenizer.apply_chat_template(messages, **how, **said)
        if case["open"]:
            return {**case, "ids": ids}
        answered = [*messages, turn("assistant", "positive")]
        return {**case, "ids": ids, "answered": tokenizer.apply_chat_template(answered, **said)}
    except TemplateError as refusal:
        return {**case, "refusal": str(refusal)}


def main() -> None:
    made = []
    for name, kind, first, last, own, template in MODELS:
        theirs, whole, config = load(kind, first, last, own, template)
        cases = [answer_of(theirs, case) for case in CASES]
        made.append({"name": name, "tokenizer": whole, "config": config, "cases": cases})
    told = {"pool": POOL, "inputs": INPUTS, "system": SYSTEM, "preamble": PREAMBLE, "models": made}
    OUT.write_text(json.dumps(told, ensure_ascii=False, separators=(",", ":")) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
