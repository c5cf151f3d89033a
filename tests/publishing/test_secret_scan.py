"""Planted secrets are found wherever they stand; what only looks like one passes.

Every secret is put together here, so that no file of the repository holds one.
"""

from __future__ import annotations

import json
import random
import string
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from builders.errors import PublishError
from builders.publishing.secret_scan import (
    list_own_secrets,
    refuse_secrets,
    scan_folder,
    scan_text,
)
from builders.publishing.stage import open_stage
from tests.publishing.publications import make_build, stage_first_release, sum_row

CHANCE = random.Random(7)  # noqa: S311  # invented keys


def invent(length: int, alphabet: str = string.ascii_letters + string.digits) -> str:
    return "".join(CHANCE.choice(alphabet) for _ in range(length))


SECRETS = {
    "Hugging Face token": "hf_" + invent(34),
    "API key (sk-…)": "sk-proj-" + invent(44),
    "key of a model's provider": "gsk_" + invent(52),
    "AWS secret key": f"aws_secret_access_key = {invent(40)}",
    "key of a cloud": "dapi" + invent(32, "0123456789abcdef"),
    "GitLab token": "glpat-" + invent(20),
    "Google OAuth secret": "GOCSPX-" + invent(28),
    "Stripe key": "sk_live_" + invent(24),
    "token of a package registry": "npm_" + invent(36),
    "bot token": f"{invent(9, string.digits)}:AA{invent(33)}",
    "AWS key id": "AKIA" + invent(16, string.ascii_uppercase + string.digits),
    "GitHub token": "ghp_" + invent(36),
    "Google API key": "AIza" + invent(35),
    "Slack token": "xoxb-" + invent(30),
    "private key": f"-----BEGIN RSA PRIVATE KEY-----\n{invent(64)}\n{invent(64)}\n",
    "Bearer token": "Authorization: Bearer " + invent(40),
    "login in an address": f"https://bob:{invent(12)}@db.internal/rows",
}
# Each stands in running text as it is written in shells, configurations and JSON.
OTHER_FORMS = {
    "private key": json.dumps({"key": SECRETS["private key"]}),
    "Slack token": f"https://hooks.slack.com/services/T{'0A' * 4}/B{'1C' * 4}/{invent(24)}",
    "API key (sk-…)": f'{{"apiKey":"sk-ant-api03-{invent(40)}"}}',
    "AWS secret key": f'"AWS_SECRET_ACCESS_KEY": "{invent(40)}"',
    "key of a model's provider": "r8_" + invent(37),
    "Hugging Face token": f"git clone https://me:hf_{invent(34)}@hub.example/datasets/me/a",
}
HARMLESS = [
    "http://user:pass@localhost:8000/ and redis://default:admin@cache",
    "aws_secret_access_key = wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY",
    "gsk_your_key_goes_right_here_and_nowhere_else_please",
    "hf_" + "x" * 34,
    "export OPENAI_API_KEY=sk-your-key-goes-here-please",
    "AKIAIOSFODNN7EXAMPLE",
    "-----BEGIN PRIVATE KEY-----\n...\n-----END PRIVATE KEY-----",
    "Authorization: Bearer <your token>",
    "postgres://user:password@localhost/db",
    "See https://example.org:8080/a@b and mail bob@example.org.",
    "a risk-averse-and-rather-cautious-investor",
    "task-oriented dialogue, disk-based, sk-learn",
    "data:image/png;base64," + "iVBORw0KGgo" * 8,
]


@pytest.mark.parametrize("kind", list(SECRETS))
def test_every_kind_is_found_in_running_text(kind: str) -> None:
    found = dict(scan_text(f"Before.\n{SECRETS[kind]} and after.", {}))
    assert kind in found
    assert all(len(digest) == 8 for digest in found.values())


@pytest.mark.parametrize("kind", list(OTHER_FORMS))
def test_a_key_is_found_as_other_files_write_it(kind: str) -> None:
    assert kind in dict(scan_text(OTHER_FORMS[kind], {}))


def test_a_key_behind_a_chinese_character_is_found() -> None:
    assert dict(scan_text(f"密钥是{SECRETS['AWS key id']}。", {})).keys() == {"AWS key id"}


@pytest.mark.parametrize("text", HARMLESS)
def test_placeholders_and_plain_text_pass(text: str) -> None:
    assert list(scan_text(text, {})) == []


def test_rows_are_named_by_file_column_and_id_and_never_by_value(tmp_path: Path) -> None:
    key = SECRETS["API key (sk-…)"]
    out = make_build(tmp_path / "out", 3, sum_row(50, f"The key is {key}."))
    with open_stage(out) as stage:
        stage_first_release(out, stage)
        found = list(scan_folder(stage.dataset, {}))
        with pytest.raises(PublishError) as refused:
            refuse_secrets(stage.dataset, frozenset())
    places = {(one.file, one.column) for one in found if one.column}
    assert ("data/train-00000-of-00001.parquet", "messages") in places
    assert ("inline_think/train-00000-of-00001.parquet", "messages") in places
    assert {one.row for one in found if one.column} == {sum_row(50).trace.trace_id}
    assert key not in str(refused.value)
    assert f"NOT_SECRET={found[0].digest}" in str(refused.value)


def test_what_a_human_has_looked_at_passes(tmp_path: Path) -> None:
    (tmp_path / "README.md").write_text(SECRETS["AWS key id"], encoding="utf-8")
    (found,) = scan_folder(tmp_path, {})
    with pytest.raises(PublishError, match=r"AWS key id in README\.md"):
        refuse_secrets(tmp_path, frozenset({"00000000"}))
    refuse_secrets(tmp_path, frozenset({found.digest}))


def test_this_machines_own_keys_never_pass(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    value = "correct horse battery staple"
    monkeypatch.setenv("MY_SERVICE_API_KEY", value)
    (tmp_path / "notes.md").write_text(f"It is {value}.", encoding="utf-8")
    (found,) = scan_folder(tmp_path, list_own_secrets({"MY_SERVICE_API_KEY": value}, None))
    assert "MY_SERVICE_API_KEY" in found.kind
    with pytest.raises(PublishError, match="MY_SERVICE_API_KEY") as refused:
        refuse_secrets(tmp_path, frozenset({found.digest}))
    assert value not in str(refused.value)


def test_a_files_name_a_json_text_and_a_tables_footer_are_looked_at(tmp_path: Path) -> None:
    key = SECRETS["GitHub token"]
    (tmp_path / f"{key}.txt").write_text(f"again {key}", encoding="utf-8")
    recipe = {"prompts": {"system": SECRETS["private key"]}}
    (tmp_path / "manifest.json").write_text(json.dumps(recipe), encoding="utf-8")
    table = pa.table({"id": ["a"]}).replace_schema_metadata({"note": SECRETS["Stripe key"]})
    pq.write_table(table, tmp_path / "a.parquet")
    found = {str(one).rpartition(" [")[0] for one in scan_folder(tmp_path, {})}
    assert found == {
        "GitHub token in a file whose name holds it",
        "private key in manifest.json",
        "Stripe key in a.parquet (its footer)",
    }


def test_what_is_no_table_is_looked_through_all_the_same(tmp_path: Path) -> None:
    (tmp_path / "a.parquet").write_text(f"no table {SECRETS['AWS key id']}", encoding="utf-8")
    assert [one.kind for one in scan_folder(tmp_path, {})] == ["AWS key id"]


@pytest.mark.parametrize("user", ["test-bot", "x-access-token", "your_db", "sample"])
def test_a_users_name_says_nothing_of_the_password(user: str) -> None:
    address = f"postgres://{user}:{invent(14)}@db.internal/rows"
    assert [kind for kind, _ in scan_text(address, {})] == ["login in an address"]


def test_a_table_that_cannot_be_read_to_its_end_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "a.parquet"
    pq.write_table(pa.table({"id": [str(n) * 9 for n in range(999)]}), path, compression="zstd")
    content = bytearray(path.read_bytes())
    content[40:80] = bytes(40)
    path.write_bytes(content)
    with pytest.raises(PublishError, match=r"a\.parquet cannot be read to its end"):
        refuse_secrets(tmp_path, frozenset())


def test_this_machines_keys_are_found_in_tables_whatever_they_hold(tmp_path: Path) -> None:
    value = "p(ass).wörd [1]|\\ *"
    table = pa.table({"id": ["a", "b"], "text": ["none", f"it is {value}!"]})
    pq.write_table(table, tmp_path / "a.parquet")
    (found,) = scan_folder(tmp_path, list_own_secrets({"DB_PASSWORD": f" {value}\n"}, None))
    assert (found.column, found.row) == ("text", "b")
    assert "DB_PASSWORD" in found.kind


def test_own_secrets_are_taken_by_name_and_length() -> None:
    variables = {"A_TOKEN": "12345678", "B_KEY": "short", "KEYBOARD": "de_DE.UTF-8", "PATH": "/bin"}
    assert list_own_secrets(variables, "the-hub-token") == {
        "12345678": "A_TOKEN",
        "the-hub-token": "HF_TOKEN",
    }
