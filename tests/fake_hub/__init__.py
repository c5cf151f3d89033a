"""A loopback Hugging Face Hub for datasets: real git repositories, LFS objects at a second origin.

`FakeHub` runs it (hub.py), `Fault` says what goes wrong and at which request (faults.py), the names
of requests are in routes.py, `hub.requests` tells what was asked (record.py). Written from the
endpoint table of shared/hub/README.md and the addresses that the client libraries ask.
"""

from tests.fake_hub.accounts import (
    ORGANISATION,
    OTHER_TOKEN,
    OWNER,
    READ_TOKEN,
    STRANGER,
    WRITE_TOKEN,
    Account,
)
from tests.fake_hub.faults import EVERY, Fault, FaultKind
from tests.fake_hub.git import explain_missing_git
from tests.fake_hub.hub import FakeHub, RepositoryState
from tests.fake_hub.record import UNKNOWN, RequestRecord
from tests.fake_hub.routes import HUB_ROUTES, STORAGE_ROUTES
from tests.fake_hub.state import HubSettings, MergeStyle

__all__ = [
    "EVERY",
    "HUB_ROUTES",
    "ORGANISATION",
    "OTHER_TOKEN",
    "OWNER",
    "READ_TOKEN",
    "STORAGE_ROUTES",
    "STRANGER",
    "UNKNOWN",
    "WRITE_TOKEN",
    "Account",
    "FakeHub",
    "Fault",
    "FaultKind",
    "HubSettings",
    "MergeStyle",
    "RepositoryState",
    "RequestRecord",
    "explain_missing_git",
]
