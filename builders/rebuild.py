"""How to build a dataset again: the `make` command of its manifest, and what it cannot know.

Weights that lay in a folder or file of somebody's machine are named in a manifest without their
path, which is nobody's business; a reader puts in their own.
"""

from __future__ import annotations

import re
import shlex
from collections.abc import Iterator, Mapping

from markupsafe import Markup

from builders.any_manifest import AnyManifest, find_judge, find_words, list_seed_files
from builders.card_text import inline_code
from builders.card_words.catalogue import CardWords
from builders.decontamination.config import DEFAULT_FOLDER
from builders.instruction_manifest import InstructionManifest
from builders.judged import JudgeFacts
from builders.pretraining.manifest import PretrainingManifest

# Variables of `make build-<kind>` that a recipe may name at any depth.
_MAKE_VARIABLES = (
    "limit",
    "samples",
    "max_tokens",
    "temperature",
    "thinking",
    "thinking_budget",
)
# Tables of a recipe whose names are not the build's: a judge has a `max_tokens` of its own, and
# selection and mixture have names that stand in somebody's files.
_OWN_NAMES = frozenset({"judge", "extra_body", "chat_template_kwargs", "selection", "mixture"})
_BENCHMARK_NOTE = (
    "The benchmark files named above are not part of this dataset: `make fetch-benchmarks` "
    "downloads the usual ones to `{folder}`, and `BENCHMARKS=` names another folder."
)
_TWO_SERVERS_NOTE = "At most one of the two servers can be started by the command."
_GGUF_NOTE = (
    "`{prefix}MODEL=` stands for the path of the model's GGUF file, or of its Hub name "
    "`owner/name:file.gguf`, on your machine; {model} is its name with a piece of a digest of its "
    "files."
)
_FOLDER_NOTE = (
    "`{prefix}MODEL=` stands for the path of the model's folder on your machine; {model} is its "
    "name with a piece of a digest of its files."
)
_SERVER_NOTE = (
    "For the {role} add `{prefix}BASE_URL=`, the address of a server, with the name it serves the "
    "model under as `{prefix}MODEL=`; without an address the command starts `vllm serve` itself"
    "{as_here}, and `{prefix}MODEL=` is a folder or a Hub id."
)
_AS_HERE = ", as this build did (with `VLLM_ARGS=`, if any, that are not recorded)"
_NAME_WITH_DIGEST = re.compile(r"(?P<name>.*)@[0-9a-f]{8}", re.DOTALL)


def rebuild_from_manifest(manifest: AnyManifest) -> str:
    """The `make rebuild` command: by the release's tag, or by a folder that the reader has."""
    release = manifest.release
    place = "path/to/dataset" if release is None else f"{release.repo}@{release.tag}"
    return f"make rebuild MANIFEST={_make_value(place)}"


def rebuild_command(manifest: AnyManifest) -> str:
    """The `make` command of this build, quoted for a shell; the Makefile expands no value."""
    teacher = manifest.teacher
    variables: dict[str, object] = {}
    if isinstance(manifest, InstructionManifest):
        variables["RECIPE"] = manifest.method
    variables["LLM"] = teacher.llm
    if teacher.weights != "bundled":
        variables["MODEL"] = _place(teacher.model, is_local=teacher.weights == "local")
    judge = find_judge(manifest)
    if judge is not None:
        accepts = {"JUDGE_ACCEPTS": judge.accepts} if judge.accepts else {}
        model = _place(judge.model, is_local=_is_local(judge, manifest))
        variables |= {"JUDGE_LLM": judge.llm, "JUDGE_MODEL": model, **accepts}
    variables |= {"SEEDS": _seed_sources(manifest), "ROWS": manifest.rows.wanted}
    leaves = dict(_recipe_leaves(manifest.recipe))
    if teacher.api == "completions":
        variables["API"] = teacher.api
    variables |= {name.upper(): leaves[name] for name in _MAKE_VARIABLES if name in leaves}
    variables |= _seed_variables(manifest) | _split_variables(manifest)
    if manifest.card_language != "en":
        variables["CARD_LANGUAGE"] = manifest.card_language
    words = [f"{name}={_make_value(value)}" for name, value in variables.items()]
    return " ".join([f"make build-{manifest.kind}", *words])


def rebuild_notes(manifest: AnyManifest) -> list[Markup]:
    """What the command needs beside it: models of somebody's disk, servers, benchmark files."""
    teacher, notes, words = manifest.teacher, [], find_words(manifest)
    if teacher.weights == "local":
        notes.append(_note_place("", teacher.llm, teacher.model, words))
    if teacher.llm == "vllm":
        notes.append(_note_server("", "teacher", words, started=teacher.started))
    judge = find_judge(manifest)
    if judge is not None:
        notes += _judge_notes(judge, manifest, words)
    if _has_benchmarks(manifest):
        notes.append(_say(words, _BENCHMARK_NOTE, folder=DEFAULT_FOLDER))
    return notes


def _say(words: CardWords, text: str, **values: object) -> Markup:
    return Markup(words.say(text, **values))  # noqa: S704  # our own words around escaped ones


def _judge_notes(judge: JudgeFacts, manifest: AnyManifest, words: CardWords) -> list[Markup]:
    notes = []
    if _is_local(judge, manifest):
        notes.append(_note_place("JUDGE_", judge.llm, judge.model, words))
    if judge.llm == "vllm":
        notes.append(_note_server("JUDGE_", "judge", words, started=False))
    if judge.llm == manifest.teacher.llm == "vllm":
        notes.append(_say(words, _TWO_SERVERS_NOTE))
    return notes


def _note_place(prefix: str, llm: str, model: str, words: CardWords) -> Markup:
    note = _GGUF_NOTE if llm == "embedded" else _FOLDER_NOTE
    return _say(words, note, prefix=prefix, model=inline_code(model))


def _note_server(prefix: str, role: str, words: CardWords, *, started: bool) -> Markup:
    as_here = words.say(_AS_HERE) if started else ""
    return _say(words, _SERVER_NOTE, role=words.say(role), prefix=prefix, as_here=as_here)


def _place(model: str, *, is_local: bool) -> str:
    """A name as it is; for local weights a path that the reader has to change."""
    match = _NAME_WITH_DIGEST.fullmatch(model) if is_local else None
    return f"path/to/{match['name']}" if match is not None else model


def _is_local(judge: JudgeFacts, manifest: AnyManifest) -> bool:
    """Whether the judge's name has a digest that JUDGE_MODEL did not have."""
    if judge.llm == "dashscope" or _NAME_WITH_DIGEST.fullmatch(judge.model) is None:
        return False
    settings = manifest.recipe.get("judge")
    return not isinstance(settings, Mapping) or settings.get("model") != judge.model


def _seed_sources(manifest: AnyManifest) -> str:
    """SEEDS as they were given: a limit may have ended the reading before the last file."""
    seeds = manifest.recipe.get("seeds")
    given = seeds.get("source") if isinstance(seeds, Mapping) else None
    if isinstance(manifest, PretrainingManifest) and isinstance(given, str):
        return given
    return ",".join(one.source for one in list_seed_files(manifest))


def _seed_variables(manifest: AnyManifest) -> dict[str, str]:
    """SEED_COLUMNS, SEEDS_LICENSE and SOURCE, where the recipe says something."""
    seeds = manifest.recipe.get("seeds")
    if not isinstance(seeds, Mapping):
        return {}
    columns, kind = seeds.get("columns"), seeds.get("kind")
    mapped = columns.items() if isinstance(columns, Mapping) else ()
    variables = {
        "SEED_COLUMNS": ",".join(f"{name}={column}" for name, column in mapped),
        "SEEDS_LICENSE": str(seeds.get("license") or ""),
    }
    if isinstance(manifest, PretrainingManifest):
        variables["SOURCE"] = str(kind or "")
    return {name: value for name, value in variables.items() if value}


def _split_variables(manifest: AnyManifest) -> dict[str, str]:
    """The shares that were asked for; their seed, as every other, is the recipe's."""
    told = manifest.splits
    shares = {} if told is None else {"VALIDATION_SHARE": told.validation, "TEST_SHARE": told.test}
    return {name: str(share) for name, share in shares.items() if share}


def _has_benchmarks(manifest: AnyManifest) -> bool:
    return manifest.decontamination is not None and manifest.decontamination.checked


def _recipe_leaves(recipe: Mapping[str, object]) -> Iterator[tuple[str, object]]:
    for name, value in recipe.items():
        if name in _OWN_NAMES:
            continue
        if isinstance(value, Mapping):
            yield from _recipe_leaves(value)
        elif isinstance(value, (str, int, float)):
            yield name, value


def _make_value(value: object) -> str:
    text = str(int(value)) if isinstance(value, bool) else str(value)
    return shlex.quote(text)
