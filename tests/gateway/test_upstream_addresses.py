"""Addresses: with and without `/v1`, full routes, foreign versions, logins kept out of messages."""

from __future__ import annotations

import pytest

from distilabel_pipelines.gateway.faults import read_error_response
from distilabel_pipelines.gateway.upstream import hide_login, with_api_root


@pytest.mark.parametrize(
    ("given", "root"),
    [
        ("http://h:8000", "http://h:8000/v1"),
        ("http://h:8000/v1/", "http://h:8000/v1"),
        ("https://h/compatible-mode", "https://h/compatible-mode/v1"),
        ("https://h/compatible-mode/v1", "https://h/compatible-mode/v1"),
        ("https://h/v1/chat/completions", "https://h/v1"),
        ("https://h/v1beta/openai", "https://h/v1beta/openai"),
        ("https://h/api/paas/v4", "https://h/api/paas/v4"),
    ],
)
def test_the_root_ends_in_a_version(given: str, root: str) -> None:
    assert with_api_root(given) == root


def test_a_login_in_the_address_is_not_shown() -> None:
    assert hide_login("http://me:secret@h:1/v1") == "http://h:1/v1"


@pytest.mark.parametrize(
    ("message", "kind"),
    [
        ("Unrecognized request argument supplied: seed", "seed_unsupported"),
        ("'seed' is not supported by this model", "seed_unsupported"),
        ("Bad value in input: 'plant a seed in spring'", "bad_request"),
    ],
)
def test_a_question_about_seeds_is_no_refused_field(message: str, kind: str) -> None:
    body = f'{{"error": {{"message": "{message}"}}}}'.encode()
    assert read_error_response(400, body, {}).kind == kind
