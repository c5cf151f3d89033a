"""A teacher that writes texts: sentences of a small grammar, by the prompt and the seed alone.

English or Chinese as the prompt is. By the request's hash a share of the texts is bad in a way that
has a name; a text may come in pieces, each cut by its length, that continue one another.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from tests.fake_teacher.reply import Body, Reply, hash_share, thinking_wanted

_CJK = re.compile(r"[\u4e00-\u9fff]")
_TEXT_HEADING = re.compile(r"### (?:Finished text|完成的文章)\n")  # of the completion prompt
_NOUNS = (
    "baker river teacher garden engine harbour letter market mountain window farmer bridge "
    "forest machine painter village station library kitchen sailor valley doctor winter "
    "planet market student copper island weaver orchard"
)
_ADJECTIVES = (
    "quiet careful wooden early bright ordinary patient narrow gentle distant useful "
    "northern honest heavy familiar sudden curious modest ancient steady"
)
_VERBS = (
    "follows measures repairs describes carries studies remembers protects changes visits "
    "explains gathers balances crosses observes supports warms surrounds"
)
_PLACES = "in on of with by from at for near to"
_OBJECTS = "it them us this that her him me"
_JOINTS = "because while although when so before after until and but as unless whereas since"
_CN_SUBJECTS = ("老师", "农民", "医生", "船长", "木匠", "学生", "画家", "园丁", "工程师", "邻居")
_CN_TIMES = ("清晨", "傍晚", "冬天", "雨季", "每年春天", "节日前后", "周末", "深夜", "丰收时节")
_CN_VERBS = ("修理", "观察", "整理", "测量", "保护", "讲解", "改进", "搬运", "记录", "比较")
_CN_OBJECTS = (
    "桥梁",
    "果树",
    "水井",
    "机器",
    "书籍",
    "道路",
    "窗户",
    "土壤",
    "船只",
    "工具",
    "光线",
)
_CN_ENDS = (
    "因为这样能省下不少时间",
    "于是村里的人都来帮忙",
    "结果比去年好了许多",
    "但是过程并不轻松",
    "并且把经验告诉了别人",
    "所以大家都很放心",
    "尽管天气一直不太好",
)
_BAD_ENGLISH = {
    "refusal": "I'm sorry, but as an AI language model I cannot write about this. ",
    "boilerplate": "Sure, here is the text you asked for: ",
}
_BAD_CHINESE = {
    "refusal": "抱歉，作为一个人工智能语言模型，我无法完成这个请求。",
    "boilerplate": "好的，以下是您要求的文章：",
}


@dataclass(frozen=True)
class EssayReplier:
    """Texts of `sentences` sentences.

    Shares by the hash of prompt and seed: `refusal_rate` and `boilerplate_rate` begin as such texts
    do, `short_rate` are one sentence, `loop_rate` repeat one, `copy_rate` are the text that all
    copies share. `piece_characters` cuts: a piece of a text with finish_reason "length", unless it
    is the last. `planted` maps a part of a prompt to what its text holds. `thinks`: a thought comes
    where thinking is not switched off.
    """

    sentences: int = 12
    refusal_rate: float = 0.0
    boilerplate_rate: float = 0.0
    short_rate: float = 0.0
    loop_rate: float = 0.0
    copy_rate: float = 0.0
    piece_characters: int = 0
    planted: Mapping[str, str] = field(default_factory=dict)
    thinks: bool = False
    mean_delay_s: float = 0.0

    def __call__(self, body: Body) -> Reply:
        prompt, so_far = read_prompt(body)
        key = f"{prompt}\x1f{body.get('seed')}"
        text = self._write(prompt, key)
        if not text.startswith(so_far):
            raise ValueError(f"asked to continue {so_far[-60:]!r}, which is none of its texts")
        rest = text[len(so_far) :]
        piece = rest[: self.piece_characters] if self.piece_characters else rest
        thought = "The reader wants a text." if self.thinks and thinking_wanted(body) else ""
        return Reply(
            content=piece,
            reasoning=thought,
            finish_reason="stop" if piece == rest else "length",
            delay_s=self.mean_delay_s * (0.5 + hash_share("delay", key, so_far)),
        )

    def _write(self, prompt: str, key: str) -> str:
        for part, planted in self.planted.items():
            if part in prompt:
                return f"{write_sentences(prompt, key, 6)} {planted}"
        share = hash_share("fate", key)
        for name, rate in self._rates().items():
            if share < rate:
                return self._write_bad(name, prompt, key)
            share -= rate
        return write_sentences(prompt, key, self.sentences)

    def _rates(self) -> dict[str, float]:
        return {
            "refusal": self.refusal_rate,
            "boilerplate": self.boilerplate_rate,
            "short": self.short_rate,
            "loop": self.loop_rate,
            "copy": self.copy_rate,
        }

    def _write_bad(self, name: str, prompt: str, key: str) -> str:
        if name == "short":
            return write_sentences(prompt, key, 1)
        if name == "loop":
            return " ".join([write_sentences(prompt, key, 1)] * 20)
        if name == "copy":
            return write_sentences(prompt, "copy", self.sentences)
        opening = (_BAD_CHINESE if _CJK.search(prompt) else _BAD_ENGLISH)[name]
        return opening + write_sentences(prompt, key, self.sentences)


def read_prompt(body: Body) -> tuple[str, str]:
    """The prompt and the text so far, "" where a request begins one."""
    if "prompt" in body:
        parts = _TEXT_HEADING.split(body["prompt"])
        return parts[0], parts[-1] if len(parts) > 1 else ""
    last = body["messages"][-1]
    return body["messages"][0]["content"], last["content"] if last["role"] == "assistant" else ""


def write_sentences(prompt: str, key: str, count: int) -> str:
    """Distinct sentences in the prompt's language, in paragraphs of four."""
    chinese = bool(_CJK.search(prompt))
    write = _write_chinese if chinese else _write_english
    sentences = [write(f"{key}/{number}") for number in range(count)]
    joint = "" if chinese else " "
    paragraphs = [joint.join(sentences[first : first + 4]) for first in range(0, count, 4)]
    return "\n\n".join(paragraphs)


def _pick(words: str | Sequence[str], *parts: object) -> str:
    choices = words.split() if isinstance(words, str) else words
    return choices[int(hash_share(*parts) * len(choices))]


def _write_english(key: str) -> str:
    noun = [_pick(_NOUNS, key, "noun", number) for number in range(4)]
    verb = [_pick(_VERBS, key, "verb", number) for number in range(2)]
    adjective = [_pick(_ADJECTIVES, key, "adjective", number) for number in range(2)]
    return (
        f"The {adjective[0]} {noun[0]} {verb[0]} the {noun[1]} {_pick(_JOINTS, key)} a {noun[2]} "
        f"{_pick(_PLACES, key)} the {adjective[1]} {noun[3]} {verb[1]} {_pick(_OBJECTS, key)}."
    )


def _write_chinese(key: str) -> str:
    return (
        f"{_pick(_CN_TIMES, key, 'a')}，{_pick(_CN_SUBJECTS, key, 'b')}"
        f"{_pick(_CN_VERBS, key, 'c')}了{_pick(_CN_OBJECTS, key, 'd')}，"
        f"又去{_pick(_CN_VERBS, key, 'e')}{_pick(_CN_OBJECTS, key, 'f')}，"
        f"{_pick(_CN_ENDS, key, 'g')}。"
    )
