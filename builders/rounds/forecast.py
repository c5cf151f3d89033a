"""How many more list requests and tasks are likely to be needed for the rows that are missing.

Source: Laplace's rule of succession, begun with the best that one request or task could bring, so
that the first wave is never larger than what is needed in any case. It decides costs, never rows.
"""

from __future__ import annotations

import math
from typing import NamedTuple


class Yield(NamedTuple):
    """What has come in: list replies, tasks kept from them, tasks written, passing rows."""

    lists: int = 0
    kept: int = 0
    written: int = 0
    rows: int = 0

    def add_list(self, kept: int, *, written: int, rows: int) -> Yield:
        """With one more list reply, of whose kept tasks some came with their instance."""
        return Yield(self.lists + 1, self.kept + kept, self.written + written, self.rows + rows)

    def add_task(self, rows: int) -> Yield:
        """With one more task written."""
        return self._replace(written=self.written + 1, rows=self.rows + rows)


def count_tasks_needed(missing_rows: int, seen: Yield, *, rows_per_task: float) -> int:
    """Tasks whose instances are likely to bring the missing rows; `rows_per_task` at first."""
    rate = (seen.rows + rows_per_task) / (seen.written + 1)
    return _with_spread(missing_rows / max(rate, 0.01))


def count_lists_needed(missing_tasks: int, seen: Yield, *, tasks_per_list: float) -> int:
    """List requests that are likely to bring the missing tasks; `tasks_per_list` is the best."""
    rate = (seen.kept + tasks_per_list) / (seen.lists + 1)
    return _with_spread(missing_tasks / max(rate, 0.01))


def _with_spread(mean: float) -> int:
    """Half a standard deviation on top: a few too many cost less than another round trip."""
    return math.ceil(mean + 0.5 * math.sqrt(max(0.0, mean)))
