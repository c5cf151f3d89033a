"""Which row of a group of near-duplicates is kept: the earliest, whatever is appended later.

datatrove's stage 3 joins pairs by union-find, keeps the root of the tree, and so an arbitrary row;
and a row that resembles two rows which do not resemble each other joins their groups, so that a
row appended today would remove one that was published yesterday.

What is stable are the pairs of stage 2. In the file of a bucket each joins a row to its neighbour
in row order among the rows of one signature: rows appended later come behind the others, and add
pairs in which they are the later one, but change none. So whatever of row i follows from the pairs
whose later row is at most i, no row behind i can change:

- a row falls when it is the later one of any pair, that is, when it shares a bucket's signature
  with an earlier row;
- the original it repeats is the earliest row that the pairs up to it connect it with. That row is
  kept: had it fallen, it would be connected with an earlier one.

datatrove's clusters (`save_cluster_id`) are these groups seen from the last row. Where only one
row of a cluster is not the later of a pair, it is the original of all the others, which settles
nearly all; only a cluster with several such rows is walked through in row order.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from datatrove.pipeline.dedup.minhash import MinhashConfig, MinhashDedupCluster
from numpy.typing import NDArray

Places = NDArray[np.int64]


def find_originals(
    places: Places, clusters: NDArray[np.int64], earlier: Places, later: Places
) -> Places:
    """Of each of `places` the place of its original, or its own where it is kept.

    `places` ascend, `clusters` are their cluster ids, both (n,); `earlier` and `later` (m,) are
    the pairs, in any order. Pure.
    """
    heads = ~np.isin(places, later)
    size = int(clusters.max(initial=-1)) + 1
    first = np.full(size, np.iinfo(np.int64).max)
    np.minimum.at(first, clusters, places)
    originals = np.where(heads, places, first[clusters])
    bridged = np.bincount(clusters[heads], minlength=size) > 1
    in_bridged = bridged[clusters]
    if in_bridged.any():
        touched = np.isin(later, places[in_bridged])
        walked = connect_in_order(earlier[touched], later[touched])
        for index in np.flatnonzero(in_bridged & ~heads):
            originals[index] = walked[int(places[index])]
    return originals


def connect_in_order(earlier: Places, later: Places) -> dict[int, int]:
    """The later row of any pair → the earliest row that the pairs up to it connect it with."""
    order = np.argsort(later, kind="stable")
    root: dict[int, int] = {}
    originals: dict[int, int] = {}
    for early, late in zip(earlier[order].tolist(), later[order].tolist(), strict=True):
        one, other = _find_root(root, early), _find_root(root, late)
        root[max(one, other)] = min(one, other)
        originals[late] = min(one, other)
    return originals


def _find_root(root: dict[int, int], place: int) -> int:
    """The earliest row of the group; the way there is shortened."""
    while (above := root.setdefault(place, place)) != place:
        root[place] = root[above]
        place = above
    return place


class EarliestCluster(MinhashDedupCluster):  # type: ignore[misc]  # datatrove is untyped for us
    """Stage 3, after which stage 4 keeps the earliest rows and knows what the others repeat.

    datatrove's own files are written anew in their format: the rows to remove, and the clusters
    with the place of each row's original for a number. `starts` are the places of the first row
    of each task of stage 1, whose rows follow each other.
    """

    def __init__(
        self,
        input_folder: object,
        output_folder: object,
        config: MinhashConfig,
        starts: Sequence[int],
    ) -> None:
        super().__init__(
            input_folder, output_folder, config, save_cluster_id=True, lines_to_buffer=-1
        )
        self.starts = np.array(starts, np.int64)

    def run(self, data: None = None, rank: int = 0, world_size: int = 1) -> None:
        """Cluster all pairs; one task."""
        super().run(data, rank, world_size)
        clustered = [self._read_clusters(task) for task in range(len(self.starts))]
        places, clusters = np.concatenate(clustered).T
        pairs = self._read_pairs()
        originals = find_originals(places, clusters, pairs[:, 0], pairs[:, 1])
        ends = np.searchsorted(places, [*self.starts[1:], np.iinfo(np.int64).max])
        for task, (begin, end) in enumerate(zip([0, *ends[:-1]], ends, strict=True)):
            self._write_task(task, places[begin:end], originals[begin:end])

    def _read_clusters(self, task: int) -> NDArray[np.int64]:
        """(rows of the task in any cluster, 2): place and cluster id, ascending."""
        name = f"{task:06d}.clusters"
        if not self.output_folder.isfile(name):
            return np.empty((0, 2), np.int64)
        with self.output_folder.open(name, "rb") as file:
            rows = np.frombuffer(file.read(), "<u4").reshape(-1, 2).astype(np.int64)
        rows[:, 0] += self.starts[task]
        return rows

    def _read_pairs(self) -> Places:
        """(pairs, 2): places of the earlier and of the later row."""
        found = [np.empty((0, 2), np.int64)]
        for name in self.input_folder.list_files(glob_pattern="*.dups"):
            with self.input_folder.open(name, "rb") as file:
                pairs = np.frombuffer(file.read(), "<u4").reshape(-1, 2, 2).astype(np.int64)
            found.append(self.starts[pairs[:, :, 0]] + pairs[:, :, 1])
        return np.concatenate(found)

    def _write_task(self, task: int, places: Places, originals: Places) -> None:
        if not len(places):
            return
        rows = (places - self.starts[task]).astype("<u4")
        with self.output_folder.open(f"{task:06d}.clusters", "wb") as file:
            file.write(np.stack([rows, originals.astype("<u4")], axis=1).tobytes())
        with self.output_folder.open(f"{task:06d}.remove", "wb") as file:
            file.write(rows[places != originals].tobytes())
