"""A process that runs a test's functions with the real client libraries against a fake Hub.

huggingface_hub and datasets read the endpoint, the caches and Xet's switch when they are imported.
One process serves many calls, so their import is paid once. It can be killed in the middle of one.
"""

from __future__ import annotations

import pickle
import subprocess
import sys
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from types import TracebackType
from typing import Any, ParamSpec, Self, TypeVar

P = ParamSpec("P")
T = TypeVar("T")
REPOSITORY = Path(__file__).resolve().parents[2]


@dataclass(frozen=True)
class Order:
    """A function to call, by name."""

    module: str
    function: str
    arguments: tuple[Any, ...]
    named: dict[str, Any]


@dataclass(frozen=True)
class Answer:
    """Its result, or the error's class, text and HTTP status."""

    result: Any = None
    error: str | None = None
    message: str = ""
    status: int | None = None


@dataclass
class ClientError(Exception):
    """The function raised: `kind` is its class's name, `status` that of an HTTP error."""

    kind: str
    message: str
    status: int | None = None

    def __str__(self) -> str:
        return f"{self.kind}: {self.message}"


@dataclass
class ClientProcess:
    """Runs module-level functions in a child; `environment` is `FakeHub.environment`'s."""

    environment: Mapping[str, str]
    _child: subprocess.Popen[bytes] | None = field(default=None, init=False)

    def __enter__(self) -> Self:
        self._start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.kill()

    def call(self, function: Callable[P, T], *arguments: P.args, **named: P.kwargs) -> T:
        """The function's result; `ClientError` if it raised."""
        self.begin(function, *arguments, **named)
        result: T = self.wait()
        return result

    def begin(self, function: Callable[P, T], *arguments: P.args, **named: P.kwargs) -> None:
        """Start a call and do not wait: the test may kill the process meanwhile."""
        order = Order(function.__module__, function.__qualname__, arguments, dict(named))
        orders = self._start().stdin
        if orders is None:
            raise RuntimeError("the client process has no standard input")
        pickle.dump(order, orders)
        orders.flush()

    def wait(self) -> Any:  # noqa: ANN401  # whatever the function returned
        """The result of what was begun."""
        answers = self._start().stdout
        if answers is None:
            raise RuntimeError("the client process has no standard output")
        try:
            answer: Answer = pickle.load(answers)  # noqa: S301  # from our own child
        except EOFError as error:
            raise RuntimeError("the client process ended in the middle of a call") from error
        if answer.error is not None:
            raise ClientError(answer.error, answer.message, answer.status)
        return answer.result

    def kill(self) -> None:
        """SIGKILL; the next call starts a new process."""
        if self._child is not None:
            with self._child as child:  # closes the pipes and waits
                child.kill()
            self._child = None

    def _start(self) -> subprocess.Popen[bytes]:
        if self._child is None:
            self._child = subprocess.Popen(
                [sys.executable, "-m", "tests.fake_hub.client_process"],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                env=dict(self.environment),
                cwd=REPOSITORY,
            )
        return self._child
