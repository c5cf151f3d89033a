"""A loopback DashScope (Alibaba Cloud Model Studio), written from its documentation.

`DashScopeScript` says what it does (script.py); models.py, errors.py, limits.py, chat.py and
batches.py follow one page of the manual each and name it. `FakeDashScope` runs on a thread,
`FakeDashScopeProcess` in a process of its own (run.py). Nothing here was written from our client.
"""

from tests.fake_dashscope.batch_rules import BatchRules
from tests.fake_dashscope.errors import ERRORS, DashScopeFault, ErrorRow, refusal
from tests.fake_dashscope.limits import RateLimits
from tests.fake_dashscope.models import CATALOGUE, ModelCard, Thinking
from tests.fake_dashscope.run import FakeDashScope, FakeDashScopeProcess
from tests.fake_dashscope.script import API_KEY, DashScopeScript

__all__ = [
    "API_KEY",
    "CATALOGUE",
    "ERRORS",
    "BatchRules",
    "DashScopeFault",
    "DashScopeScript",
    "ErrorRow",
    "FakeDashScope",
    "FakeDashScopeProcess",
    "ModelCard",
    "RateLimits",
    "Thinking",
    "refusal",
]
