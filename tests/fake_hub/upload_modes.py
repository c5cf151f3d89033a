"""Which files go through LFS, and which are ignored: what `preupload` answers.

Sources: the Hub's "Uploading datasets" page (10 MB, binary files) and the `.gitattributes` that it
puts into a new dataset repository; git itself reads the patterns of both files.
"""

from __future__ import annotations

import codecs
import subprocess
import tempfile
from collections.abc import Sequence
from pathlib import Path

from tests.fake_hub.git import GitRepository

LARGEST_REGULAR_FILE = 10 * 1024 * 1024
LFS_SUFFIXES = (
    *("7z", "arrow", "avro", "bin", "bz2", "ckpt", "ftz", "gz", "h5", "joblib", "lz4", "mds"),
    *("mlmodel", "model", "msgpack", "npy", "npz", "onnx", "ot", "parquet", "pb", "pickle", "pkl"),
    *("pt", "pth", "rar", "safetensors", "tar", "tflite", "tgz", "wasm", "xz", "zip", "zst"),
    *("pcm", "sam", "raw", "aac", "flac", "mp3", "ogg", "wav"),
    *("bmp", "gif", "png", "tiff", "jpg", "jpeg", "webp", "mp4", "webm"),
)
FIRST_ATTRIBUTES = "".join(
    f"*.{suffix} filter=lfs diff=lfs merge=lfs -text\n" for suffix in LFS_SUFFIXES
).encode()


def find_lfs_paths(git: GitRepository, commit: str, paths: Sequence[str]) -> set[str]:
    """The paths that the `.gitattributes` files of a commit give to LFS."""
    with tempfile.TemporaryDirectory() as scratch:
        index = {"GIT_INDEX_FILE": str(Path(scratch) / "index")}
        git.run("read-tree", commit, environment=index)
        asked = "".join(f"{path}\0" for path in paths).encode()
        shown = git.run(
            "check-attr", "--cached", "--stdin", "-z", "filter", data=asked, environment=index
        )
    words = shown.decode().split("\0")
    return {path for path, value in zip(words[::3], words[2::3], strict=False) if value == "lfs"}


def find_ignored_paths(git: GitRepository, rules: str, paths: Sequence[str]) -> set[str]:
    """The paths that the text of a `.gitignore` file names."""
    if not rules.strip():
        return set()
    with tempfile.TemporaryDirectory() as scratch:
        Path(scratch, ".gitignore").write_text(rules, encoding="utf-8")
        done = subprocess.run(
            ["git", f"--work-tree={scratch}", "check-ignore", "--no-index", "-z", "--stdin"],
            cwd=scratch,
            input="".join(f"{path}\0" for path in paths).encode(),
            env=git.environment({"GIT_DIR": str(git.folder)}),
            capture_output=True,
            check=False,
        )
    if done.returncode > 1:  # 1: none is ignored
        raise RuntimeError(f"git check-ignore failed: {done.stderr.decode()}")
    return set(done.stdout.decode().split("\0")) - {""}


def is_large_or_binary(sample: bytes, size: int) -> bool:
    """Whether a file goes through LFS whatever its name; `sample` is its beginning."""
    if size > LARGEST_REGULAR_FILE or b"\0" in sample:
        return True
    try:
        codecs.getincrementaldecoder("utf-8")().decode(sample)  # a cut last character is no fault
    except UnicodeDecodeError:
        return True
    return False
