"""What is refused before anything is sent, in a release folder that is wrong in one way each."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from builders.errors import OutputError, PublishError
from builders.manifest_parts import FileRecord
from builders.publishing.remote import Goal, RemoteFile, list_staged
from builders.publishing.stage import DOCUMENTS, Build, Stage, StagedRelease, open_stage
from builders.publishing.validate import check_neighbours, validate_release
from tests.publishing.publications import MAKERS, REPO, make_build, stage_first_release


@pytest.fixture(scope="module")
def prepared(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Stage, StagedRelease]]:
    out = make_build(tmp_path_factory.mktemp("build") / "out", 3)
    with open_stage(out) as stage:
        yield stage, stage_first_release(out, stage)[1]


@pytest.fixture
def folder(prepared: tuple[Stage, StagedRelease], tmp_path: Path) -> Path:
    """A copy that a test may spoil."""
    shutil.copytree(prepared[0].dataset, tmp_path / "dataset")
    return tmp_path / "dataset"


@pytest.fixture
def manifest(prepared: tuple[Stage, StagedRelease]) -> Any:  # noqa: ANN401  # of any kind
    return prepared[1].manifest


def check(folder: Path, manifest: Any, repo: str = REPO) -> None:  # noqa: ANN401  # of any kind
    documents = frozenset({*DOCUMENTS, *manifest.release.documents})
    staged = StagedRelease(manifest, list_staged(folder), documents)
    validate_release(staged, folder, repo)


@pytest.mark.parametrize("kind", list(MAKERS))
def test_a_build_of_every_kind_passes(tmp_path: Path, kind: str) -> None:
    out = MAKERS[kind](tmp_path / "out", 3)
    before = {path: path.stat().st_ino for path in (out / "dataset").rglob("*")}
    with open_stage(out) as stage:
        _, staged = stage_first_release(out, stage)
        validate_release(staged, stage.dataset, REPO)
        assert {"README.md", "LICENSE", "manifest.json", "row_index.parquet"} <= set(staged.files)
    assert {path: path.stat().st_ino for path in (out / "dataset").rglob("*")} == before
    assert not stage.root.exists()


def rewrite(path: Path, change: Callable[[bytes], bytes]) -> None:
    content = change(path.read_bytes())
    path.unlink()  # it may be a hard link
    path.write_bytes(content)


def shard_of(folder: Path) -> Path:
    return folder / "data" / "train-00000-of-00001.parquet"


def test_a_shard_that_changed_is_refused(folder: Path, manifest: Any) -> None:  # noqa: ANN401  # as above
    rewrite(shard_of(folder), lambda content: content[:-9] + b"x" + content[-8:])
    with pytest.raises(PublishError, match="not the file whose SHA-256"):
        check(folder, manifest)
    rewrite(shard_of(folder), lambda content: content + b"x")
    with pytest.raises(PublishError, match="bytes, the manifest says"):
        check(folder, manifest)


@pytest.mark.parametrize("name", ["README.md", "LICENSE", "row_index.parquet"])
def test_a_missing_file_is_refused(folder: Path, manifest: Any, name: str) -> None:  # noqa: ANN401  # as above
    (folder / name).unlink()
    with pytest.raises(PublishError, match=f"files are missing: '{name}'"):
        check(folder, manifest)


@pytest.mark.parametrize("name", ["notes.txt", "data/more.parquet", ".DS_Store", "sums.py"])
def test_a_file_that_no_build_made_is_refused(folder: Path, manifest: Any, name: str) -> None:  # noqa: ANN401  # as above
    (folder / name).write_bytes(b"mine")
    with pytest.raises(PublishError, match="no build made") as refused:
        check(folder, manifest)
    assert f"'{name}'" in str(refused.value)
    assert ("refuse it as a script" in str(refused.value)) == (name == "sums.py")


@pytest.mark.parametrize(
    ("old", "new", "told"),
    [
        (b"---\n", b"--\n", "no YAML front matter"),
        (b"configs:\n", b"configs: [\n", "is no YAML"),
        (b'license: "apache-2.0"', b'license: "mit"', "states licence 'mit'"),
        (b'license: "apache-2.0"', b"", "states no licence"),
        (b'"inline_think/train', b'"data/train', "configs of README.md are not the manifest's"),
        (b"num_examples: 3", b"num_examples: 4", "counts other rows"),
    ],
)
def test_a_card_that_contradicts_the_manifest_is_refused(
    folder: Path,
    manifest: Any,  # noqa: ANN401  # as above
    old: bytes,
    new: bytes,
    told: str,
) -> None:
    def replace(content: bytes) -> bytes:
        assert old in content
        return content.replace(old, new, 1)

    rewrite(folder / "README.md", replace)
    with pytest.raises(PublishError, match=told):
        check(folder, manifest)


def with_split(manifest: Any, **changes: object) -> Any:  # noqa: ANN401  # as above
    """The manifest whose first config has another split."""
    first, *others = manifest.configs
    split = first.splits[0].model_copy(update=changes)
    return manifest.model_copy(
        update={"configs": [first.model_copy(update={"splits": [split]}), *others]}
    )


@pytest.mark.parametrize(
    ("changes", "told"),
    [
        ({"name": "all"}, "split 'all' has a name"),
        ({"name": "train-a"}, "split 'train-a' has a name"),
        ({"num_examples": 0}, "has no row"),
    ],
)
def test_a_split_that_would_not_load_is_refused(
    folder: Path,
    manifest: Any,  # noqa: ANN401  # as above
    changes: dict[str, object],
    told: str,
) -> None:
    with pytest.raises(PublishError, match=told):
        check(folder, with_split(manifest, **changes))


def test_files_and_configs_cover_each_other(folder: Path, manifest: Any) -> None:  # noqa: ANN401  # as above
    first, *others = manifest.configs
    with pytest.raises(PublishError, match="no config names 'inline_think/train-00000"):
        check(folder, manifest.model_copy(update={"configs": [first]}))
    strays = first.model_copy(update={"name": "stray", "data_files": {"train": "stray/*.parquet"}})
    configs = [first, *others, strays.model_copy(update={"default": False})]
    with pytest.raises(PublishError, match="config 'stray' names files that do not exist"):
        check(folder, manifest.model_copy(update={"configs": configs}))


def test_columns_and_rows_are_those_of_the_files(folder: Path, manifest: Any) -> None:  # noqa: ANN401  # as above
    first, *others = manifest.configs
    features = [{"name": "id", "dtype": "int64"}, *first.features[1:]]
    spoilt = first.model_copy(update={"features": features})
    with pytest.raises(PublishError, match="does not have the columns of config 'default': 'id'"):
        check(folder, manifest.model_copy(update={"configs": [spoilt, *others]}))

    def miscount(record: FileRecord) -> FileRecord:
        wrong = record.path.startswith("data/")
        return record.model_copy(update={"rows": 2}) if wrong else record

    files = list(map(miscount, manifest.files))
    with pytest.raises(PublishError, match="has 3 rows, the manifest says 2"):
        check(folder, manifest.model_copy(update={"files": files}))


def test_a_link_in_the_dataset_is_refused(tmp_path: Path) -> None:
    out = make_build(tmp_path / "out", 1)
    (tmp_path / "elsewhere.txt").write_text("secret", encoding="utf-8")
    (out / "dataset" / "link.txt").symlink_to(tmp_path / "elsewhere.txt")
    with open_stage(out) as stage, pytest.raises(PublishError, match=r"link\.txt is a link"):
        stage_first_release(out, stage)


def test_neighbours_in_the_repository(prepared: tuple[Stage, StagedRelease]) -> None:
    _, staged = prepared
    foreign = RemoteFile(4, "0" * 40, "1" * 64)
    goal = Goal(staged.files, frozenset({"data/train-00000-of-00002.parquet"}))
    harmless = ["data/train-00000-of-00002.parquet", "a.md", "LICENSE", "figures/mine.svg", "a.py"]
    check_neighbours(staged, dict.fromkeys(harmless, foreign), goal, REPO)
    for path in (
        "data/train-00000-of-00001.parquet",
        "inline_think/train-x.parquet",
        "figures/funnel.svg",
        "manifest.json",
        "sums.py",
    ):
        with pytest.raises(PublishError, match=path):
            check_neighbours(staged, {path: foreign}, goal, REPO)
    card = staged.files["figures/funnel.svg"]
    ours = RemoteFile(card.size, "0" * 40, card.sha256)
    check_neighbours(staged, {"figures/funnel.svg": ours}, goal, REPO)


def test_a_build_without_its_row_index_is_to_be_built_again(tmp_path: Path) -> None:
    out = make_build(tmp_path / "out", 3)
    (out / "dataset" / "row_index.parquet").unlink()
    told = r"row_index\.parquet cannot be read .* Nothing was sent\. Build again"
    with pytest.raises(OutputError, match=told), open_stage(tmp_path) as stage:
        stage_first_release(out, stage)


def test_the_row_index_is_that_of_the_build(tmp_path: Path) -> None:
    out = make_build(tmp_path / "out", 3)
    with open_stage(out) as stage:
        build: Build = stage_first_release(out, stage)[0]
        assert len(build.row_index) == 3
