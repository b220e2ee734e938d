"""What is said to a chat model (src/method/chat.ts), and how its template writes it (src/formats/chat-template.ts), through
transformers' apply_chat_template. `turns`: each demonstration is a user's turn, the task's prompt, and the assistant's, the bare
answer. `one-turn`: the text that a base model goes on from is one user's turn. Two things are held still, so that a run depends
on its setup and seed alone: a template that writes today's date writes 26 July 2024, and one that can think first is told not
to."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any

from jinja2.exceptions import TemplateError

from .errors import LabError
from .types import AnswerFrame, Arm, ChatMessage, Knobs

#: A Friday: Llama's own date where it knows none.
_DAY = {
    "%d": "26",
    "%m": "07",
    "%Y": "2024",
    "%y": "24",
    "%b": "Jul",
    "%B": "July",
    "%a": "Fri",
    "%A": "Friday",
    "%j": "208",
    "%H": "00",
    "%I": "12",
    "%M": "00",
    "%S": "00",
    "%p": "AM",
}
#: Goes before every template, in whose eyes it is transformers' own function: what a template is given beside its messages is
#: made plain data, so this cannot be passed. The expression behind it keeps a template's own first line break.
_HOLD_DAY = (
    "{%- macro strftime_now(form) -%}{{ form|replace('%%', '\0')"
    + "".join(f"|replace('{part}', '{word}')" for part, word in _DAY.items())
    + "|replace('\0', '%') }}{%- endmacro -%}{{ '' }}"
)
_SPECIMEN = "SPECIMEN-OF-AN-ANSWER"


@dataclass(frozen=True, slots=True)
class Shot:
    """A demonstration in words."""

    prompt: str
    #: As an assistant says it.
    answer: str
    #: As it stands in one text: behind a space, with what ends it.
    completion: str


def conversation(
    chat: str, system: str, preamble: str, shots: Sequence[Shot], prompt: str
) -> tuple[ChatMessage, ...]:
    """The system message stands before every prompt, shown demonstrations or not."""
    before = (ChatMessage("system", system),) if system else ()
    if chat == "one-turn":
        shown = "".join(shot.prompt + shot.completion for shot in shots)
        return (*before, ChatMessage("user", preamble + shown + prompt))
    turns = [
        turn
        for i, shot in enumerate(shots)
        for turn in (
            ChatMessage("user", (preamble if i == 0 else "") + shot.prompt),
            ChatMessage("assistant", shot.answer),
        )
    ]
    return (*before, *turns, ChatMessage("user", ("" if shots else preamble) + prompt))


def check_chat(arm: Arm) -> None:
    """Knobs that do not go together. LabError `invalid-request` naming them."""
    knobs: Knobs = arm.knobs
    if knobs.chat == "off" and knobs.system:
        raise LabError(
            "invalid-request",
            f'Arm "{arm.name}" has a system message, and its chat is off.',
            remedy="Set chat to turns or one-turn; a base model is told things in the preamble.",
        )
    if knobs.chat != "off" and knobs.token_dropout > 0:
        raise LabError(
            "invalid-request",
            f'Arm "{arm.name}" has token dropout {knobs.token_dropout:g}, which a chat has no place for: its turns are '
            "tokenised whole, so none of the input's tokens can be taken out alone.",
            remedy="Set tokenDropout to 0, or chat to off.",
        )


class ChatTemplate:
    """A tokenizer's template. LabError `invalid-request` where it has none, or with the template's own words."""

    def __init__(self, tokenizer: Any, label: str) -> None:
        self._tokenizer = tokenizer
        self._label = label
        found = tokenizer.chat_template
        if not found:
            raise LabError(
                "invalid-request",
                f"{label} has no chat template: it is a base model, which is given plain text.",
                remedy="Set chat to off, or choose an instruct model: its tokenizer_config.json or chat_template.jinja "
                "holds one.",
            )
        if isinstance(found, dict) and "default" not in found:
            raise LabError(
                "tokenizer-integrity",
                f"{label} has chat templates without one that is named default: {', '.join(found)}.",
                remedy="Put the one to use into chat_template.jinja beside the model.",
            )
        self._template = _HOLD_DAY + (found["default"] if isinstance(found, dict) else found)

    def write(self, messages: Sequence[ChatMessage], is_open: bool = False) -> str:
        """Ends where the assistant speaks; or, open, where the last turn goes on."""
        how = {"continue_final_message": True} if is_open else {"add_generation_prompt": True}
        return self._rendered(messages, **how)

    def frame(self) -> AnswerFrame:
        """What the template puts around an answer."""
        asked = (ChatMessage("user", "Q"),)
        start = self._rendered(asked, add_generation_prompt=True)
        whole = self._rendered((*asked, ChatMessage("assistant", _SPECIMEN)))
        at = whole.rfind(_SPECIMEN)
        if at < 0:
            raise LabError("invalid-request", f"The chat template of {self._label} leaves the last turn out.")
        # Words that the template writes before an answer are no part of it.
        between = whole[len(start) : at] if whole.startswith(start) else ""
        before = "" if between.strip() else between
        behind = whole[at + len(_SPECIMEN) :]
        token = behind.lstrip()
        added: dict[str, int] = self._tokenizer.get_added_vocab()
        end = max((word for word in added if word and token.startswith(word)), key=len, default="")
        if not end:
            return AnswerFrame(before, None, ())
        return AnswerFrame(before, behind[: len(behind) - len(token)] + end, (added[end],))

    def _rendered(self, messages: Sequence[ChatMessage], **how: bool) -> str:
        try:
            text: str = self._tokenizer.apply_chat_template(
                [asdict(message) for message in messages],
                chat_template=self._template,
                tokenize=False,
                enable_thinking=False,
                **how,
            )
        except (TemplateError, ValueError, TypeError) as cause:
            raise LabError(
                "invalid-request",
                f"The chat template of {self._label} refuses: {str(cause).removesuffix('.')}.",
                remedy="Where it takes no system message, leave that empty; where turns do not suit it, set chat to "
                "one-turn or off.",
            ) from cause
        return text
