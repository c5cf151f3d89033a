"""What a server left in a reply and no text holds: thoughts, tokens of a chat template, lost bytes.

A thought is split off where it opens a reply (`distilabel_pipelines.thoughts`); one that begins
later, or in tags of a model's own, is still there. Code and quoted tags may speak of such tokens.
"""

from __future__ import annotations

import re

_CODE = re.compile(r"(?s:```.*?(?:```|\Z))|`[^`\n]*`")
_THOUGHT_TAG = re.compile(
    r"</?(?:think|thinking|thought|thoughts|reasoning|reflection)>|\[/?THINK\]", re.IGNORECASE
)
# ChatML, Llama, Mistral, Gemma, gpt-oss and DeepSeek.
_TEMPLATE_TOKEN = re.compile(
    r"<\|[^|<>\n]{1,40}\|>|<｜[^｜\n]{1,40}｜>|\[/?INST\]|<</?SYS>>|<(?:start|end)_of_turn>|</s>"
)
_LOST = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\ufffd\ufffe\uffff\ud800-\udfff]")
_FENCE = "```"


def find_debris(text: str) -> str:
    """What of it stands in the text, in a few words; "" for a clean one."""
    lost = _LOST.search(text)
    if lost:
        return f"the character U+{ord(lost.group()):04X}"
    plain = _CODE.sub(" ", text)
    found = _THOUGHT_TAG.search(plain) or _TEMPLATE_TOKEN.search(plain)
    return repr(found.group()) if found else ""


def is_wholly_fenced(text: str) -> bool:
    """Whether all of it is one block of code, closed or not, as some chat models wrap texts."""
    inner = text.strip()
    fences = inner.count(_FENCE)
    whole = fences == 2 and inner.endswith(_FENCE)
    return inner.startswith(_FENCE) and (whole or fences == 1)
