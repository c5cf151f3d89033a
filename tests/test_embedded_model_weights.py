"""The committed weights: small, complete, and really reasoning through the real server."""
# ruff: noqa: S311 - random numbers make data here, no secrets

from __future__ import annotations

import json
import random
import urllib.request
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor

import jinja2
import pytest
from tokenizers import Tokenizer

from distilabel_pipelines.embedded_model import dialogue, evaluate, serving
from distilabel_pipelines.embedded_model.dialogue import remove_marks
from distilabel_pipelines.embedded_model.families.model import LANGUAGES, Language
from distilabel_pipelines.embedded_model.families.registry import FAMILIES
from distilabel_pipelines.embedded_model.tasks import foreign, requests
from distilabel_pipelines.embedded_model.training_mix import draw_question, draw_thinking
from distilabel_pipelines.embedded_model.weight_files import BUNDLED_GGUFS, WEIGHTS
from distilabel_pipelines.instruction_prompts import render_task_list_prompt
from distilabel_pipelines.instruction_replies import parse_task_list

Messages = list[dict[str, str]]


def rendered(messages: Messages, **options: object) -> str:
    """The chat template as transformers compiles it."""
    environment = jinja2.Environment(trim_blocks=True, lstrip_blocks=True)  # noqa: S701 - no HTML
    template = (WEIGHTS / "chat_template.jinja").read_text(encoding="utf-8")
    return environment.from_string(template).render(messages=messages, **options)


@pytest.fixture(scope="module")
def server() -> Iterator[str]:
    with serving.served(context_tokens=4096) as base_url:
        yield base_url


def test_the_weights_fit_into_a_repository() -> None:
    files = {path.name: path.stat().st_size for path in WEIGHTS.iterdir()}
    assert sum(files.values()) <= 20_000_000
    assert files.keys() >= {
        "config.json",
        "generation_config.json",
        "model.safetensors",
        "tokenizer.json",
        "tokenizer_config.json",
        "chat_template.jinja",
        *(path.name for path in BUNDLED_GGUFS.values()),
    }


def test_the_config_leaves_room_for_a_pipeline() -> None:
    config = json.loads((WEIGHTS / "config.json").read_text(encoding="utf-8"))
    assert config["max_position_embeddings"] >= 2048
    assert config["architectures"] == ["Qwen3ForCausalLM"]


@pytest.mark.parametrize("thinking", [True, False])
@pytest.mark.parametrize("system", [None, "You are a helpful assistant."])
def test_the_template_renders_the_prompt_of_training(system: str | None, thinking: bool) -> None:
    messages = [{"role": "system", "content": system}] if system else []
    messages.append({"role": "user", "content": "What is 2 + 3?"})
    text = rendered(messages, add_generation_prompt=True, enable_thinking=thinking)
    assert text == dialogue.prompt_text(system, "What is 2 + 3?", thinking)


def test_the_template_renders_the_thought_of_every_assistant_turn() -> None:
    turn = {"role": "assistant", "content": "\\boxed{5}", "reasoning_content": "2+3=5."}
    asked = {"role": "user", "content": "2+3?"}
    text = rendered([asked, turn, asked, turn], add_generation_prompt=False)
    spoken = "<|im_start|>assistant\n<think>\n2+3=5.\n</think>\n\n\\boxed{5}<|im_end|>\n"
    assert text == ("<|im_start|>user\n2+3?<|im_end|>\n" + spoken) * 2


def test_the_template_leaves_a_turn_without_a_thought_alone() -> None:
    text = rendered([{"role": "assistant", "content": "Hello."}])
    assert text == "<|im_start|>assistant\nHello.<|im_end|>\n"


def test_the_server_cuts_text_as_the_tokenizer_does(server: str) -> None:
    """The GGUF file carries every merge: what training saw is what the server sees."""
    tokenizer = Tokenizer.from_file(str(WEIGHTS / "tokenizer.json"))
    rng = random.Random("cuts")
    for draw in (requests.draw_task_list, requests.draw_yes_or_no, draw_thinking):
        text = "".join(map(remove_marks, dialogue.prompt_and_completion(draw(rng))))
        request = urllib.request.Request(  # noqa: S310 - http on loopback
            f"{server.removesuffix('/v1')}/tokenize",
            data=json.dumps({"content": text, "parse_special": True}).encode(),
            headers={"Content-Type": "application/json"},
        )
        with urllib.request.urlopen(request, timeout=60) as response:  # noqa: S310
            tokens = json.load(response)["tokens"]
        assert tokens == tokenizer.encode(text, add_special_tokens=False).ids


@pytest.mark.parametrize("language", LANGUAGES)
def test_task_lists_are_written_and_read(server: str, language: Language) -> None:
    rows = foreign.load_seeds(language, for_evaluation=True)
    rng = random.Random("lists")
    shown = [foreign.seed_example(row, rng) for row in rng.sample(rows, 3)]
    prompt = render_task_list_prompt(shown, language=language, count=20)
    for raw in (False, True):
        reply = serving.write_on(server, prompt, raw=raw, seed=1, stop=["\n20"])
        read = parse_task_list(
            reply.content, first_number=4, is_cut=reply.finish_reason == "length"
        )
        assert len(read.tasks) >= 3
        assert not any(fault.kind == "unparsable" for fault in read.faults)


def test_held_out_questions_are_answered_with_a_thought(server: str) -> None:
    rng = random.Random("server-test")
    asked = [
        draw_question(family, language, "held_out", rng)
        for family in FAMILIES
        for language in LANGUAGES
    ]
    with ThreadPoolExecutor(4) as pool:
        outcomes = list(pool.map(lambda q: evaluate.judge(server, "numbers", q, 0.0), asked))
    assert evaluate.share(outcomes, "well_formed") >= 0.95
    assert evaluate.share(outcomes) >= 0.8


def test_thinking_can_be_switched_off(server: str) -> None:
    reply = serving.ask(server, "What is 20 + 30?", thinking=False)
    assert not reply.reasoning.strip()
    assert len(evaluate.BOXED.findall(reply.content)) == 1


def test_a_stream_carries_the_thought_in_its_own_field(server: str) -> None:
    body = {
        "model": serving.MODEL_NAME,
        "messages": [{"role": "user", "content": "What is 47 + 38?"}],
        "temperature": 0,
        "stream": True,
    }
    request = urllib.request.Request(  # noqa: S310 - http on loopback
        f"{server}/chat/completions",
        data=json.dumps(body).encode(),
        headers={"Content-Type": "application/json"},
    )
    spoken = {"reasoning_content": "", "content": ""}
    with urllib.request.urlopen(request, timeout=60) as response:  # noqa: S310
        for line in response:
            if line.startswith(b"data: {"):
                delta = json.loads(line[6:])["choices"][0]["delta"]
                for field in spoken:
                    spoken[field] += delta.get(field) or ""
    assert spoken["reasoning_content"].strip().endswith("47+38=85.")
    assert spoken["content"].strip() == "The answer is \\boxed{85}."
