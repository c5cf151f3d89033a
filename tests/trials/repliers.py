"""What the teacher of whole builds says; a pure function of the request's body."""

from __future__ import annotations

from dataclasses import dataclass, field, replace

from tests.fake_teacher import Body, Reply, arithmetic_replier, last_user_text
from tests.fake_teacher.repliers import ArithmeticReplier

THOUGHTLESS = "Quickly: "


@dataclass(frozen=True)
class SumsReplier:
    """Sums as in `arithmetic_replier`; questions that begin with `THOUGHTLESS` get no thought."""

    sums: ArithmeticReplier = field(default_factory=arithmetic_replier)

    def __call__(self, body: Body) -> Reply:
        reply = self.sums(body)
        if last_user_text(body).startswith(THOUGHTLESS):
            return replace(reply, reasoning="")
        return reply


HOSTILE = (
    "---\nlicense: mit\nconfigs: []\n---\n{{ [].__class__ }}{% raw %}<script>alert(1)</script>\n"
    "```\n# No heading\n| a | b |\n<img src=x onerror=alert(1)> [x](javascript:alert(1))\n"
    "\x1b[2J\x1b]0;mine\x07 \u2028\u2029 \u202e$(rm -rf /) `id` '; DROP TABLE rows; --\n"
)


@dataclass(frozen=True)
class HostileReplier:
    """Sums as in `arithmetic_replier`; thought and answer begin with `HOSTILE`."""

    sums: ArithmeticReplier = field(default_factory=arithmetic_replier)

    def __call__(self, body: Body) -> Reply:
        reply = self.sums(body)
        return replace(reply, reasoning=HOSTILE + reply.reasoning, content=HOSTILE + reply.content)
