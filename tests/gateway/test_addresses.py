"""Addresses: with and without `/v1`, full routes, foreign versions, logins, proxies."""

from __future__ import annotations

import pytest
from yarl import URL

from distilabel_pipelines.gateway.addresses import (
    find_proxy,
    hide_login,
    is_loopback,
    with_api_root,
)


@pytest.mark.parametrize(
    ("given", "root"),
    [
        ("http://h:8000", "http://h:8000/v1"),
        ("http://h:8000/", "http://h:8000/v1"),
        ("http://h:8000/v1/", "http://h:8000/v1"),
        ("https://h/api/v3", "https://h/api/v3"),
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


@pytest.fixture(autouse=True)
def _no_proxy_of_this_machine(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("http_proxy", "https_proxy", "no_proxy"):
        monkeypatch.delenv(name, raising=False)
        monkeypatch.delenv(name.upper(), raising=False)


@pytest.mark.parametrize(
    ("url", "loopback"),
    [
        ("http://localhost:1/v1", True),
        ("http://127.0.0.1/v1", True),
        ("http://127.1.2.3/v1", True),
        ("http://[::1]:80/v1", True),
        ("http://model.localhost/v1", True),
        ("http://10.0.0.1/v1", False),
        ("http://localhost.example.com/v1", False),
    ],
)
def test_loopback_is_known_by_name_and_address(url: str, *, loopback: bool) -> None:
    assert is_loopback(url) is loopback


def test_proxies_are_taken_by_scheme_with_their_login_and_exceptions(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("http_proxy", "http://me:secret@proxy:3128")
    monkeypatch.setenv("https_proxy", "proxy:3129")
    monkeypatch.setenv("no_proxy", "intern.example.com")
    proxy, headers = find_proxy("http://teacher.example.com/v1")
    assert proxy == URL("http://proxy:3128")
    assert headers == {"Proxy-Authorization": "Basic bWU6c2VjcmV0"}
    assert find_proxy("https://teacher.example.com/v1") == (URL("http://proxy:3129"), {})
    assert find_proxy("http://intern.example.com/v1") == (None, {})
    assert find_proxy("http://127.0.0.1:8000/v1") == (None, {})
