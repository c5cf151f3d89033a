"""The lines of a body that arrives in pieces, as JSON lines do (https://jsonlines.org)."""

from __future__ import annotations

from collections.abc import AsyncIterator


async def cut_lines(chunks: AsyncIterator[bytes]) -> AsyncIterator[bytes]:
    """Yield each line without its end, whatever pieces it arrives in; a last one may lack it."""
    unfinished: list[bytes] = []  # joined once a line ends: a line may be large
    async for chunk in chunks:
        *lines, rest = chunk.split(b"\n")
        if lines:
            yield b"".join([*unfinished, lines[0]])
            unfinished.clear()
        for line in lines[1:]:
            yield line
        unfinished.append(rest)
    if any(unfinished):
        yield b"".join(unfinished)
