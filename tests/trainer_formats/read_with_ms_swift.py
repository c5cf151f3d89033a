"""Run by a Python that has ms-swift: print the rows of every entry, as its own loader reads them.

python read_with_ms_swift.py path/to/dataset
"""

import json
import sys
from collections.abc import Iterator
from importlib import import_module
from pathlib import Path
from typing import Any


def read_rows(folder: Path) -> dict[str, Any]:
    """Entry → its rows as `[[role, content], …]`; a row that does not fit raises (`strict`)."""
    path = folder / "formats" / "ms_swift" / "dataset_info.json"
    import_module("swift.dataset.register").register_dataset_info(str(path))
    load_dataset = import_module("swift.dataset.loader").load_dataset
    names = list(list_names(json.loads(path.read_text(encoding="utf-8"))))
    return {
        name: [
            [[turn["role"], turn["content"]] for turn in row["messages"]]
            for row in load_dataset(
                [name], strict=True, load_from_cache_file=False, use_hf=":" in name
            )[0]
        ]
        for name in names
    }


def list_names(entries: list[dict[str, Any]]) -> Iterator[str]:
    """`--dataset` of every entry: its name, or the repository and a subset."""
    for entry in entries:
        if "dataset_name" in entry:
            yield entry["dataset_name"]
        else:
            yield from (f"{entry['hf_dataset_id']}:{subset}" for subset in entry["subsets"])


if __name__ == "__main__":
    sys.stdout.write("\n" + json.dumps(read_rows(Path(sys.argv[1]).resolve())))
