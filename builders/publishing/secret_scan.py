"""Secrets in what is to be published: keys, tokens, private keys, logins in addresses.

The folder's file names, its text files, the texts inside its JSON, and Parquet files in all their
text, also inside lists: what has a key's form (`secret_patterns`), and the values of this process's
own *_KEY, *_TOKEN, … variables.

What looks like a key may still be an invented one. A finding says where it is and never what it is;
its short digest, given as NOT_SECRET=, lets it pass once a human has looked.
"""

from __future__ import annotations

import hashlib
import logging
import os
import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

import orjson

from builders.errors import PublishError
from builders.publishing.secret_patterns import ANY_SECRET, find_secrets

if TYPE_CHECKING:
    import pyarrow as pa

_logger = logging.getLogger("build")
_OWN = "value of this machine's variable"
_OWN_NAME = re.compile(
    r"(?:^|_)(?:KEY|TOKEN|SECRET|PAT|CREDENTIALS)$|(?:APIKEY|PASSWORD|PASSWD|PASSPHRASE)$"
)
_SHORTEST_OWN = 8
_MOST_TOLD = 10
_BATCH_ROWS = 2_000


class Finding(NamedTuple):
    """One secret: its kind, the file, and of a table the column and the row's id."""

    kind: str
    file: str
    column: str
    row: str
    digest: str

    def __str__(self) -> str:
        place = f", column {self.column!r}, row {self.row!r}" if self.column else ""
        return f"{self.kind} in {self.file}{place} [{self.digest}]"


def refuse_secrets(folder: Path, not_secret: frozenset[str], token: str | None = None) -> None:
    """Raise PublishError where a file holds a secret; `token` is the Hub's, wherever it comes from.

    `not_secret` are digests of findings that a human has looked at; this machine's own keys are
    never let pass.
    """
    own = list_own_secrets(os.environ, token)
    found = list(dict.fromkeys(scan_folder(folder, own)))
    passed = [one for one in found if one.digest in not_secret and not one.kind.startswith(_OWN)]
    for one in passed:
        _logger.info("let pass by NOT_SECRET: %s", one)
    refused = [one for one in found if one not in passed]
    if refused:
        raise PublishError(_explain(refused))


def _explain(found: list[Finding]) -> str:
    listed = "; ".join(map(str, found[:_MOST_TOLD]))
    more = f"; and {len(found) - _MOST_TOLD} more" if len(found) > _MOST_TOLD else ""
    digests = ",".join(dict.fromkeys(one.digest for one in found[:_MOST_TOLD]))
    return (
        f"what may be secrets stands in the dataset, and nothing was sent: {listed}{more}. Look at "
        "each. A real one: revoke it, take its row's seed out and build again. An invented one "
        f"(text of a model or a tutorial): give its digest to this command, NOT_SECRET={digests} "
        "for all of these."
    )


def list_own_secrets(variables: Mapping[str, str], token: str | None) -> dict[str, str]:
    """Value → name of what only this machine should know; short values are too common."""
    named = (name for name in variables if _OWN_NAME.search(name.upper()))
    own = {variables[name].strip(): name for name in named}
    own |= {token: "HF_TOKEN"} if token else {}
    return {value: name for value, name in own.items() if len(value) >= _SHORTEST_OWN}


def scan_folder(folder: Path, own: Mapping[str, str]) -> Iterator[Finding]:
    """Everything found below the folder, files in order; `own` is `list_own_secrets`'."""
    for path in sorted(one for one in folder.rglob("*") if one.is_file()):
        name = path.relative_to(folder).as_posix()
        if in_name := list(scan_text(name, own)):
            name = "a file whose name holds it"
        for kind, digest in in_name:
            yield Finding(kind, name, "", "", digest)
        yield from _scan_file(path, name, own)


def _scan_file(path: Path, name: str, own: Mapping[str, str]) -> Iterator[Finding]:
    if path.suffix == ".parquet" and _is_table(path):
        yield from _scan_whole_table(path, name, own)
        return
    content = path.read_bytes()
    found = list(scan_text(content.decode("utf-8", "replace"), own))
    if path.suffix == ".json":  # a key of several lines stands in it escaped
        found += [one for text in _read_json_texts(content) for one in scan_text(text, own)]
    for kind, digest in dict.fromkeys(found):
        yield Finding(kind, name, "", "", digest)


def _is_table(path: Path) -> bool:
    """Whether the file has a table's footer; the bytes of any other are looked through as text."""
    import pyarrow as pa  # noqa: PLC0415  # 0.3 s that --help need not pay
    import pyarrow.parquet as pq  # noqa: PLC0415  # as above

    try:
        pq.read_metadata(path)
    except (OSError, pa.ArrowException):
        return False
    return True


def _scan_whole_table(path: Path, name: str, own: Mapping[str, str]) -> Iterator[Finding]:
    """Raise PublishError where it cannot be read to its end: no text shows in compressed pages."""
    import pyarrow as pa  # noqa: PLC0415  # 0.3 s that --help need not pay

    try:
        yield from _scan_table(path, name, own)
    except (OSError, pa.ArrowException) as error:
        raise PublishError(
            f"{name} cannot be read to its end ({' '.join(str(error).split())[:200]}), so nobody "
            "can say that no secret stands in it. Nothing was sent. Build again."
        ) from error


def _read_json_texts(content: bytes) -> Iterator[str]:
    try:
        value = orjson.loads(content)
    except orjson.JSONDecodeError:
        return  # it was looked through as text
    yield from _flatten(value)


def scan_text(text: str, own: Mapping[str, str]) -> Iterator[tuple[str, str]]:
    """Kind and short digest of each secret in a text, each once."""
    found = [(f"{_OWN} {name}", value) for value, name in own.items() if value in text]
    for kind, value in dict.fromkeys([*found, *find_secrets(text)]):
        yield kind, hashlib.sha256(value.encode()).hexdigest()[:8]


def _scan_table(path: Path, name: str, own: Mapping[str, str]) -> Iterator[Finding]:
    import pyarrow.parquet as pq  # noqa: PLC0415  # 0.3 s that --help need not pay

    file = pq.ParquetFile(path)
    footer = f"{file.schema_arrow.names} {file.schema_arrow.metadata}"
    for kind, digest in scan_text(footer, own):
        yield Finding(kind, f"{name} (its footer)", "", "", digest)
    pattern = "|".join([ANY_SECRET, *(re.escape(value) for value in own)])
    for batch in file.iter_batches(batch_size=_BATCH_ROWS):
        for column in batch.schema.names:
            if any(_has_match(leaf, pattern) for leaf in _list_texts(batch[column])):
                yield from _scan_column(batch, column, name, pattern, own)


def _list_texts(values: Any) -> Iterator[Any]:  # noqa: ANN401  # arrays of any kind
    """The text arrays inside a column, however deep."""
    import pyarrow as pa  # noqa: PLC0415  # 0.3 s that --help need not pay

    if pa.types.is_string(values.type) or pa.types.is_large_string(values.type):
        yield values
    elif pa.types.is_list(values.type) or pa.types.is_large_list(values.type):
        yield from _list_texts(values.flatten())
    elif pa.types.is_struct(values.type):
        for inner in values.flatten():
            yield from _list_texts(inner)


def _has_match(texts: Any, pattern: str) -> bool:  # noqa: ANN401  # as above
    """A quick look: whether any of the texts is worth a second one."""
    import pyarrow.compute as pc  # noqa: PLC0415  # 0.3 s that --help need not pay

    return bool(pc.any(pc.match_substring_regex(texts, pattern)).as_py())


def _scan_column(
    batch: pa.RecordBatch, column: str, name: str, pattern: str, own: Mapping[str, str]
) -> Iterator[Finding]:
    """Each text of the column that the quick look does not clear, with the id of its row."""
    import pyarrow as pa  # noqa: PLC0415  # 0.3 s that --help need not pay
    import pyarrow.compute as pc  # noqa: PLC0415  # as above

    has_id = "id" in batch.schema.names and batch["id"].type == "string"
    ids = batch["id"].to_pylist() if has_id else list(range(batch.num_rows))
    values = zip(ids, batch[column].to_pylist(), strict=True)
    texts = [(row, text) for row, value in values for text in _flatten(value)]
    told = pa.array([text for _, text in texts], pa.large_string())
    worth = pc.match_substring_regex(told, pattern).to_pylist()
    for (row, text), found in zip(texts, worth, strict=True):
        for kind, digest in scan_text(text, own) if found else ():
            yield Finding(kind, name, column, str(row), digest)


def _flatten(value: object) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    elif isinstance(value, dict):
        for name, inner in value.items():
            yield from (name, *_flatten(inner))
    elif isinstance(value, list):
        for inner in value:
            yield from _flatten(inner)
