"""What may stand in a public dataset."""

import pytest

from builders.public_text import publishable_settings, replace_lone_surrogates, strip_machine_path


def test_text_that_utf8_can_hold_is_left_byte_for_byte() -> None:
    text = " 一\r\n\x00\u2028\ufeff🙂e\u0301 \ufffd\t"
    assert replace_lone_surrogates(text) == (text, 0)


def test_halves_of_a_pair_that_arrived_apart_are_joined() -> None:
    assert replace_lone_surrogates("a\ud83d\ude42b") == ("a🙂b", 0)


def test_lone_halves_become_the_replacement_character_and_are_counted() -> None:
    text = "\ude42a\ud83d\ud83d\ude42\ud83d"
    assert replace_lone_surrogates(text) == ("\ufffda\ufffd🙂\ufffd", 3)


@pytest.mark.parametrize(
    ("name", "public"),
    [
        ("/home/bob/models/Qwen3-8B", "Qwen3-8B"),
        ("/models/Qwen3-8B/", "Qwen3-8B"),
        ("C:\\Users\\bob\\q.gguf", "q.gguf"),
        ("~/q.gguf", "q.gguf"),
        ("~bob/q.gguf", "q.gguf"),
        ("../shared/data/math/gsm8k.jsonl.gz", "gsm8k.jsonl.gz"),
        ("file:///srv/q.gguf", "q.gguf"),
        ("\\\\host\\share\\q.gguf", "q.gguf"),
        ("Qwen/Qwen3-0.6B-GGUF:Qwen3-0.6B-Q8_0.gguf", "Qwen/Qwen3-0.6B-GGUF:Qwen3-0.6B-Q8_0.gguf"),
        ("bundled:reasoning", "bundled:reasoning"),
        ("/no_think", "/no_think"),
        ("/no_think Compute a/b.", "/no_think Compute a/b."),
        ("", ""),
    ],
)
def test_a_local_path_is_cut_to_its_last_component(name: str, public: str) -> None:
    assert strip_machine_path(name) == public


def test_settings_become_sorted_json_without_paths_at_any_depth() -> None:
    settings = {"b": ("/home/bob/x.toml", 1), "a": {"z": None, "y": True}}
    public = publishable_settings(settings)
    assert list(public) == ["a", "b"]
    assert public == {"a": {"y": True, "z": None}, "b": ["x.toml", 1]}


def test_a_setting_that_is_no_json_is_refused() -> None:
    with pytest.raises(TypeError, match="no JSON"):
        publishable_settings({"a": object()})
