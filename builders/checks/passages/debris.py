"""What a server left in a reply and no text holds: thoughts, tokens of a chat template, lost bytes,
signs of its tokenizer, UTF-8 that was read as something else, line breaks that are spelled.

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
# Byte-level BPE writes a space as Ġ and a line break as Ċ, SentencePiece a space as ▁.
_TOKENIZER_MARK = re.compile(r"(?<=\w)[ĠĊ]|▁(?=[^\W\d_])")
_MISREAD = re.compile("â€[œ™˜“”¦\u009d\u0093\u0094]|Ã[©¨¤¶¼±§ª«³]|ï¼[Œš‰›]|ã€[‚]")
# \\n\\n or \\n# in plain letters; LaTeX goes on with a letter (\\neq) or stands behind \\\\.
_SPELLED_BREAK = re.compile(
    r"(?<!\\)\\n(?:\\n)+|(?<![\\\w])\\n(?=[#*|\d-]|\s|$)|(?<=[.!?。！？])\\n(?=[A-Z\d#*|-])"
)
_OFTEN = 3  # a text may speak of one
_LOST = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\ufffd\ufffe\uffff\ud800-\udfff]")


def find_debris(text: str) -> str:
    """What of it stands in the text, in a few words; "" for a clean one."""
    lost = _LOST.search(text)
    if lost:
        return f"the character U+{ord(lost.group()):04X}"
    plain = _CODE.sub(" ", text) if "`" in text else text
    found = _THOUGHT_TAG.search(plain) or _TEMPLATE_TOKEN.search(plain)
    if found:
        return repr(found.group())
    return _find_spoilt_signs(plain)


def _find_spoilt_signs(plain: str) -> str:
    patterns = [] if plain.isascii() else [_MISREAD]
    if "Ġ" in plain or "Ċ" in plain or "▁" in plain:
        patterns.append(_TOKENIZER_MARK)
    if "\\n" in plain:
        patterns.append(_SPELLED_BREAK)
    for pattern in patterns:
        found = pattern.findall(plain)
        if len(found) >= _OFTEN:
            return f"{found[0]!r}, {len(found)} times"
    return ""
