"""All that a fake DashScope will do, as one frozen value that can be pickled."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path

from tests.fake_dashscope.batch_rules import BatchRules
from tests.fake_dashscope.limits import RateLimits
from tests.fake_dashscope.models import CATALOGUE, ModelCard
from tests.fake_teacher import FaultSchedule, Replier, WireStyle, arithmetic_replier, no_faults

API_KEY = "sk-fake-dashscope-0123456789abcdef"


@dataclass(frozen=True)
class DashScopeScript:
    """What the server answers, refuses and counts.

    `faults` gives errors (errors.refusal) and faults of the transport (tests/fake_teacher) to
    realtime requests. Every `byte_by_byte_every`-th streamed answer is written byte by byte.
    `cached_prompts` counts a system message that was seen before as cached input. `list_models`
    False answers 404 to `/models`: the real endpoint lists, but its manual does not promise it.
    `budget_must_fit` refuses `max_completion_tokens` at or below the thinking budget, as clients
    report of the real one (no page says so). `workspace_models`, where given, are those that the
    key's workspace may call: others get `Model.AccessDenied`.
    """

    replier: Replier = field(default_factory=arithmetic_replier)
    api_key: str = API_KEY
    models: tuple[ModelCard, ...] = CATALOGUE
    workspace_models: tuple[str, ...] | None = None
    limits: RateLimits = field(default_factory=RateLimits)
    faults: FaultSchedule = no_faults
    batch: BatchRules = field(default_factory=BatchRules)
    style: WireStyle = field(default_factory=WireStyle)
    byte_by_byte_every: int | None = None
    cached_prompts: bool = False
    budget_must_fit: bool = False
    list_models: bool = True
    port: int = 0
    log_path: Path | None = None

    def card(self, name: object) -> ModelCard | None:
        """The model of a name."""
        return next((card for card in self.models if card.name == name), None)
