"""How many threads to compute with while other work comes and goes on the machine.

Two threads that meet at a barrier hundreds of times a step are slower than one as soon as a third
process takes a core (measured here: 1,300 tokens/s against 5,600 on the quiet machine). So both
are timed every now and then, and the faster one is kept until the next trial.
"""

from __future__ import annotations

import torch

TRIAL_STEPS = 4  # for each candidate
PERIOD_STEPS = 64  # from one trial to the next


class ThreadChoice:
    """Tries one thread and all of them in turn, then stays with the faster."""

    def __init__(self, most: int) -> None:
        self.candidates = (1, most) if most > 1 else (1,)
        self.kept = most
        self._begin_period()

    def _begin_period(self) -> None:
        self._position = 0
        self._tokens = dict.fromkeys(self.candidates, 0)
        self._seconds = dict.fromkeys(self.candidates, 0.0)

    def before_step(self) -> None:
        """Set the number of threads for the next step."""
        turn = self._position // TRIAL_STEPS
        torch.set_num_threads(self.candidates[turn] if turn < len(self.candidates) else self.kept)

    def after_step(self, tokens: int, seconds: float) -> None:
        """Note how the step went; after a trial's last step, choose."""
        turn, within = divmod(self._position, TRIAL_STEPS)
        if turn < len(self.candidates) and within > 0:  # the first step still warms up
            self._tokens[self.candidates[turn]] += tokens
            self._seconds[self.candidates[turn]] += seconds
        self._position += 1
        if self._position == TRIAL_STEPS * len(self.candidates):
            self.kept = max(self.candidates, key=self.rate)
        if self._position == PERIOD_STEPS:
            self._begin_period()

    def rate(self, threads: int) -> float:
        """Tokens a second with so many threads in the current trial."""
        return self._tokens[threads] / max(self._seconds[threads], 1e-9)
