"""The dataset card: `dataset_cards/<kind>.md.jinja` filled from the manifest and nothing else.

A card is a page of the Hugging Face Hub: YAML front matter that `load_dataset` obeys (configs,
features, sizes; https://huggingface.co/docs/hub/datasets-cards), then Markdown. Every string goes
through a filter of `card_text`; the template engine refuses one that does not.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Literal, NamedTuple

import jinja2
from markupsafe import Markup

from builders.card_text import fence, inline_code, prose, quote_yaml, wrap_lines
from builders.errors import CardError
from builders.judge_counts import JUDGE_VERDICTS, LOOKED_AT
from builders.judged import RejectReason
from builders.manifest import Manifest
from builders.reasoning_rows import COLUMNS
from builders.rebuild import rebuild_command, rebuild_notes
from builders.spend import format_cost
from distilabel_pipelines.gateway.settings import StopReason

_TEMPLATES = Path(__file__).parent.parent / "dataset_cards"
_SIZE_CATEGORIES = (
    (1_000, "n<1K"),
    (10_000, "1K<n<10K"),
    (100_000, "10K<n<100K"),
    (1_000_000, "100K<n<1M"),
    (10_000_000, "1M<n<10M"),
    (100_000_000, "10M<n<100M"),
    (1_000_000_000, "100M<n<1B"),
)
_HUB_LICENSES = frozenset(  # a list of words reads better so
    [
        "apache-2.0",
        "mit",
        "bsd-2-clause",
        "bsd-3-clause",
        "cc0-1.0",
        "cc-by-2.0",
        "cc-by-3.0",
        "cc-by-4.0",
        "cc-by-sa-3.0",
        "cc-by-sa-4.0",
        "cc-by-nc-2.0",
        "cc-by-nc-3.0",
        "cc-by-nc-4.0",
        "cc-by-nc-sa-3.0",
        "cc-by-nc-sa-4.0",
        "cc-by-nd-4.0",
        "cc-by-nc-nd-4.0",
        "odc-by",
        "odbl",
        "pddl",
        "gfdl",
        "unlicense",
    ]
)
REASON_MEANINGS: dict[RejectReason, str] = {
    "truncated": "the reply was cut before it ended",
    "empty_thought": "there was no thought",
    "empty_answer": "there was no answer",
    "no_final_answer": "a final answer was due and none was found",
    "looping": "the text repeats itself",
    "mixed_language": "thought or answer left the language of the question",
    "leaked_answer": "the thought speaks of an answer that it was never given",
    "refuted": "the final answer differs from the gold answer",
    "timeout": "the answer check ran out of time",
    "judged_incorrect": "no rule could check it, and the judge found it wrong",
    "duplicate": "a near-copy of a question that was kept",
    "not_selected": "another sample of the same question was selected",
    "surplus": "good, but more rows than were asked for",
    "teacher_error": "the teacher failed for good",
    "refused_by_provider": "the provider refused the content",
}
STOP_MEANINGS: dict[StopReason, str] = {
    "account": "the provider refused the account",
    "unreachable": "the teacher could not be reached any more",
    "failing": "the teacher failed again and again",
    "journal": "the disk took no more responses",
    "teacher_died": "the teacher's process ended",
    "budget": "its budget was used up",
    "asked": "its user stopped it",
}

# The words for what a row holds, by how many rows have a thought.
_THOUGHT_WORDS = {
    "all": {
        "title": "Reasoning traces of ",
        "contents": "the thought and the answer",
        "made": "thoughts and answers",
    },
    "some": {
        "title": "Answers of ",
        "contents": "the answer, and the thought where there is one,",
        "made": "thoughts and answers",
    },
    "none": {"title": "Answers of ", "contents": "the answer", "made": "answers"},
}


class License(NamedTuple):
    """`id` is the Hub's; `name` accompanies `other`."""

    id: str
    name: str | None


def render_card(manifest: Manifest) -> str:
    """The card's Markdown with its YAML front matter; the same manifest gives the same text.

    Raises CardError where the template asks for something that the manifest lacks or prints a
    string without saying for which place it is escaped.
    """
    environment = _card_environment()
    thoughts = find_thoughts(manifest)
    try:
        template = environment.get_template(f"{manifest.kind}.md.jinja")
        return template.render(
            manifest=manifest,
            license=choose_license(manifest),
            thoughts=thoughts,
            **_THOUGHT_WORDS[thoughts],
            bundled_teacher=has_bundled_teacher(manifest),
            size_category=size_category(manifest.rows.published),
            source_dataset=_source_dataset(manifest),
            rebuild_command=rebuild_command(manifest),
            rebuild_notes=rebuild_notes(manifest),
            recipe_json=json.dumps(manifest.recipe, ensure_ascii=False, indent=2),
            columns=COLUMNS,
            reason_meanings=REASON_MEANINGS,
            stop_meanings=STOP_MEANINGS,
            judge_verdicts=JUDGE_VERDICTS,
            looked_at=LOOKED_AT,
        )
    except jinja2.TemplateError as error:
        raise CardError(
            f"the card of kind {manifest.kind!r} does not fit its manifest: {error}. "
            "Change dataset_cards/ and the manifest together."
        ) from error


def _card_environment() -> jinja2.Environment:
    environment = jinja2.Environment(
        loader=jinja2.FileSystemLoader(_TEMPLATES),
        undefined=jinja2.StrictUndefined,
        autoescape=True,  # so that macros and filters return Markup, which `finalize` asks for
        finalize=_refuse_unescaped,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
    )
    environment.filters |= {
        "yaml": quote_yaml,
        "code": inline_code,
        "quoted": _quote_text,
        "prose": prose,
        "fence": fence,
        "wrapped": wrap_lines,
        "number": _format_number,
        "share": _format_share,
        "size": _format_size,
        "money": lambda cost: prose(format_cost(cost)),
    }
    return environment


def _refuse_unescaped(value: object) -> object:
    is_safe = isinstance(value, (Markup, int, float, jinja2.Undefined))
    if not is_safe or isinstance(value, bool):
        raise CardError(f"the card's template prints {value!r} without a filter for its place")
    return value


def _quote_text(text: str) -> Markup:
    """A text whose white space matters, as inline code in quotes, line feeds as \\n."""
    return inline_code(json.dumps(text, ensure_ascii=False), limit=2000)


def _format_number(value: float) -> Markup:
    return Markup(f"{value:,}")  # noqa: S704  # digits


def _format_share(part: int, whole: int) -> Markup:
    return Markup("–") if whole == 0 else Markup(f"{part / whole:.1%}")  # noqa: S704  # digits


def _format_size(count: int) -> Markup:
    for unit, size in (("GB", 10**9), ("MB", 10**6), ("KB", 10**3)):
        if count >= size:
            return Markup(f"{count / size:.1f} {unit}")  # noqa: S704  # digits
    return Markup(f"{count} bytes")  # noqa: S704  # digits


def size_category(rows: int) -> str:
    """The Hub's `size_categories` value for that many rows."""
    return next((name for limit, name in _SIZE_CATEGORIES if rows < limit), "1B<n<10B")


def choose_license(manifest: Manifest) -> License:
    """A licence that claims no more than is known: of the seeds and of the teacher's output.

    `unknown` where the seeds state none; `other` where the teacher is not ours or the stated
    licence is not one of the Hub's ids; else the licence of the seeds.
    """
    stated = manifest.seeds.license
    if stated is None:
        return License("unknown", None)
    if not has_bundled_teacher(manifest):
        return License("other", "teacher-terms-not-recorded")
    if stated.lower() not in _HUB_LICENSES:
        return License("other", "seed-licence-as-stated-in-card")
    return License(stated.lower(), None)


def has_bundled_teacher(manifest: Manifest) -> bool:
    """Whether our own small model was the teacher."""
    return manifest.teacher.weights == "bundled"


def find_thoughts(manifest: Manifest) -> Literal["all", "some", "none"]:
    """Which published rows have a thought: as counted, and as the gates made sure."""
    lengths = manifest.published.lengths.thought_characters
    if lengths is not None and lengths.max == 0:
        return "none"
    gates = manifest.recipe.get("gates")
    required = gates.get("require_thought", True) if isinstance(gates, dict) else True
    return "all" if required else "some"


def _source_dataset(manifest: Manifest) -> str | None:
    """`source_datasets` of the YAML: a Hub id or `original`; None for a local file."""
    source = manifest.seeds.source
    if source.startswith("bundled:"):
        return "original"
    return source.split(":", 1)[0] if manifest.seeds.revision is not None else None
