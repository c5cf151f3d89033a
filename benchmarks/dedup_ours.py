"""Our side of the deduplication benchmark: the files of `dedup_rivals` in, kept and removed out.

python -m benchmarks.dedup_ours FOLDER [--workers 1]
"""

from __future__ import annotations

import argparse
from pathlib import Path

import orjson

from builders.dedup import DocumentDedupConfig, find_near_documents


def main() -> None:
    """Read, find, write: a whole process, as the rival's is."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("folder", type=Path)
    parser.add_argument("--workers", type=int, default=1)
    options = parser.parse_args()
    files = sorted((options.folder / "data").iterdir())
    lines = [line for file in files for line in file.read_bytes().splitlines()]
    texts = [orjson.loads(line)["text"] for line in lines]
    config = DocumentDedupConfig(workers=options.workers)
    found = find_near_documents(texts, config, options.folder)
    for name, wanted in (("kept", False), ("removed", True)):
        (options.folder / name).mkdir()
        chosen = [line for place, line in enumerate(lines) if (place in found) == wanted]
        (options.folder / name / "00000.jsonl").write_bytes(b"".join(x + b"\n" for x in chosen))


if __name__ == "__main__":
    main()
