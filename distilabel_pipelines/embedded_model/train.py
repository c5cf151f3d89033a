"""Train one of the embedded models from scratch, on CPU or GPU: the command line.

On a machine shared with other work set OMP_WAIT_POLICY=PASSIVE and GOMP_SPINCOUNT=0: two spinning
threads lose most of their time as soon as a third process runs.
"""

from __future__ import annotations

import argparse
from pathlib import Path

from .courses import COURSES
from .tokenizer import save, train_tokenizer
from .weight_files import WEIGHTS


def parse_arguments() -> argparse.Namespace:
    """The command line."""
    parser = argparse.ArgumentParser(description="Train the embedded model from scratch.")
    parser.add_argument("--course", choices=tuple(COURSES), default="reasoner")
    parser.add_argument("--minutes", type=float, default=65.0, help="training time, all resumes")
    parser.add_argument("--output", type=Path, default=WEIGHTS)
    parser.add_argument("--checkpoint", type=Path, default=Path("embedded_model_checkpoint.pt"))
    parser.add_argument("--start-from", type=Path, help="a folder with trained weights")
    parser.add_argument("--start-sharpness", type=float, default=1.0, help="of those weights")
    parser.add_argument("--hidden", type=int, default=192)
    parser.add_argument("--ffn", type=int, default=512)
    parser.add_argument("--layers", type=int, default=6)
    parser.add_argument("--batch-tokens", type=int, default=2560, help="of each worker")
    parser.add_argument("--muon-lr", type=float, default=4e-3)
    parser.add_argument("--adam-lr", type=float, default=3e-3)
    parser.add_argument("--weight-decay", type=float, default=0.05)
    parser.add_argument("--threads", type=int, default=2, help="at most, with one worker")
    parser.add_argument("--workers", type=int, default=1, help="processes of one thread each")
    parser.add_argument("--sharpness", type=float, default=1.0, help="of the written weights")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--compile", action=argparse.BooleanOptionalAction, default=True)
    parser.add_argument("--checkpoint-minutes", type=float, default=3.0)
    parser.add_argument("--probe-minutes", type=float, default=8.0)
    parser.add_argument("--probe-questions", type=int, default=16, help="per family and language")
    return parser.parse_args()


def main() -> None:
    """Train the tokenizer if there is none, train, export."""
    arguments = parse_arguments()
    # torch takes seconds to import: only once the command line is known to be right.
    from .trainer import train  # noqa: PLC0415
    from .workers import run_workers  # noqa: PLC0415

    if not (arguments.output / "tokenizer.json").exists():
        tokenizer = train_tokenizer(COURSES[arguments.course], arguments.seed)
        save(tokenizer, arguments.output, context_length=4096)
    run_workers(arguments.workers, train, arguments)


if __name__ == "__main__":
    main()
