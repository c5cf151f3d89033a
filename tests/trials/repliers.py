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
