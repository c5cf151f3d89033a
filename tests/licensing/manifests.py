"""Small manifests with the sources and models that a licence is decided from."""

from __future__ import annotations

from builders.any_manifest import AnyManifest
from builders.pretraining.manifest import PretrainingManifest
from builders.pretraining.outcome import SourceFileFacts
from tests.outcomes import judge_facts
from tests.pretraining.test_manifest import small_manifest as small_pretraining
from tests.test_instruction_manifest import judged_manifest
from tests.test_manifest import small_manifest

HOSTILE = [
    "mit\n---\nlicense: cc0-1.0",
    "<script>alert(1)</script>",
    "{{ 7 * 7 }} `code` | [x](javascript:alert(1))",
    "\u202ecc0-1.0\u200b",
    "mit\x00",
    "x" * 10_000,
    "mit," * 3_000,
]


def one_source(license_text: str | None, **changes: object) -> AnyManifest:
    """A reasoning build from one local file, by the bundled model; `changes` as for its facts."""
    facts = {"source": "questions.jsonl", "license": license_text, **changes}
    return small_manifest(**facts)


def hub_source(license_text: str | None, **changes: object) -> AnyManifest:
    """The same from a dataset on the Hub."""
    return one_source(license_text, source="owner/data", revision="ab" * 20, **changes)


def taught_by(
    model: str, *, llm: str = "vllm", weights: str = "named", **changes: object
) -> AnyManifest:
    """A build from Apache-licensed questions by that teacher, whose server names the same model."""
    text = str(changes.pop("license", "apache-2.0"))
    manifest = one_source(text, model=model, llm=llm, weights=weights, **changes)
    served = [manifest.served_models[0].model_copy(update={"name": model})]
    return manifest.model_copy(update={"served_models": served})


def served_as(manifest: AnyManifest, name: str) -> AnyManifest:
    """The same build, whose server names its model so."""
    served = [manifest.served_models[0].model_copy(update={"name": name})]
    return manifest.model_copy(update={"served_models": served})


def several_sources(**licenses: str | None) -> PretrainingManifest:
    """A pretraining build from several local files, each with its licence."""
    manifest = small_pretraining()
    files = [
        SourceFileFacts(source=name, sha256="ab" * 32, revision=None, license=text, rows_read=1)
        for name, text in licenses.items()
    ]
    sources = manifest.sources.model_copy(update={"files": files})
    return manifest.model_copy(update={"sources": sources})


def judged_by(model: str, *, llm: str = "vllm") -> AnyManifest:
    """An instruction build by the bundled model, with that judge."""
    return judged_manifest(accepts=False, model=model, llm=llm)


def judged_reasoning(model: str) -> AnyManifest:
    """A reasoning build by the bundled model, with that judge."""
    facts = judge_facts(accepts=False, model=model)
    return one_source("apache-2.0", judge=facts)
