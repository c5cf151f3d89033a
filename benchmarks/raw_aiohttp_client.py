"""The floor: aiohttp with a semaphore, no retries, no journal. What any client could reach."""

from __future__ import annotations

import asyncio
import time

import aiohttp

from benchmarks.workload import client_options, print_result, questions, summarise


async def ask_all(
    base_url: str, model: str, count: int, in_flight: int, *, stream: bool = False
) -> list[str | None]:
    """The answers' texts in order; None for a request that failed."""
    window = asyncio.Semaphore(in_flight)
    connector = aiohttp.TCPConnector(limit=in_flight)
    timeout = aiohttp.ClientTimeout(total=None)
    async with aiohttp.ClientSession(connector=connector, timeout=timeout) as session:

        async def ask(text: str) -> str | None:
            body = {
                "model": model,
                "messages": [{"role": "user", "content": text}],
                "stream": stream,
            }
            async with window:
                return await _ask_one(session, f"{base_url}/chat/completions", body)

        return await asyncio.gather(*(ask(text) for text in questions(count)))


async def _ask_one(session: aiohttp.ClientSession, url: str, body: dict[str, object]) -> str | None:
    try:
        async with session.post(url, json=body) as response:
            response.raise_for_status()
            if body["stream"]:
                return (await response.read()).decode()
            answer = await response.json()
            text: str = answer["choices"][0]["message"]["content"]
            return text
    except (aiohttp.ClientError, ValueError):
        return None  # counted as an empty row: the floor has no retries


def main() -> None:
    """Run and print one JSON line."""
    parser = client_options(__doc__)
    parser.add_argument("--stream", action="store_true")
    options = parser.parse_args()
    started_s, clock = time.time(), time.monotonic()
    work = ask_all(
        options.base_url, options.model, options.requests, options.in_flight, stream=options.stream
    )
    texts = asyncio.run(work)
    seconds = time.monotonic() - clock
    name = "raw aiohttp, semaphore" + (", streamed" if options.stream else "")
    print_result(summarise(name, started_s, seconds, texts, options))


if __name__ == "__main__":
    main()
