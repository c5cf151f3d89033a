"""The command line of a started vLLM: the user's words win, and no key is ever among them."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from distilabel_pipelines.vllm_command import (
    Address,
    VllmCommandError,
    build_command,
    choose_address,
    find_vllm,
    is_given,
    wants_layout,
)
from distilabel_pipelines.vllm_devices import Layout

EIGHT_GPUS = Layout(2, 4)


def build(*arguments: str, layout: Layout = EIGHT_GPUS) -> list[str]:
    """Everything after `vllm serve MODEL`."""
    words = build_command(
        "vllm",
        "Qwen/Qwen3-8B",
        arguments,
        served_name="ours",
        address=choose_address(arguments, 8123),
        layout=layout,
        reasoning_parser="qwen3",
    )
    assert words[:3] == ["vllm", "serve", "Qwen/Qwen3-8B"]
    return words[3:]


def test_without_words_of_the_user_everything_is_ours() -> None:
    assert build() == [
        *("--host", "127.0.0.1"),
        *("--port", "8123"),
        *("--reasoning-parser", "qwen3"),
        *("--tensor-parallel-size", "2"),
        *("--data-parallel-size", "4"),
        "--disable-uvicorn-access-log",
        *("--served-model-name", "ours"),
    ]


def test_one_gpu_and_an_unknown_model_need_no_flags() -> None:
    words = build(layout=Layout(1, 1))
    assert "--tensor-parallel-size" not in words
    assert "--data-parallel-size" not in words


@pytest.mark.parametrize(
    "theirs",
    [
        ("--reasoning-parser", "deepseek_r1"),
        ("--reasoning-parser=deepseek_r1",),
        ("--reasoning_parser", "deepseek_r1"),
        ("--reasoning-p=deepseek_r1",),
    ],
)
def test_a_flag_that_the_user_gives_is_not_given_again(theirs: tuple[str, ...]) -> None:
    words = build(*theirs)
    assert "qwen3" not in words
    assert words[-len(theirs) :] == list(theirs)


def test_a_flag_that_only_begins_alike_is_another_flag() -> None:
    assert not is_given(["--reasoning-parser-plugin", "x.py"], "--reasoning-parser")
    assert not is_given(["reasoning-parser", "-"], "--reasoning-parser")
    assert is_given(["--no-disable-uvicorn-access-log"], "--disable-uvicorn-access-log")


@pytest.mark.parametrize(
    "word",
    [
        "--tensor-parallel-size=2",
        "--tensor_parallel_size",
        "-tp",
        "-tp=2",
        "-dp",
        "--data-parallel-size-local",
        "-pp",
        "--nnodes",
        "--config",
        "--config=serve.yaml",
    ],
)
def test_a_user_who_lays_out_the_gpus_does_it_alone(word: str) -> None:
    assert not wants_layout(["--max-model-len", "4096", word, "2"])


def test_other_words_leave_the_layout_to_us() -> None:
    assert wants_layout(["--max-model-len", "4096", "-q", "fp8", "--enable-expert-parallel"])


def test_the_users_port_and_host_are_where_we_look() -> None:
    assert choose_address([], 8123).root_url == "http://127.0.0.1:8123"
    everywhere = ["--port=9000", "--host", "0.0.0.0"]  # noqa: S104  # read, not bound
    assert choose_address(everywhere, 1).root_url == "http://127.0.0.1:9000"
    assert choose_address(["--host", "::1", "--port", "1", "--port", "9000"], 1) == ("::1", 9000)
    assert Address("::1", 9000).root_url == "http://[::1]:9000"
    assert "8123" not in build("--port", "9000")


@pytest.mark.parametrize("words", [["--port", "http"], ["--port"]])
def test_a_port_that_is_none_is_refused(words: list[str]) -> None:
    with pytest.raises(VllmCommandError, match="--port"):
        choose_address(words, 8123)


@pytest.mark.parametrize("words", [["--api-key", "sk-1"], ["--api_key=sk-1"], ["--hf-token=sk-1"]])
def test_a_key_is_refused_and_not_repeated(words: list[str]) -> None:
    with pytest.raises(VllmCommandError, match=r"export (VLLM_API_KEY|HF_TOKEN)") as caught:
        choose_address(words, 8123)
    assert "sk-1" not in str(caught.value)


@pytest.mark.parametrize("flag", ["--uds", "--headless", "--grpc", "--ssl-keyfile"])
def test_a_server_that_we_could_not_talk_to_is_refused(flag: str) -> None:
    with pytest.raises(VllmCommandError, match="BASE_URL"):
        choose_address([flag, "x"], 8123)


@pytest.mark.parametrize(
    ("theirs", "expected"),
    [
        (["--served-model-name", "a", "b"], ["--served-model-name", "a", "b", "ours"]),
        (["--served-model-name=a", "--seed", "1"], ["--served-model-name", "a", "ours", "--seed"]),
    ],
)
def test_our_name_is_served_beside_the_users(theirs: list[str], expected: list[str]) -> None:
    words = build(*theirs)
    begin = words.index("--served-model-name")
    assert words[begin : begin + 4] == expected
    assert words.count("--served-model-name") == 1


def test_vllm_is_found_beside_python_first_and_then_on_path(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for folder in ("beside", "path"):
        (tmp_path / folder).mkdir()
        (tmp_path / folder / "vllm").touch(mode=0o755)
    monkeypatch.setattr(sys, "executable", str(tmp_path / "beside" / "python"))
    monkeypatch.setenv("PATH", str(tmp_path / "path"))
    assert find_vllm() == str(tmp_path / "beside" / "vllm")
    (tmp_path / "beside" / "vllm").unlink()
    assert find_vllm() == str(tmp_path / "path" / "vllm")
    (tmp_path / "path" / "vllm").unlink()
    with pytest.raises(VllmCommandError, match="pip install vllm"):
        find_vllm()
