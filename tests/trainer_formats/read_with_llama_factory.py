"""Run by a Python that has LLaMA-Factory: print the rows of every entry, as its own loader reads them.

    python read_with_llama_factory.py path/to/dataset
"""

import json
import sys
import types
from importlib import import_module
from pathlib import Path
from typing import Any


def read_rows(folder: Path) -> dict[str, Any]:
    """Entry → its rows as `[[role, content], …]`, thoughts and system prompts and all."""
    # Sound alone needs it, and there is no wheel of it for a torch without CUDA.
    sys.modules.setdefault("torchaudio", types.ModuleType("torchaudio"))
    parser = import_module("llamafactory.data.parser")
    loader = import_module("llamafactory.data.loader")
    entries = folder / "formats" / "llama_factory"
    names = list(json.loads((entries / "dataset_info.json").read_text(encoding="utf-8")))
    settings = types.SimpleNamespace(
        dataset_dir=str(entries), media_dir=str(entries), streaming=False, max_samples=None,
        preprocessing_num_workers=None, preprocessing_batch_size=1000, overwrite_cache=True,
        cache_dir=None, hf_hub_token=None, local_process_index=0, dataloader_num_workers=0,
    )  # fmt: skip
    attributes = parser.get_dataset_list(names, str(entries))
    return {
        name: [
            [[turn["role"], turn["content"]] for turn in [*row["_prompt"], *row["_response"]]]
            for row in loader._load_single_dataset(attribute, settings, settings, settings)  # noqa: SLF001  # its only way in without a model
        ]
        for name, attribute in zip(names, attributes, strict=True)
    }


if __name__ == "__main__":
    sys.stdout.write("\n" + json.dumps(read_rows(Path(sys.argv[1]).resolve())))
