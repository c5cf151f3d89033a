"""Where the embedded model's committed files lie."""

from __future__ import annotations

from pathlib import Path

WEIGHTS = Path(__file__).parent / "weights"
GGUF_NAME = "embedded-model-f16.gguf"
BUNDLED_GGUF = WEIGHTS / GGUF_NAME
