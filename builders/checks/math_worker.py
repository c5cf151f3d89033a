r"""A child process that runs math-verify: one request a message, until the pipe closes.

Started as a script (`python -P math_worker.py <fd>`), so that neither the parent's `__main__` nor
this package is imported again. Requests and replies are JSON over a socket pair. The process ends
with its parent: a closed pipe ends the loop, and a CPU limit from the kernel ends a computation
in C code (`9^{9^{9^9}}`) that no signal handler can interrupt.

math-verify's own traps are kept inside this process: it needs the main thread for `signal.alarm`,
its `TimeoutException` derives from BaseException, and several boxes would merge into a set.
"""

from __future__ import annotations

import contextlib
import json
import logging
import resource
import signal
import sys
from dataclasses import replace
from multiprocessing.connection import Connection

MEMORY_BYTES = 2 << 30


def _lower_limit(kind: int, value: int) -> None:
    hard = resource.getrlimit(kind)[1]
    resource.setrlimit(kind, (value if hard == resource.RLIM_INFINITY else min(value, hard), hard))


def limit_cpu(seconds: int) -> None:
    """Let the kernel end this process after `seconds` more of CPU time."""
    used = resource.getrusage(resource.RUSAGE_SELF)
    soft = int(used.ru_utime + used.ru_stime) + seconds + 1
    _lower_limit(resource.RLIMIT_CPU, soft)


def compare(answer: str, gold: str, timeout_s: int) -> dict[str, str]:
    """`outcome` is equal, different, answer_unread, gold_unread, timeout or error."""
    from math_verify import LatexExtractionConfig, parse, verify  # noqa: PLC0415  # slow
    from math_verify.errors import TimeoutException  # noqa: PLC0415  # slow

    # Only the box is read: the plain-number reader would pick stray numbers out of words. Units
    # were taken off before: math-verify would make 5 cm equal to 5 m, and 3m to 3.
    notation = replace(LatexExtractionConfig().normalization_config, units=False)
    config = (LatexExtractionConfig(boxed_match_priority=0, normalization_config=notation),)

    def read(text: str) -> list[object]:
        boxed = f"\\boxed{{{text}}}"
        parsed: list[object] = parse(boxed, config, parsing_timeout=timeout_s, raise_on_error=True)
        return parsed

    try:
        wanted = read(gold)
        if not wanted:
            return {"outcome": "gold_unread"}
        given = read(answer)
        if not given:
            return {"outcome": "answer_unread"}
        same = verify(
            wanted,
            given,
            allow_set_relation_comp=True,
            timeout_seconds=timeout_s,
            raise_on_error=True,
        )
    except TimeoutException:
        return {"outcome": "timeout"}
    # What sympy raises on strange input is as open as the input: every kind means "not equal".
    except Exception as error:  # noqa: BLE001
        return {"outcome": "error", "detail": f"{type(error).__name__}: {error}"[:200]}
    return {"outcome": "equal" if same else "different"}


def serve(pipe: Connection) -> None:
    """Warm up, say so, and answer requests `[answer, gold, timeout_s, cpu_s]` until the end."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is the parent's: it closes the pipe
    if sys.platform == "linux":  # elsewhere the kernel does not enforce it, or refuses it
        _lower_limit(resource.RLIMIT_AS, MEMORY_BYTES)
    logging.disable(logging.CRITICAL)
    compare("\\frac{1}{2}+x", "x+0.5", 0)
    pipe.send_bytes(b'{"outcome": "ready"}')
    with contextlib.suppress(EOFError, ConnectionError):
        while True:
            answer, gold, timeout_s, cpu_s = json.loads(pipe.recv_bytes())
            limit_cpu(cpu_s)
            pipe.send_bytes(json.dumps(compare(answer, gold, timeout_s)).encode())


if __name__ == "__main__":
    serve(Connection(int(sys.argv[1])))
