"""The files of formats/: what they name is in the dataset, and nothing that is in it is missed."""

import json
from fnmatch import fnmatchcase
from pathlib import Path, PurePosixPath
from typing import Any

import pytest
import yaml
from markdown_it import MarkdownIt

from builders.any_manifest import AnyManifest
from builders.errors import CardError
from builders.package import write_dataset
from builders.trainer_formats.entries import PublishedAt
from builders.trainer_formats.render import render_trainer_formats
from tests import test_instruction_manifest, test_manifest
from tests.outcomes import small_facts, small_outcome
from tests.pretraining import test_manifest as test_pretraining_manifest

PUBLISHED = PublishedAt("me/my-set", "v1.2.0")
MANIFESTS: dict[str, AnyManifest] = {
    "reasoning": test_manifest.small_manifest(),
    "instruction": test_instruction_manifest.small_manifest(),
    "pretraining": test_pretraining_manifest.small_manifest(),
}
LLAMA_FACTORY = "formats/llama_factory/dataset_info.json"
MS_SWIFT = "formats/ms_swift/dataset_info.json"


def read_json(manifest: AnyManifest, path: str, published: PublishedAt | None = None) -> Any:  # noqa: ANN401  # JSON
    def once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
        assert len({key for key, _ in pairs}) == len(pairs)
        return dict(pairs)

    text = render_trainer_formats(manifest, published)[path]
    return json.loads(text, object_pairs_hook=once)


def fields_of(manifest: AnyManifest, config: str) -> dict[str, set[str]]:
    """Column → the fields of its structs, none for plain columns."""
    features = next(one for one in manifest.configs if one.name == config).features
    return {
        str(feature["name"]): {
            str(member["name"])
            for member in (feature.get("list") or [])  # type: ignore[union-attr]  # JSON
            if isinstance(member, dict)
        }
        for feature in features
    }


@pytest.mark.parametrize("kind", MANIFESTS)
@pytest.mark.parametrize("published", [None, PUBLISHED])
def test_the_same_manifest_gives_the_same_files(kind: str, published: PublishedAt | None) -> None:
    again = type(MANIFESTS[kind]).model_validate_json(MANIFESTS[kind].model_dump_json())
    files = render_trainer_formats(MANIFESTS[kind], published)
    assert files == render_trainer_formats(again, published)
    assert all(text.endswith("\n") and not text.endswith("\n\n") for text in files.values())


@pytest.mark.parametrize("kind", MANIFESTS)
def test_llama_factory_names_columns_and_fields_that_are_there(kind: str) -> None:
    manifest = MANIFESTS[kind]
    for entry in read_json(manifest, LLAMA_FACTORY).values():
        columns = fields_of(manifest, entry["subset"])
        assert set(entry["columns"].values()) <= set(columns)
        if entry["formatting"] == "sharegpt":
            fields = columns[entry["columns"]["messages"]]
            assert {entry["tags"]["role_tag"], entry["tags"]["content_tag"]} <= fields
        assert entry["script_url"] == "../.."


def test_the_configs_of_each_kind_are_all_named_but_those_that_would_be_read_wrongly() -> None:
    named = {
        kind: [entry["subset"] for entry in read_json(manifest, LLAMA_FACTORY).values()]
        for kind, manifest in MANIFESTS.items()
    }
    assert named["reasoning"] == ["inline_think"]
    assert named["instruction"] == ["default", "alpaca", "sharegpt"]
    assert named["pretraining"] == [one.name for one in MANIFESTS["pretraining"].configs]


def test_alpaca_and_sharegpt_are_said_to_be_what_they_are() -> None:
    entries = read_json(MANIFESTS["instruction"], LLAMA_FACTORY)
    assert entries["instruction_alpaca"]["formatting"] == "alpaca"
    assert entries["instruction_alpaca"]["columns"]["query"] == "input"
    assert entries["instruction_sharegpt"]["tags"]["user_tag"] == "human"
    assert entries["instruction_default"]["tags"]["assistant_tag"] == "assistant"


@pytest.mark.parametrize("kind", MANIFESTS)
def test_ms_swift_finds_the_files_of_each_config_and_no_others(kind: str) -> None:
    manifest = MANIFESTS[kind]
    everything = {record.path for record in manifest.files if record.folder == "dataset"}
    for entry in read_json(manifest, MS_SWIFT):
        folder = PurePosixPath(MS_SWIFT).parent
        glob = entry["dataset_path"].removeprefix("../../")
        assert entry["dataset_path"] == "../" * len(folder.parts) + glob
        config = entry["dataset_name"].removeprefix(f"{kind}_")
        wanted = next(one for one in manifest.configs if one.name == config).data_files["train"]
        globs = [wanted] if isinstance(wanted, str) else wanted
        found = {path for path in everything if fnmatchcase(path, glob)}
        assert found == {path for path in everything if any(fnmatchcase(path, g) for g in globs)}
        assert found


def test_a_prompt_that_lies_beside_a_text_is_not_trained_on() -> None:
    entries = {one["dataset_name"]: one for one in read_json(MANIFESTS["pretraining"], MS_SWIFT)}
    assert entries["pretraining_default"]["columns"]["prompt"] == "not_trained_on"
    assert entries["pretraining_with_prompt"]["columns"] == {"prompt": "query", "text": "response"}


@pytest.mark.parametrize("kind", MANIFESTS)
def test_axolotl_names_columns_and_fields_that_are_there(kind: str) -> None:
    manifest = MANIFESTS[kind]
    files = render_trainer_formats(manifest)
    paths = [path for path in files if path.startswith("formats/axolotl/")]
    assert paths
    for path in paths:
        (entry,) = yaml.safe_load(files[path])["datasets"]
        columns = fields_of(manifest, entry["name"])
        assert path == f"formats/axolotl/{entry['name']}.yml"
        assert entry["path"] == "path/to/dataset"
        if entry["type"] == "chat_template":
            mapped = set(entry["message_property_mappings"].values())
            assert mapped == columns[entry["field_messages"]]
        elif entry["type"] == "completion":
            assert entry["field"] in columns
        elif entry["type"] == "alpaca":
            assert {"instruction", "input", "output"} <= set(columns)
        else:
            assert {entry["type"]["field_instruction"], entry["type"]["field_output"]} <= set(
                columns
            )


def test_a_published_set_is_read_at_its_tag() -> None:
    manifest = MANIFESTS["reasoning"]
    files = render_trainer_formats(manifest, PUBLISHED)
    (entry,) = yaml.safe_load(files["formats/axolotl/default.yml"])["datasets"]
    assert PublishedAt(entry["path"], entry["revision"]) == PUBLISHED
    local, hub = read_json(manifest, MS_SWIFT, PUBLISHED)
    assert local["dataset_name"] == "my-set_inline_think"
    assert PublishedAt(hub["hf_dataset_id"], hub["hf_revision"]) == PUBLISHED
    assert hub["subsets"] == ["inline_think"]
    assert "--revision v1.2.0" in files["formats/README.md"]


def test_llama_factory_which_knows_no_revision_has_the_hub_under_a_name_of_its_own() -> None:
    entries = read_json(MANIFESTS["instruction"], LLAMA_FACTORY, PUBLISHED)
    assert entries["my-set_alpaca@hub"]["hf_hub_url"] == "me/my-set"
    assert "script_url" not in entries["my-set_alpaca@hub"]
    assert "newest release" in render_trainer_formats(MANIFESTS["instruction"], PUBLISHED)[
        "formats/README.md"
    ].replace("\n", " ")


def test_a_validation_split_is_handed_to_axolotl_as_its_test_set() -> None:
    manifest = MANIFESTS["instruction"]
    config = manifest.configs[1]
    split = config.splits[0].model_copy(update={"name": "validation"})
    files = {"train": config.data_files["train"], "validation": "alpaca/validation-*.parquet"}
    more = config.model_copy(update={"splits": [*config.splits, split], "data_files": files})
    rendered = render_trainer_formats(manifest.model_copy(update={"configs": [more]}), PUBLISHED)
    told = yaml.safe_load(rendered["formats/axolotl/alpaca.yml"])
    assert [one["split"] for one in told["datasets"]] == ["train"]
    assert [one["split"] for one in told["test_datasets"]] == ["validation"]
    assert "my-set_alpaca@validation" in json.loads(rendered[LLAMA_FACTORY])


@pytest.mark.parametrize("kind", MANIFESTS)
def test_the_page_lists_every_name_in_a_table(kind: str) -> None:
    files = render_trainer_formats(MANIFESTS[kind], PUBLISHED)
    tokens = MarkdownIt("commonmark").enable("table").parse(files["formats/README.md"])
    cells = {token.content for token in tokens if token.type == "inline"}
    for name in json.loads(files[LLAMA_FACTORY]):
        assert name.endswith("@hub") or f"`{name}`" in cells


@pytest.mark.parametrize("repo", ["me/a`b", "me/a b", "me/{{ 7*7 }}", "me/$(id)", "me/<b>"])
def test_a_name_that_means_something_elsewhere_is_refused(repo: str) -> None:
    with pytest.raises(CardError, match=r"is no name that formats/README\.md could show"):
        render_trainer_formats(MANIFESTS["reasoning"], PublishedAt(repo, "v1.0.0"))


def test_the_dataset_loads_as_before_with_the_formats_beside_it(tmp_path: Path) -> None:
    from datasets import load_dataset  # noqa: PLC0415  # 1 s, only where it is used

    manifest = write_dataset(small_outcome(), small_facts(), tmp_path)
    folder = tmp_path / "dataset"
    for path, text in render_trainer_formats(manifest).items():
        target = folder / path
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_text(text, encoding="utf-8")
    for config in ("default", "inline_think"):
        rows = load_dataset(str(folder), config, cache_dir=str(tmp_path / "cache"), split="train")
        assert len(rows) == manifest.rows.published
    (entry,) = json.loads((folder / MS_SWIFT).read_text(encoding="utf-8"))
    found = list((folder / "formats" / "ms_swift").glob(entry["dataset_path"]))
    assert [path.resolve().parent.name for path in found] == ["inline_think"]
