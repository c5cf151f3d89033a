"""Routes about the caller and about repositories as a whole."""

from __future__ import annotations

from tests.fake_hub.accounts import check_writing, missing_repository, require_account
from tests.fake_hub.card_rules import check_card
from tests.fake_hub.state import HubState
from tests.fake_hub.wire import Call, HubError, Reply, reply_json


def tell_who(state: HubState, call: Call) -> Reply:
    """GET /api/whoami-v2."""
    account = require_account(state.find_account(call))
    organisations = [{"name": name, "type": "org"} for name in account.organisations]
    token = {"displayName": "test", "role": account.role}
    return reply_json(
        {
            "type": "user",
            "name": account.name,
            "fullname": account.name,
            "orgs": organisations,
            "auth": {"type": "access_token", "accessToken": token},
        }
    )


def list_agents(_state: HubState, _call: Call) -> Reply:
    """GET /api/agent-harnesses: programs that the client would name in its User-Agent; none."""
    return reply_json({"standardEnvVars": [], "harnesses": {}})


def create_repository(state: HubState, call: Call) -> Reply:
    """POST /api/repos/create."""
    account = require_account(state.find_account(call))
    wanted = call.json()
    name = _read_name(call, account.name)
    if account.role != "write" or not account.owns(name.split("/")[0]):
        raise HubError(
            403, f'You don\'t have the rights to create a dataset under the namespace "{name}"'
        )
    private = wanted.get("visibility") == "private" or wanted.get("private") is True
    repository = state.create_repository(name, private=private)
    return reply_json({"url": state.repository_url(repository.name), "name": repository.name})


def delete_repository(state: HubState, call: Call) -> Reply:
    """DELETE /api/repos/delete."""
    account = require_account(state.find_account(call))
    name = _read_name(call, account.name)
    if name not in state.repositories:
        raise missing_repository(account)
    check_writing(account, name.split("/")[0], as_pull_request=False)
    state.delete_repository(name)
    return Reply()


def change_settings(state: HubState, call: Call) -> Reply:
    """PUT R/settings: who sees the repository."""
    repository, _ = state.open_to_write(call)
    wanted = call.json()
    if wanted.keys() - {"private", "visibility"}:
        raise HubError(501, f"This test Hub does not know the settings {sorted(wanted)}")
    repository.private = wanted.get("visibility") == "private" or wanted.get("private") is True
    return reply_json({"private": repository.private})


def check_access(state: HubState, call: Call) -> Reply:
    """GET R/auth-check[/write]."""
    if call.path.endswith("/write"):
        state.open_to_write(call)
    else:
        state.open_to_read(call)
    return Reply()


def validate_card(_state: HubState, call: Call) -> Reply:
    """POST /api/validate-yaml."""
    content = call.json().get("content")
    if not isinstance(content, str):
        raise HubError(400, '"content" is required')
    errors, warnings = check_card(content)
    found = {
        "errors": [{"message": text} for text in errors],
        "warnings": [{"message": text} for text in warnings],
    }
    return reply_json(found, status=400 if errors else 200)


def _read_name(call: Call, caller: str) -> str:
    wanted = call.json()
    if wanted.get("type") != "dataset":
        raise HubError(501, f"This test Hub holds datasets alone, not {wanted.get('type')!r}")
    return f"{wanted.get('organization') or caller}/{call.text('name')}"
