"""Turn the safetensors folder into one GGUF file for llama.cpp.

Source: the GGUF specification and the tensor names of llama.cpp's `qwen3` architecture. Reads
bf16 safetensors by hand (an 8-byte length, a JSON header, raw tensors), so only `gguf` and
`numpy` are needed. Matrices become f16 or q8_0 (blocks of 32 with one scale), vectors stay f32, as
llama.cpp's own converter does.
"""

from __future__ import annotations

import argparse
import json
import struct
from pathlib import Path
from typing import Any

import numpy as np
from gguf import GGMLQuantizationType, GGUFWriter, LlamaFileType, TokenType, quants

from .weight_files import BUNDLED_GGUFS, WEIGHTS, BundledModel

TOP_LEVEL = {
    "model.embed_tokens.weight": "token_embd.weight",
    "model.norm.weight": "output_norm.weight",
}
MATRICES: dict[BundledModel, tuple[GGMLQuantizationType, LlamaFileType]] = {
    "reasoner": (GGMLQuantizationType.F16, LlamaFileType.MOSTLY_F16),
    "writer": (GGMLQuantizationType.Q8_0, LlamaFileType.MOSTLY_Q8_0),
}
IN_BLOCK = {
    "input_layernorm": "attn_norm",
    "self_attn.q_proj": "attn_q",
    "self_attn.k_proj": "attn_k",
    "self_attn.v_proj": "attn_v",
    "self_attn.o_proj": "attn_output",
    "self_attn.q_norm": "attn_q_norm",
    "self_attn.k_norm": "attn_k_norm",
    "post_attention_layernorm": "ffn_norm",
    "mlp.gate_proj": "ffn_gate",
    "mlp.up_proj": "ffn_up",
    "mlp.down_proj": "ffn_down",
}


def read_bf16_safetensors(path: Path) -> dict[str, Any]:
    """Tensors as float32 arrays; a bfloat16 is the upper half of a float32."""
    raw = path.read_bytes()
    (header_bytes,) = struct.unpack("<Q", raw[:8])
    header = json.loads(raw[8 : 8 + header_bytes])
    header.pop("__metadata__", None)
    tensors = {}
    for name, entry in header.items():
        if entry["dtype"] != "BF16":
            raise ValueError(f"{name} is {entry['dtype']}, not BF16")
        start, end = (8 + header_bytes + offset for offset in entry["data_offsets"])
        upper = np.frombuffer(raw[start:end], np.uint16).astype(np.uint32) << 16
        tensors[name] = upper.view(np.float32).reshape(entry["shape"])
    return tensors


def gguf_name(name: str) -> str:
    """llama.cpp's name of a checkpoint tensor."""
    if name in TOP_LEVEL:
        return TOP_LEVEL[name]
    _, _, block, rest = name.split(".", 3)
    return f"blk.{block}.{IN_BLOCK[rest.removesuffix('.weight')]}.weight"


def add_shape(writer: GGUFWriter, config: dict[str, Any]) -> None:
    """The architecture's sizes."""
    writer.add_context_length(config["max_position_embeddings"])
    writer.add_embedding_length(config["hidden_size"])
    writer.add_block_count(config["num_hidden_layers"])
    writer.add_feed_forward_length(config["intermediate_size"])
    writer.add_head_count(config["num_attention_heads"])
    writer.add_head_count_kv(config["num_key_value_heads"])
    writer.add_key_length(config["head_dim"])
    writer.add_value_length(config["head_dim"])
    writer.add_rope_freq_base(config["rope_theta"])
    writer.add_layer_norm_rms_eps(config["rms_norm_eps"])


def add_tokenizer(writer: GGUFWriter, folder: Path, config: dict[str, Any]) -> None:
    """Vocabulary, merges, added tokens and the chat template."""
    tokenizer = json.loads((folder / "tokenizer.json").read_text(encoding="utf-8"))
    names = {number: token for token, number in tokenizer["model"]["vocab"].items()}
    kinds = dict.fromkeys(names, TokenType.NORMAL)
    for added in tokenizer["added_tokens"]:
        names[added["id"]] = added["content"]
        kinds[added["id"]] = TokenType.CONTROL if added["special"] else TokenType.USER_DEFINED
    size = config["vocab_size"]
    writer.add_tokenizer_model("gpt2")
    writer.add_tokenizer_pre("qwen2")
    writer.add_token_list([names.get(number, f"[PAD{number}]") for number in range(size)])
    writer.add_token_types([kinds.get(number, TokenType.UNUSED) for number in range(size)])
    merges = tokenizer["model"]["merges"]
    writer.add_token_merges([m if isinstance(m, str) else " ".join(m) for m in merges])
    writer.add_bos_token_id(config["bos_token_id"])
    writer.add_eos_token_id(config["eos_token_id"])
    writer.add_pad_token_id(config["pad_token_id"])
    writer.add_add_bos_token(False)
    writer.add_chat_template((WEIGHTS / "chat_template.jinja").read_text(encoding="utf-8"))


def add_weights(
    writer: GGUFWriter, tensors: dict[str, Any], matrices: GGMLQuantizationType
) -> None:
    """The tensors, matrices in the wanted type."""
    for name, tensor in tensors.items():
        if tensor.ndim == 2:
            packed = quants.quantize(np.ascontiguousarray(tensor), matrices)
            writer.add_tensor(gguf_name(name), packed, raw_dtype=matrices)
        else:
            writer.add_tensor(gguf_name(name), np.ascontiguousarray(tensor))


def export(folder: Path, model: BundledModel, output: Path) -> None:
    """Write the whole GGUF file from a folder of transformers' layout."""
    config = json.loads((folder / "config.json").read_text(encoding="utf-8"))
    matrices, file_type = MATRICES[model]
    writer = GGUFWriter(str(output), "qwen3")
    writer.add_name(f"embedded-{model}")
    writer.add_license("apache-2.0")
    writer.add_file_type(file_type)
    add_shape(writer, config)
    add_tokenizer(writer, folder, config)
    add_weights(writer, read_bf16_safetensors(folder / "model.safetensors"), matrices)
    writer.write_header_to_file()
    writer.write_kv_data_to_file()
    writer.write_tensors_to_file()
    writer.close()


def main() -> None:
    """Convert the committed weights, or those of another folder."""
    parser = argparse.ArgumentParser(description="Convert a folder of weights to GGUF.")
    parser.add_argument("--weights", type=Path, default=WEIGHTS)
    parser.add_argument("--model", choices=tuple(BUNDLED_GGUFS), default="reasoner")
    parser.add_argument("--output", type=Path, default=None, help="a file")
    arguments = parser.parse_args()
    model: BundledModel = arguments.model
    output = arguments.output or arguments.weights / BUNDLED_GGUFS[model].name
    export(arguments.weights, model, output)


if __name__ == "__main__":
    main()
