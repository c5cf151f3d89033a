"""Several training processes that share every step: gradients averaged, Muon's work divided.

Processes meet a few times a step, threads at every operation; on a machine shared with other work
that made two processes of one thread faster than two threads. With one worker nothing is sent.
"""

from __future__ import annotations

import os
import signal
import socket
from collections.abc import Callable
from dataclasses import dataclass

import torch
from torch import Tensor
from torch import distributed as dist


@dataclass(frozen=True)
class Worker:
    """This process's place among all."""

    rank: int = 0
    count: int = 1

    @property
    def leads(self) -> bool:
        """Whether this process writes the log, the checkpoint and the weights."""
        return self.rank == 0

    def average(self, tensors: list[Tensor]) -> None:
        """Replace tensors by their mean over all workers, in one message."""
        if self.count == 1:
            return
        flat = torch.cat([tensor.flatten() for tensor in tensors])
        dist.all_reduce(flat)
        flat /= self.count
        parts = flat.split([tensor.numel() for tensor in tensors])
        for tensor, part in zip(tensors, parts, strict=True):
            tensor.copy_(part.view_as(tensor))

    def divide(self, work: Callable[[Tensor], Tensor], items: Tensor) -> Tensor:
        """Do `work` on a batch of items, each worker on its share; all get all results."""
        if self.count == 1:
            return work(items)
        results = torch.zeros_like(items)
        results[self.rank :: self.count] = work(items[self.rank :: self.count])
        dist.all_reduce(results)
        return results

    def agree(self, number: float) -> float:
        """The leader's number, for decisions all must take alike."""
        if self.count == 1:
            return number
        shared = torch.tensor([number], dtype=torch.float64)
        dist.broadcast(shared, src=0)
        return float(shared.item())


def run_workers(count: int, main: Callable[..., None], *arguments: object) -> None:
    """Run `main(worker, *arguments)` in so many processes and wait for them."""
    if count == 1:
        main(Worker(), *arguments)
        return
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    torch.multiprocessing.spawn(_enter, (count, port, main, arguments), nprocs=count)


def _enter(
    rank: int, count: int, port: int, main: Callable[..., None], arguments: tuple[object, ...]
) -> None:
    """Join the group, then work."""
    # torch ends the workers of a dead parent by SIGINT, which a background shell has ignored.
    signal.signal(signal.SIGINT, signal.default_int_handler)
    os.environ.setdefault("GLOO_SOCKET_IFNAME", "lo")
    address = f"tcp://127.0.0.1:{port}"
    dist.init_process_group("gloo", init_method=address, rank=rank, world_size=count)
    main(Worker(rank, count), *arguments)
    dist.destroy_process_group()
