"""The dataset card: `dataset_cards/<kind>.md.jinja` filled from the manifest and nothing else.

A card is a page of the Hugging Face Hub: YAML front matter that `load_dataset` obeys (configs,
features, sizes; https://huggingface.co/docs/hub/datasets-cards), then Markdown. Every string goes
through a filter of `card_text`; the template engine refuses one that does not.

A Chinese card has templates of its own in `dataset_cards/zh/`; what they print of our own words
goes through `words` (said by this code), `retold` (as it stands in the manifest) or `translated`
(where it may be data as well).
"""

from __future__ import annotations

import json
from functools import cache, partial
from pathlib import Path

import jinja2
from markupsafe import Markup

from builders.any_manifest import AnyManifest, find_words, list_seed_files
from builders.card_text import EMPTY, fence, inline_code, plain_label, prose, quote_yaml, wrap_lines
from builders.card_words.catalogue import CardLanguage, CardWords, words_of
from builders.errors import CardError
from builders.figures.draw import draw_figures
from builders.instruction_card import instruction_context
from builders.instruction_manifest import InstructionManifest
from builders.licensing.decide import preview_license
from builders.licensing.facts import LicenseDecision
from builders.pretraining.card import pretraining_context
from builders.pretraining.manifest import PretrainingManifest
from builders.reasoning_card import reasoning_context
from builders.rebuild import rebuild_command, rebuild_from_manifest, rebuild_notes
from builders.release_card import release_context
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
STOP_MEANINGS: dict[StopReason, str] = {
    "account": "the provider refused the account",
    "unreachable": "the teacher could not be reached any more",
    "failing": "the teacher failed again and again",
    "journal": "the disk took no more responses",
    "teacher_died": "the teacher's process ended",
    "budget": "its budget left no room for one more request",
    "asked": "its user stopped it",
}


def render_card(manifest: AnyManifest) -> str:
    """The card's Markdown with its YAML front matter; the same manifest gives the same text.

    Raises CardError where the template asks for something that the manifest lacks or prints a
    string without saying for which place it is escaped.
    """
    environment = card_environment(find_words(manifest).language)
    try:
        template = environment.get_template(f"{manifest.kind}.md.jinja")
        return template.render(
            manifest=manifest,
            license=_find_license(manifest),
            bundled_teacher=manifest.teacher.weights == "bundled",
            size_category=size_category(manifest.rows.published),
            first_splits={one.name: one.splits[0].name for one in manifest.configs},
            source_datasets=_list_source_datasets(manifest),
            rebuild_from_manifest=rebuild_from_manifest(manifest),
            rebuild_command=rebuild_command(manifest),
            rebuild_notes=rebuild_notes(manifest),
            recipe_json=json.dumps(manifest.recipe, ensure_ascii=False, indent=2),
            stop_meanings=STOP_MEANINGS,
            figures=draw_figures(manifest),
            **release_context(manifest),
            **_kind_context(manifest),
        )
    except jinja2.TemplateError as error:
        raise CardError(
            f"the card of kind {manifest.kind!r} does not fit its manifest: {error}. "
            "Change dataset_cards/ and the manifest together."
        ) from error


def _find_license(manifest: AnyManifest) -> LicenseDecision:
    """The release's; before there is one, what publishing would decide without further words."""
    return preview_license(manifest) if manifest.release is None else manifest.release.license


def _kind_context(manifest: AnyManifest) -> dict[str, object]:
    if isinstance(manifest, InstructionManifest):
        return instruction_context(manifest)
    if isinstance(manifest, PretrainingManifest):
        return pretraining_context(manifest)
    return reasoning_context(manifest)


@cache
def card_environment(language: CardLanguage = "en") -> jinja2.Environment:
    """The templates of `dataset_cards`; a string printed without a filter raises CardError.

    Those of another language than English lie in a folder of its name; what is not there, such as
    the YAML and BibTeX, is the same in all languages.
    """
    words = words_of(language)
    folders = [_TEMPLATES] if language == "en" else [_TEMPLATES / language, _TEMPLATES]
    environment = jinja2.Environment(
        loader=jinja2.FileSystemLoader(folders),
        undefined=jinja2.StrictUndefined,
        autoescape=True,  # so that macros and filters return Markup, which `finalize` asks for
        finalize=_refuse_unescaped,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
    )
    environment.filters |= {
        "yaml": quote_yaml,
        "words": words.say,
        "retold": words.retell,
        "translated": words.translate,
        "code": partial(inline_code, empty=words.say(EMPTY)),
        "quoted": _quote_text,
        "prose": prose,
        "label": partial(plain_label, colon=words.say(": ")),
        "fence": fence,
        "wrapped": wrap_lines,
        "number": _format_number,
        "share": _format_share,
        "decimal": _format_decimal,
        "size": partial(_format_size, words),
        "duration": partial(_format_duration, words),
        "money": lambda cost: prose(words.translate(format_cost(cost))),
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


def _format_decimal(value: float) -> Markup:
    return Markup(f"{value:.4f}")  # noqa: S704  # digits


def _format_size(words: CardWords, count: int) -> Markup:
    for unit, size in (("GB", 10**9), ("MB", 10**6), ("KB", 10**3)):
        if count >= size:
            return Markup(f"{count / size:.1f} {unit}")  # noqa: S704  # digits
    return Markup(words.say("{count} bytes", count=count))  # noqa: S704  # digits, our own word


def _format_duration(words: CardWords, count_ms: int) -> Markup:
    """The two largest units: `2 h 5 min`, `3 min 20 s`, `4.2 s`."""
    minutes, seconds = divmod(count_ms / 1000, 60)
    hours, minutes = divmod(int(minutes), 60)
    if hours:
        text = words.say("{hours:,} h {minutes} min", hours=hours, minutes=minutes)
    elif minutes:
        text = words.say("{minutes} min {seconds} s", minutes=minutes, seconds=int(seconds))
    else:
        text = words.say("{seconds:.1f} s", seconds=seconds)
    return Markup(text)  # noqa: S704  # digits, our own words


def size_category(rows: int) -> str:
    """The Hub's `size_categories` value for that many rows."""
    return next((name for limit, name in _SIZE_CATEGORIES if rows < limit), "1B<n<10B")


def _list_source_datasets(manifest: AnyManifest) -> list[str]:
    """`source_datasets` of the YAML: Hub ids, `original` for our own; local files have no name."""
    named = []
    for one in list_seed_files(manifest):
        if one.source.startswith("bundled:"):
            named.append("original")
        elif one.revision is not None:
            named.append(one.source.split(":", 1)[0])
    return list(dict.fromkeys(named))
