"""One training run of the embedded model, within a fixed wall-clock budget.

Source: the modded-nanogpt recipe in small: Muon on the hidden matrices, AdamW on the rest, warm
up, then a linear decay to zero, here over time instead of steps, so a contended machine shortens
the run's step count and never its schedule. Checkpoints resume after any interruption.
"""

from __future__ import annotations

import argparse
import json
import logging
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import torch
import torch._inductor.config
from tokenizers import Tokenizer
from torch import Tensor
from torch.nn.functional import cross_entropy

from .architecture import ModelShape, Qwen3
from .batches import Batch, training_batches
from .courses import COURSES
from .dialogue import TEXT_END
from .export_checkpoint import write_checkpoint
from .muon import Muon
from .probe import exact_shares, passage_losses
from .thread_choice import ThreadChoice
from .tokenizer import token_id
from .warm_start import load_grown
from .workers import Worker

log = logging.getLogger(__name__)
WARMUP_SHARE = 0.02


@dataclass
class Progress:
    """What a checkpoint remembers besides weights."""

    step: int = 0
    tokens: int = 0
    elapsed_s: float = 0.0
    resumes: int = 0


class Trainer:
    """One run: model, optimizers, schedule, checkpoint."""

    def __init__(self, arguments: argparse.Namespace, worker: Worker) -> None:
        self.arguments, self.worker = arguments, worker
        torch.manual_seed(arguments.seed)
        self.threads = ThreadChoice(arguments.threads if worker.count == 1 else 1)
        torch._inductor.config.cpp.dynamic_threads = True  # noqa: SLF001 - no public name
        self.device = "cuda" if torch.cuda.is_available() else "cpu"
        self.tokenizer = Tokenizer.from_file(str(arguments.output / "tokenizer.json"))
        sizes = {"hidden_size": arguments.hidden, "num_hidden_layers": arguments.layers}
        shape = ModelShape(self.padded_vocabulary(), intermediate_size=arguments.ffn, **sizes)
        self.model = Qwen3(shape).to(self.device)
        hidden = {n for n, p in self.model.named_parameters() if p.ndim == 2 and "embed" not in n}
        matrices = [p for n, p in self.model.named_parameters() if n in hidden]
        others = [p for n, p in self.model.named_parameters() if n not in hidden]
        self.peak_lrs = (arguments.muon_lr, arguments.adam_lr)
        adam = torch.optim.AdamW(others, lr=0.0, betas=(0.9, 0.95), weight_decay=0.0, fused=True)
        self.optimizers = (
            Muon(matrices, lr=0.0, worker=worker, weight_decay=arguments.weight_decay),
            adam,
        )
        self.loss = torch.compile(self._loss, dynamic=True) if arguments.compile else self._loss
        self.progress = Progress()
        if arguments.start_from:
            sharpness = arguments.start_sharpness
            load_grown(self.model, self.tokenizer, arguments.start_from, sharpness)

    def padded_vocabulary(self) -> int:
        """The vocabulary rounded up to 64, as vLLM and BLAS like it."""
        return (int(self.tokenizer.get_vocab_size()) + 63) // 64 * 64

    def _loss(self, ids: Tensor, positions: Tensor, targets: Tensor) -> Tensor:
        states = self.model.hidden(ids).flatten(0, 1)[positions]
        return cross_entropy(self.model.logits(states), targets)

    def set_learning_rates(self) -> float:
        """Warm up, then decay linearly to zero at the end of the time budget."""
        done = min(1.0, self.progress.elapsed_s / (60 * self.arguments.minutes))
        factor = float(min(1.0, (done + 1e-4) / WARMUP_SHARE) * (1 - done))
        for optimizer, peak in zip(self.optimizers, self.peak_lrs, strict=True):
            for group in optimizer.param_groups:
                group["lr"] = peak * factor
        return factor

    def step(self, batch: Batch) -> float:
        """One update; returns the loss."""
        self.set_learning_rates()
        moved = (part.to(self.device) for part in (batch.ids, batch.positions, batch.targets))
        loss = self.loss(*moved)
        loss.backward()
        weights = [weight for weight in self.model.parameters() if weight.grad is not None]
        self.worker.average([weight.grad for weight in weights])
        torch.nn.utils.clip_grad_norm_(self.model.parameters(), 1.0)
        for optimizer in self.optimizers:
            optimizer.step()
            optimizer.zero_grad(set_to_none=True)
        self.progress.step += 1
        self.progress.tokens += batch.tokens * self.worker.count
        return float(loss.item())

    def save_checkpoint(self) -> None:
        """Replace the checkpoint in one move, so a kill never leaves half of one."""
        path: Path = self.arguments.checkpoint
        states = [optimizer.state_dict() for optimizer in self.optimizers]
        state = {"model": self.model.state_dict(), "optimizers": states}
        path.parent.mkdir(parents=True, exist_ok=True)
        torch.save(state | {"progress": vars(self.progress)}, path.with_suffix(".part"))
        path.with_suffix(".part").replace(path)

    def resume(self) -> None:
        """Continue from the checkpoint, with data not seen before it."""
        if not self.arguments.checkpoint.exists():
            return
        state = torch.load(self.arguments.checkpoint, map_location=self.device)
        self.model.load_state_dict(state["model"])
        for optimizer, saved in zip(self.optimizers, state["optimizers"], strict=True):
            optimizer.load_state_dict(saved)
        self.progress = Progress(**state["progress"])
        self.progress.resumes += 1
        log.info("resumed at step %d, %.0f s", self.progress.step, self.progress.elapsed_s)

    def run(self) -> None:
        """Train until the time budget is spent; a checkpoint every few minutes."""
        arguments, progress = self.arguments, self.progress
        last, saved, probed = time.monotonic(), progress.elapsed_s, progress.elapsed_s
        for batch in self.batches():
            self.threads.before_step()
            loss = self.step(batch)
            now = time.monotonic()
            self.threads.after_step(batch.tokens, now - last)
            progress.elapsed_s = self.worker.agree(progress.elapsed_s + now - last)
            last = now
            if progress.step % 20 == 0 and self.worker.leads:
                self.log_step(loss)
            if progress.elapsed_s - saved > 60 * arguments.checkpoint_minutes:
                if self.worker.leads:
                    self.save_checkpoint()
                saved = progress.elapsed_s
            if progress.elapsed_s - probed > 60 * arguments.probe_minutes:
                if self.worker.leads:
                    self.probe(arguments.probe_questions)
                probed, last = progress.elapsed_s, time.monotonic()
            if progress.elapsed_s > 60 * arguments.minutes:
                break

    def batches(self) -> Iterator[Batch]:
        """Training batches whose seed changes with every resume."""
        done = f"{self.progress.resumes}-{self.progress.step}"
        seed = f"train-{self.arguments.seed}-{done}-{self.worker.rank}"
        pad_id = token_id(self.tokenizer, TEXT_END)
        mix = COURSES[self.arguments.course].mix
        return training_batches(self.tokenizer, seed, self.arguments.batch_tokens, pad_id, mix)

    def log_step(self, loss: float) -> None:
        """One line of the training log."""
        done = self.progress
        message = "step %d  loss %.4f  %.2f Mtokens  %.0f s  %d threads"
        threads = torch.get_num_threads()
        log.info(message, done.step, loss, done.tokens / 1e6, done.elapsed_s, threads)

    def probe(self, number: int) -> None:
        """Log how well held-out examples of the course would be written."""
        if self.arguments.course == "writer":
            losses = passage_losses(self.model, self.tokenizer, 4 * number)
            text = ", ".join(f"{name} {loss:.3f}" for name, loss in losses.items())
            log.info("held-out passages, nats a token: %s", text)
            return
        shares = exact_shares(self.model, self.tokenizer, number)
        mean = sum(shares.values()) / len(shares)
        weak = sorted((share, name) for name, share in shares.items() if share < 0.95)
        text = ", ".join(f"{name} {share:.0%}" for share, name in weak)
        log.info("held-out exact traces: mean %.1f%%; below 95%%: %s", 100 * mean, text or "none")

    def finish(self) -> None:
        """Write the last checkpoint, the bf16 weights and the configs that servers load."""
        if not self.worker.leads:
            return
        self.save_checkpoint()
        arguments = self.arguments
        write_checkpoint(self.model, self.tokenizer, arguments.output, arguments.sharpness)
        parameters = sum(weight.numel() for weight in self.model.parameters())
        log.info("exported: %s", json.dumps(vars(self.progress) | {"parameters": parameters}))
        self.probe(2 * self.arguments.probe_questions)


def train(worker: Worker, arguments: argparse.Namespace) -> None:
    """One worker's whole run."""
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(message)s", datefmt="%H:%M:%S")
    trainer = Trainer(arguments, worker)
    trainer.resume()
    trainer.run()
    trainer.finish()
