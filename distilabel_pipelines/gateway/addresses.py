"""A teacher's address: its API root, how it is shown, and the proxy on the way to it.

Sources: the OpenAI API reference (the root ends in a version), RFC 3986 section 3.2.1 (a login in a
URL), the variables HTTP_PROXY, HTTPS_PROXY and NO_PROXY as `urllib` reads them.
"""

from __future__ import annotations

import ipaddress
import re
import urllib.request
from urllib.parse import urlsplit

import aiohttp
from yarl import URL

from distilabel_pipelines.wire import ROUTES

_VERSION = re.compile(r"v\d+\w*")


def with_api_root(base_url: str) -> str:
    """The URL with `/v1` at its end, given with or without it.

    A path that holds a version of its own (`/v1beta/openai`, `/api/paas/v4`) is left alone; a full
    route (`…/chat/completions`) is cut back to its root.
    """
    url = base_url.rstrip("/")
    for route in ROUTES.values():
        url = url.removesuffix(route)
    parts = urlsplit(url).path.split("/")
    return url if any(_VERSION.fullmatch(part) for part in parts) else f"{url}/v1"


def hide_login(url: str) -> str:
    """The URL without `user:password@`, for messages."""
    parts = urlsplit(url)
    return url.replace(parts.netloc, parts.netloc.rpartition("@")[2], 1)


def is_loopback(url: str) -> bool:
    """True for `localhost` and the loopback addresses, which no proxy may see."""
    host = urlsplit(url).hostname or ""
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost" or host.endswith(".localhost")


def find_proxy(url: str) -> tuple[URL | None, dict[str, str]]:
    """The proxy that the environment names for this URL, and the headers with its login.

    None for loopback. aiohttp's own `trust_env` would also read `~/.netrc`, whose login collides
    with the key.
    """
    host = urlsplit(url).hostname or ""
    if is_loopback(url) or urllib.request.proxy_bypass(host):
        return None, {}
    named = urllib.request.getproxies().get(urlsplit(url).scheme)
    if not named:
        return None, {}
    proxy = URL(named if "://" in named else f"http://{named}")
    login = aiohttp.encode_basic_auth(proxy.user or "", proxy.password or "")
    return proxy.with_user(None), {"Proxy-Authorization": login} if proxy.user else {}
