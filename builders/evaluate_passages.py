"""Measure how the embedded model writes passages for the build's own prompts, through the server.

The bundled sources are asked in two parts: those that training has seen, and every fourth one, by
a hash, that it has not. Sampled as the build samples by default; each reply goes through the
default checks and deduplication, and is asked whether it keeps to the topic of its prompt. Exits 1
when a target is missed.
"""
# ruff: noqa: S311 - random numbers make data here, no secrets

from __future__ import annotations

import argparse
import json
import random
import sys
import tempfile
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import NamedTuple

from builders.checks.passages import PassageCheckConfig, check_passage
from builders.dedup.documents import DocumentDedupConfig, find_near_documents
from builders.pretraining.diversity import MAX_OPENING_SHARE, MIN_ROWS
from builders.pretraining.recipe import PassageSampling
from builders.pretraining.selection import SelectionConfig
from builders.pretraining.source import Source
from builders.pretraining.sources import SourceConfig, load_sources
from builders.text_variety import read_opening
from distilabel_pipelines.embedded_model.families.model import LANGUAGES
from distilabel_pipelines.embedded_model.passages.materials import SOURCE_FILE, is_held_out
from distilabel_pipelines.embedded_model.passages.recognition import keeps_to_topic
from distilabel_pipelines.embedded_model.serving import Reply, served, write_on
from distilabel_pipelines.embedded_model.weight_files import BUNDLED_GGUFS
from distilabel_pipelines.passages import AUDIENCES, FORMATS, Passage, TextPrompt
from distilabel_pipelines.pretraining_prompts import render_prompt
from distilabel_pipelines.rows import Language, question_id

PARTS = ("seen", "held out")
TARGETS = {
    "pass the default checks": 0.70,
    "are no near-duplicates": 0.90,
    "keep to their topic": 0.80,
}
CONCURRENCY, CONTEXT_TOKENS, MAX_TOKENS = 8, 4096, 640
TEMPERATURE = float(PassageSampling.model_fields["temperature"].default)


class Asked(NamedTuple):
    """A prompt, and whether its source was part of the training."""

    part: str
    prompt: TextPrompt


@dataclass(frozen=True)
class Outcome:
    """One reply judged; `reason` is empty where it passed the checks and is no near-duplicate."""

    part: str
    format: str
    audience: str
    language: Language
    topic: str
    prompt: str
    text: str
    reason: str
    detail: str


def split_sources() -> dict[str, list[Source]]:
    """The bundled sources by part, selected as the build selects them by default."""
    lines = SOURCE_FILE.read_text(encoding="utf-8").splitlines()
    parts: dict[str, list[Source]] = {}
    for part in PARTS:
        kept = [line for line in lines if is_held_out(json.loads(line)) == (part == "held out")]
        with tempfile.TemporaryDirectory() as folder:
            path = Path(folder) / "sources.jsonl"
            path.write_text("\n".join(kept) + "\n", encoding="utf-8")
            parts[part] = load_sources(SourceConfig(source=str(path)), SelectionConfig()).kept
    return parts


def make_prompts(number: int, seed: int) -> Iterator[Asked]:
    """So many prompts for each part, format and language; a function of the seed."""
    for part, sources in split_sources().items():
        for language in LANGUAGES:
            rng = random.Random(f"passages-{seed}-{part}-{language}")
            usable = [source for source in sources if source.language == language]
            for text_format in FORMATS:
                for source in rng.sample(usable, min(number, len(usable))):
                    audience = rng.choice(AUDIENCES)
                    text = render_prompt(
                        source.material,
                        text_format=text_format,
                        audience=audience,
                        language=language,
                    )
                    prompt = TextPrompt(
                        prompt_id=question_id(text), prompt=text, format=text_format,
                        audience=audience, topic=source.material.topic, seed_data=part,
                        language=language, source_kind=source.kind,
                        source_id=source.source_id,
                    )  # fmt: skip
                    yield Asked(part, prompt)


def ask(base_url: str, asked: Asked, seed: int) -> Passage:
    """Send one prompt."""
    reply: Reply = write_on(
        base_url, asked.prompt.prompt, raw=False, seed=seed, stop=[],
        temperature=TEMPERATURE, max_tokens=MAX_TOKENS,
    )  # fmt: skip
    return Passage(
        prompt=asked.prompt, sample=0, model="embedded", served_model="embedded",
        reasoning_content=reply.reasoning, content=reply.content, thought_form="none",
        finish_reason=reply.finish_reason, prompt_tokens=None, completion_tokens=None,
        reasoning_tokens=None, attempts=1, request_id="",
    )  # fmt: skip


def judge(asked: Sequence[Asked], passages: Sequence[Passage]) -> list[Outcome]:
    """The default checks, then near-duplicates among what passed them."""
    findings = [check_passage(passage, PassageCheckConfig()) for passage in passages]
    passed = [index for index, finding in enumerate(findings) if finding.reason is None]
    texts = [passages[index].content for index in passed]
    with tempfile.TemporaryDirectory() as folder:
        copies = find_near_documents(texts, DocumentDedupConfig(), Path(folder))
    duplicates = {passed[index] for index in copies}
    outcomes = []
    for index, (one, passage, finding) in enumerate(zip(asked, passages, findings, strict=True)):
        prompt = passage.prompt
        reason = "duplicate" if index in duplicates else finding.reason or ""
        outcomes.append(
            Outcome(
                one.part,
                prompt.format,
                prompt.audience,
                prompt.language,
                prompt.topic,
                prompt.prompt,
                passage.content,
                reason,
                finding.detail,
            )
        )
    return outcomes


def share(values: Iterable[bool]) -> float:
    """The share of true ones."""
    known = list(values)
    return sum(known) / max(len(known), 1)


def measure(outcomes: Sequence[Outcome]) -> dict[tuple[str, str, Language], float]:
    """The figures by name, part and language."""
    figures = {}
    for part in PARTS:
        for language in LANGUAGES:
            here = [o for o in outcomes if (o.part, o.language) == (part, language)]
            passed = [o for o in here if o.reason in ("", "duplicate")]
            checked = len(passed) / max(len(here), 1)
            figures["pass the default checks", part, language] = checked
            new = share(not o.reason for o in passed)
            figures["are no near-duplicates", part, language] = new
            kept = share(keeps_to_topic(o.text, o.topic, o.language) for o in passed)
            figures["keep to their topic", part, language] = kept
    return figures


class CommonOpening(NamedTuple):
    """The share of the most common opening, in the so many passages that passed."""

    share: float
    passages: int

    @property
    def dominates(self) -> bool:
        """Whether a build would warn of it; chance decides in fewer passages."""
        return self.passages >= MIN_ROWS and self.share > MAX_OPENING_SHARE


def find_common_openings(outcomes: Sequence[Outcome]) -> dict[tuple[str, Language], CommonOpening]:
    """The most common opening by format and language; "all" for all formats together."""
    found: dict[tuple[str, Language], CommonOpening] = {}
    for text_format in (*FORMATS, "all"):
        for language in LANGUAGES:
            here = [
                read_opening(o.text, language)
                for o in outcomes
                if text_format in {o.format, "all"} and o.language == language and not o.reason
            ]
            most = max(Counter(here).values(), default=0)
            found[text_format, language] = CommonOpening(most / max(len(here), 1), len(here))
    return found


def tell_faults(outcomes: Sequence[Outcome]) -> list[str]:
    """What was missed."""
    missed = [
        f"{name}, {part}, {language}: {value:.0%} (target {TARGETS[name]:.0%})"
        for (name, part, language), value in measure(outcomes).items()
        if value < TARGETS[name]
    ]
    return missed + [
        f"one opening in {opening.share:.0%} of {name} {language} (at most {MAX_OPENING_SHARE:.0%})"
        for (name, language), opening in find_common_openings(outcomes).items()
        if opening.dominates
    ]


def table(outcomes: Sequence[Outcome]) -> str:
    """A Markdown table: share that passes by format, part and language; then the figures."""
    columns = [(part, language) for part in PARTS for language in LANGUAGES]
    head = [
        *(f"{part} {language}" for part, language in columns),
        *map("opening {}".format, LANGUAGES),
    ]
    lines = ["| format | " + " | ".join(head) + " |", "|---" * (len(head) + 1) + "|"]
    openings = find_common_openings(outcomes)
    for text_format in FORMATS:
        cells = []
        for part, language in columns:
            here = [
                o
                for o in outcomes
                if o.format == text_format and (o.part, o.language) == (part, language)
            ]
            cells.append(f"{share(o.reason in ('', 'duplicate') for o in here):.0%}")
        cells += [f"{openings[text_format, language].share:.0%}" for language in LANGUAGES]
        lines.append(f"| {text_format} | " + " | ".join(cells) + " |")
    lines.append("")
    for (name, part, language), value in measure(outcomes).items():
        verdict = "met" if value >= TARGETS[name] else "MISSED"
        lines.append(f"- {name}, {part}, {language}: {value:.1%} ({TARGETS[name]:.0%}, {verdict})")
    reasons = Counter(o.reason for o in outcomes if o.reason)
    lines.append(f"- rejected: {dict(reasons.most_common())} of {len(outcomes)}")
    return "\n".join(lines)


def run(gguf_file: Path, number: int, seed: int) -> list[Outcome]:
    """Start the server, ask everything, stop it, judge."""
    asked = list(make_prompts(number, seed))
    with (
        served(gguf_file, CONCURRENCY, context_tokens=CONTEXT_TOKENS) as base_url,
        ThreadPoolExecutor(CONCURRENCY) as pool,
    ):
        numbered = enumerate(asked)
        passages = list(pool.map(lambda pair: ask(base_url, pair[1], seed + pair[0]), numbered))
    return judge(asked, passages)


def main() -> int:
    """Evaluate and compare with the targets."""
    parser = argparse.ArgumentParser(description="Evaluate the embedded model's passages.")
    parser.add_argument("--number", type=int, default=12, help="by part, format and language")
    parser.add_argument("--json", type=Path, default=None, help="write every outcome here")
    parser.add_argument("--weights", type=Path, default=BUNDLED_GGUFS["writer"], help="a GGUF file")
    parser.add_argument("--seed", type=int, default=0)
    arguments = parser.parse_args()
    outcomes = run(arguments.weights, arguments.number, arguments.seed)
    faults = tell_faults(outcomes)
    sys.stdout.write("\n".join([table(outcomes), *(f"- MISSED: {fault}" for fault in faults)]))
    sys.stdout.write("\n")
    if arguments.json:
        report = [asdict(outcome) for outcome in outcomes]
        arguments.json.write_text(json.dumps(report, ensure_ascii=False, indent=1))
    return int(bool(faults))


if __name__ == "__main__":
    sys.exit(main())
