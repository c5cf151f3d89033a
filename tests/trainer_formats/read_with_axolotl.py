"""Run by a Python that has axolotl: print what it trains on, entry by entry, with its own loader.

python read_with_axolotl.py path/to/dataset
"""

import json
import sys
from importlib import import_module
from pathlib import Path
from typing import Any

TEMPLATE = (
    "{% for message in messages %}<|im_start|>{{ message.role }}\n"
    "{% if message.reasoning_content %}[{{ message.reasoning_content }}]{% endif %}"
    "{{ message.content }}<|im_end|>\n{% endfor %}"
)


def make_tokenizer() -> Any:  # noqa: ANN401  # transformers has no types here
    """Bytes as tokens, and a chat template that shows a thought in brackets."""
    tokenizers, levels = import_module("tokenizers"), import_module("tokenizers.pre_tokenizers")
    vocabulary = {sign: number for number, sign in enumerate(sorted(levels.ByteLevel.alphabet()))}
    plain = tokenizers.Tokenizer(tokenizers.models.BPE(vocab=vocabulary, merges=[]))
    plain.pre_tokenizer = levels.ByteLevel(add_prefix_space=False)
    plain.decoder = import_module("tokenizers.decoders").ByteLevel()
    plain.add_special_tokens(["<|im_start|>", "<|im_end|>", "<|pad|>"])
    signs = {"eos_token": "<|im_end|>", "pad_token": "<|pad|>"}
    tokenizer = import_module("transformers").PreTrainedTokenizerFast(
        tokenizer_object=plain, **signs
    )
    tokenizer.chat_template = TEMPLATE
    return tokenizer


def read_rows(folder: Path) -> dict[str, Any]:
    """Config → its rows as `[[whole text, text with a loss]]`; the schema is axolotl's own too."""
    given = import_module("axolotl.utils.dict").DictDefault
    schema = import_module("axolotl.utils.schemas.datasets").SFTDataset
    load = import_module("axolotl.utils.data.shared").load_dataset_with_config
    wrap = import_module("axolotl.utils.data.wrappers").get_dataset_wrapper
    tokenizer = make_tokenizer()
    settings = given({"sequence_len": 65536, "train_on_inputs": False, "datasets": []})
    rows = {}
    for path in sorted((folder / "formats" / "axolotl").glob("*.yml")):
        text = path.read_text(encoding="utf-8").replace("path/to/dataset", str(folder))
        (entry,) = import_module("yaml").safe_load(text)["datasets"]
        checked = given(schema(**entry).model_dump(exclude_none=True))
        base = checked.type if isinstance(checked.type, str) else None
        dataset, _ = wrap(checked, tokenizer, settings, base, load(checked, use_auth_token=False))
        rows[path.stem] = [
            [
                tokenizer.decode(row["input_ids"]),
                tokenizer.decode([label for label in row["labels"] if label >= 0]),
            ]
            for row in dataset
        ]
    return rows


if __name__ == "__main__":
    sys.stdout.write("\n" + json.dumps(read_rows(Path(sys.argv[1]).resolve())))
