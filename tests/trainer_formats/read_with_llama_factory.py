"""Run by a Python that has LLaMA-Factory: print the rows of every entry, as its loader reads them.

python read_with_llama_factory.py path/to/dataset
"""

import json
import sys
import types
from importlib import import_module
from importlib.machinery import ModuleSpec
from importlib.util import module_from_spec
from pathlib import Path
from typing import Any


def read_rows(folder: Path) -> dict[str, Any]:
    """Entry → its rows as `[[role, content], …]`, thoughts and system prompts and all."""
    # Sound alone needs it, and there is no wheel of it for a torch without CUDA.
    silent = module_from_spec(ModuleSpec("torchaudio", None))
    sys.modules.setdefault("torchaudio", silent)
    parser = import_module("llamafactory.data.parser")
    loader = import_module("llamafactory.data.loader")
    entries = folder / "formats" / "llama_factory"
    names = list(json.loads((entries / "dataset_info.json").read_text(encoding="utf-8")))
    settings = types.SimpleNamespace(
        dataset_dir=str(entries), media_dir=str(entries), streaming=False, max_samples=None,
        preprocessing_num_workers=None, preprocessing_batch_size=1000, overwrite_cache=True,
        cache_dir=None, hf_hub_token=None, local_process_index=0, dataloader_num_workers=0,
    )  # fmt: skip
    load = loader._load_single_dataset
    attributes = parser.get_dataset_list(names, str(entries))
    return {
        name: [
            [[turn["role"], turn["content"]] for turn in [*row["_prompt"], *row["_response"]]]
            for row in load(attribute, settings, settings, settings)
        ]
        for name, attribute in zip(names, attributes, strict=True)
    }


if __name__ == "__main__":
    sys.stdout.write("\n" + json.dumps(read_rows(Path(sys.argv[1]).resolve())))
