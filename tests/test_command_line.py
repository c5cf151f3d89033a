"""The command line: options win over BUILD_* variables, and values arrive as they were typed."""

from __future__ import annotations

import logging
import os
import subprocess
import sys
from pathlib import Path

import pytest

from builders.command_line import (
    INSTRUCTION,
    INSTRUCTION_VARIABLES,
    REASONING,
    VARIABLES,
    BuildOptions,
    read_options,
    run_command,
)
from builders.errors import BuildError, BuildStoppedError, NothingPublishedError, RecipeError
from builders.instruction_recipe import InstructionRecipe
from builders.recipe import Recipe

ROOT = Path(__file__).resolve().parents[1]


@pytest.fixture(autouse=True)
def _no_variables(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in VARIABLES:
        monkeypatch.delenv(f"BUILD_{name}", raising=False)


def read(*arguments: str) -> BuildOptions[Recipe]:
    return read_options(arguments, REASONING)


def read_instruction(*arguments: str) -> BuildOptions[InstructionRecipe]:
    return read_options(arguments, INSTRUCTION)


def test_nothing_given_is_the_bundled_recipe_and_folder() -> None:
    options = read()
    assert options.recipe.rows == 100
    assert options.recipe.teacher.llm == "embedded"
    assert options.out == Path("output/reasoning")


def test_a_whole_recipe_goes_with_out_alone(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "recipe.json"
    path.write_text('{"rows": 7}')
    options = read("--resolved", str(path), "--out", "here")
    assert (options.recipe.rows, options.out) == (7, Path("here"))
    monkeypatch.setenv("BUILD_SAMPLES", "2")
    with pytest.raises(RecipeError, match="--resolved is a whole recipe: leave ROWS, SAMPLES out"):
        read("--resolved", str(path), "--rows", "3")


def test_every_variable_reaches_its_setting(monkeypatch: pytest.MonkeyPatch) -> None:
    values = {
        "LLM": "dashscope",
        "MODEL": "qwen3",
        "BASE_URL": "http://127.0.0.1:1",
        "SEEDS": "a/b",
        "SEED_COLUMNS": "question=q,answer=a",
        "SEEDS_LICENSE": "cc-by-4.0",
        "LIMIT": "5",
        "ROWS": "6",
        "SAMPLES": "7",
        "CONCURRENCY": "8",
        "MAX_TOKENS": "9",
        "TEMPERATURE": "0.25",
        "THINKING": "1",
        "THINKING_BUDGET": "10",
        "API_KEY_ENV": "MY_KEY",
        "OUT": "there",
        "API": "chat",
        "REGION": "intl",
        "BATCH": "1",
        "BUDGET": "5USD",
        "PRICES": "mine.toml",
        "PACKAGE_PARTIAL": "1",
        "JUDGE_LLM": "vllm",
        "JUDGE_MODEL": "judge",
        "JUDGE_BASE_URL": "http://127.0.0.1:2",
        "JUDGE_API_KEY_ENV": "JUDGE_KEY",
        "JUDGE_ACCEPTS": "1",
        "BENCHMARKS": "held/out",
        "VALIDATION_SHARE": "0.05",
        "TEST_SHARE": "0.1",
        "CARD_LANGUAGE": "zh",
    }
    assert set(values) | {"RECIPE", "CONFIG", "VLLM_ARGS", "SOURCE"} == set(VARIABLES)
    for name, value in values.items():
        monkeypatch.setenv(f"BUILD_{name}", value)
    recipe, out = read()
    assert out == Path("there")
    assert (recipe.teacher.llm, recipe.teacher.model) == ("dashscope", "qwen3")
    assert recipe.teacher.base_url == "http://127.0.0.1:1"
    assert (recipe.teacher.region, recipe.teacher.batch) == ("intl", True)
    assert recipe.teacher.api_key_env == "MY_KEY"
    assert (recipe.budget.limit, recipe.budget.prices) == ("5USD", "mine.toml")
    assert recipe.budget.package_partial
    assert (recipe.judge.enabled, recipe.judge.accepts) == (True, True)
    assert (recipe.judge.llm, recipe.judge.model) == ("vllm", "judge")
    assert recipe.judge.base_url == "http://127.0.0.1:2"
    assert recipe.judge.api_key_env == "JUDGE_KEY"
    assert recipe.decontamination.benchmarks == "held/out"
    assert recipe.card.language == "zh"
    assert recipe.seeds.columns == {"question": "q", "answer": "a"}
    assert recipe.seeds.license == "cc-by-4.0"
    assert (recipe.seeds.source, recipe.seeds.limit, recipe.rows) == ("a/b", 5, 6)
    assert (recipe.sampling.samples, recipe.teacher.concurrency) == (7, 8)
    assert (recipe.sampling.max_tokens, recipe.sampling.temperature) == (9, 0.25)
    assert (recipe.sampling.thinking, recipe.sampling.thinking_budget) == (True, 10)
    assert (recipe.splits.validation, recipe.splits.test) == (0.05, 0.1)


def test_an_option_wins_over_the_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("BUILD_ROWS", "6")
    assert read("--rows", "9").recipe.rows == 9


def test_an_empty_value_is_none(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in VARIABLES:
        monkeypatch.setenv(f"BUILD_{name}", "")
    assert read() == read("--rows", "")
    assert read().recipe.rows == 100


@pytest.mark.parametrize(
    "value", ["a b.jsonl", 'it\'s "so".csv', "$HOME/$(x) `y`.csv", "题目 库.jsonl"]
)
def test_shell_characters_arrive_as_they_are(monkeypatch: pytest.MonkeyPatch, value: str) -> None:
    monkeypatch.setenv("BUILD_SEEDS", value)
    monkeypatch.setenv("BUILD_OUT", value)
    options = read()
    assert (options.recipe.seeds.source, options.out) == (value, Path(value))


def test_thinking_takes_0_or_1() -> None:
    recipe = read("--thinking", "0").recipe
    assert not recipe.sampling.thinking
    assert not recipe.gates.require_thought
    with pytest.raises(RecipeError, match="THINKING=yes"):
        read("--thinking", "yes")


@pytest.mark.parametrize(
    ("option", "value"),
    [("rows", "abc"), ("rows", "0"), ("limit", "0"), ("temperature", "hot"), ("llm", "gpt")],
)
def test_a_wrong_value_is_told_by_the_variables_name(option: str, value: str) -> None:
    with pytest.raises(RecipeError, match=f"{option.upper()}={value}: "):
        read(f"--{option}", value)


def test_a_shortened_option_is_refused(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit):
        read("--row", "3")
    assert "--row" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("error", "code"),
    [
        (BuildError("it broke"), 1),
        (RecipeError("it broke"), 1),
        (BuildStoppedError("it broke"), 3),
        (NothingPublishedError("it broke"), 4),
        (KeyboardInterrupt(), 130),
    ],
)
def test_a_failure_is_a_message_and_an_exit_code(
    caplog: pytest.LogCaptureFixture, error: BaseException, code: int
) -> None:
    def fail() -> None:
        raise error

    with caplog.at_level(logging.INFO):
        assert run_command(fail) == code
    assert ("it broke" in caplog.text) == isinstance(error, BuildError)
    assert run_command(lambda: None) == 0


def test_no_message_moves_the_terminal() -> None:
    code = (
        "from builders.command_line import run_command\n"
        "from builders.errors import BuildError\n"
        "def fail(): raise BuildError('code version \\x1b]0;title\\x07 wrote it')\n"
        "run_command(fail)\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=False
    )
    assert done.stderr == "BuildError: code version ⟨U+001B⟩]0;title⟨U+0007⟩ wrote it\n"


def test_a_full_disk_is_a_message(caplog: pytest.LogCaptureFixture) -> None:
    def write() -> None:
        with Path("/dev/full").open("w", encoding="utf-8") as full:
            full.write("x" * 10)

    assert run_command(write) == 1
    assert "No space left" in caplog.text


def test_ctrl_c_says_what_is_kept(caplog: pytest.LogCaptureFixture) -> None:
    def stop() -> None:
        raise KeyboardInterrupt

    assert run_command(stop) == run_command(stop, kept="Main is as it was") == 130
    said = [record.getMessage() for record in caplog.records]
    go_on = "run the same command again to go on."
    assert said == [
        f"stopped by Ctrl-C. Finished responses are kept; {go_on}",
        f"stopped by Ctrl-C. Main is as it was; {go_on}",
    ]


def test_a_fault_of_ours_keeps_its_traceback() -> None:
    def fail() -> None:
        raise AssertionError("ours")

    with pytest.raises(AssertionError):
        run_command(fail)


@pytest.mark.parametrize("value", ["a b'c\"d $HOME $(X) `y` #z 题"])
def test_make_hands_values_over_unbroken(value: str) -> None:
    """Through the Makefile itself: its recipe prints what Python would see."""
    rule = 'show: ; @"$(PYTHON)" -c "import os; print(os.environ[\'BUILD_SEEDS\'])"'
    done = subprocess.run(
        [
            "make",
            "--no-print-directory",
            "--eval",
            rule,
            "show",
            f"PYTHON={sys.executable}",
            f"SEEDS={value}",
        ],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
        env={**os.environ, "PYTHONIOENCODING": "utf-8", "MAKEFLAGS": ""},
    )
    assert done.stdout.strip() == value, done.stderr


def test_flags_of_vllm_reach_the_server_that_is_started() -> None:
    recipe = read("--llm", "vllm", "--model", "m", "--vllm-args", "--dtype float32").recipe
    assert recipe.teacher.vllm_args == "--dtype float32"


def test_a_judge_without_its_llm_is_refused() -> None:
    with pytest.raises(RecipeError, match="JUDGE_LLM="):
        read("--judge-model", "j")


@pytest.mark.parametrize("name", ["batch", "package-partial", "judge-accepts"])
def test_a_switch_takes_0_or_1(name: str) -> None:
    with pytest.raises(RecipeError, match="it takes 0 or 1"):
        read(f"--{name}", "yes")


@pytest.mark.parametrize("value", ["cc-by-400", "my own", "=mit", "a=mit,b", "a=mit,a=mit"])
def test_a_seeds_licence_that_cannot_be_read_is_refused_before_the_build(value: str) -> None:
    with pytest.raises(RecipeError, match=f"^SEEDS_LICENSE={value}: .*SEEDS_LICENSE=cc-by-4.0"):
        read("--seeds-license", value)


def test_an_instruction_build_has_its_own_recipe_and_folder() -> None:
    recipe, out = read_instruction()
    assert (recipe, out) == (InstructionRecipe(), Path("output/instruction"))


def test_recipe_names_a_bundled_one_or_a_file(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert read_instruction("--recipe", "self-instruct").recipe.method == "self-instruct"
    mine = tmp_path / "mine.toml"
    mine.write_text("[novelty]\nthreshold = 0.5", encoding="utf-8")
    monkeypatch.setenv("BUILD_RECIPE", str(mine))
    assert read_instruction().recipe.novelty.threshold == pytest.approx(0.5)
    with pytest.raises(RecipeError, match=r"RECIPE=nothing: .*alpaca, self-instruct"):
        read_instruction("--recipe", "nothing")
    assert read("--recipe", "reasoning").recipe == Recipe()


def test_the_same_variables_reach_an_instruction_recipe(monkeypatch: pytest.MonkeyPatch) -> None:
    assert set(INSTRUCTION_VARIABLES) == set(VARIABLES)
    values = {
        "LLM": "vllm",
        "MODEL": "m",
        "BASE_URL": "http://127.0.0.1:1",
        "API": "completions",
        "SEEDS": "a/b",
        "SEED_COLUMNS": "instruction=q,output=a",
        "SEEDS_LICENSE": "a/b=cc-by-4.0",
        "LIMIT": "5",
        "ROWS": "6",
        "MAX_TOKENS": "9",
        "TEMPERATURE": "0.25",
        "THINKING": "0",
        "BUDGET": "2Mtok",
        "JUDGE_LLM": "vllm",
        "JUDGE_BASE_URL": "http://127.0.0.1:2",
        "JUDGE_ACCEPTS": "1",
        "OUT": "there",
    }
    for name, value in values.items():
        monkeypatch.setenv(f"BUILD_{name}", value)
    recipe, out = read_instruction()
    assert out == Path("there")
    assert (recipe.teacher.model, recipe.teacher.api) == ("m", "completions")
    assert recipe.seeds.columns == {"instruction": "q", "output": "a"}
    assert recipe.seeds.license == "a/b=cc-by-4.0"
    assert (recipe.seeds.source, recipe.seeds.limit, recipe.rows) == ("a/b", 5, 6)
    assert (recipe.sampling.max_tokens, recipe.sampling.temperature) == (9, 0.25)
    assert (recipe.judge.enabled, recipe.judge.accepts, recipe.budget.limit) == (
        *(True, True, "2Mtok"),
    )


@pytest.mark.parametrize(
    ("option", "value", "told"),
    [("samples", "4", "SAMPLES=4 .*raise ROWS"), ("thinking", "1", "THINKING=1 .*never stand")],
)
def test_variables_without_a_meaning_for_instructions_are_refused(
    option: str, value: str, told: str
) -> None:
    with pytest.raises(RecipeError, match=f"(?i){told}"):
        read_instruction(f"--{option}", value)


def test_help_is_that_of_the_kind(capsys: pytest.CaptureFixture[str]) -> None:
    for reader, folder in ((read, "output/reasoning"), (read_instruction, "output/instruction")):
        with pytest.raises(SystemExit):
            reader("--help")
        assert folder in capsys.readouterr().out


def test_a_card_has_a_language_of_ours() -> None:
    with pytest.raises(RecipeError, match="CARD_LANGUAGE=fr: Input should be 'en' or 'zh'"):
        read("--card-language", "fr")


def test_make_hands_over_every_variable_of_every_kind() -> None:
    makefile = (ROOT / "Makefile").read_text(encoding="utf-8")
    listed = makefile.split("VARIABLES :=")[1].split("$(foreach")[0].replace("\\\n", " ").split()
    assert sorted(listed) == sorted(VARIABLES)
