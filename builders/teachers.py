"""The teacher of a recipe: where it listens, what it is sent, how it is named in the card.

Sources: Qwen3's and vLLM's documentation of `chat_template_kwargs.enable_thinking`; Alibaba Cloud
Model Studio's "Deep thinking" page for `enable_thinking` and `thinking_budget`.
"""

from __future__ import annotations

import hashlib
import os
import re
from pathlib import Path
from typing import Any

from builders.errors import RecipeError, TeacherError
from builders.judged import TeacherFacts
from builders.recipe import Recipe
from distilabel_pipelines.gateway.handle import new_access_token
from distilabel_pipelines.gateway.settings import EmbeddedSettings, GatewaySettings
from distilabel_pipelines.reasoning import read_system_prompts

_WEIGHTS = Path(__file__).resolve().parents[1] / "distilabel_pipelines/embedded_model/weights"
EMBEDDED_NAME = "embedded-reasoner"
DASHSCOPE_URL = "https://dashscope.aliyuncs.com/compatible-mode/v1"
_VARIABLE_NAME = re.compile(r"[A-Z_][A-Z0-9_]*")
_KEY_VARIABLES = {"dashscope": "DASHSCOPE_API_KEY", "vllm": "VLLM_API_KEY", "embedded": ""}
_CONCURRENCY = {"embedded": 16, "vllm": 64, "dashscope": 16}
_MAX_TOKENS = {"embedded": 1536, "vllm": 16384, "dashscope": 16384}
_BUNDLED_CONTEXT = 2048
_OTHER_CONTEXT = 8192
_OTHER_PARALLEL = 4


def plan_gateway(recipe: Recipe, responses: Path) -> GatewaySettings:
    """The gateway's settings; finds or fetches the embedded model's file.

    Raises RecipeError for settings that cannot work together and TeacherError where a key or a
    model file is missing.
    """
    teacher = recipe.teacher
    embedded = _plan_embedded(recipe) if teacher.llm == "embedded" else None
    return GatewaySettings(
        journal_dir=str(responses.resolve()),
        base_url=None if embedded else _choose_url(recipe),
        embedded=embedded,
        model=_name_embedded(Path(embedded.model_path)) if embedded else teacher.model,
        api_key_env=_choose_key_variable(recipe) or None,
        access_token=new_access_token(),
        concurrency=_choose_concurrency(recipe),
        stream=recipe.sampling.thinking if teacher.stream is None else teacher.stream,
        send_seed=teacher.send_seed,
        max_attempts=teacher.max_attempts,
        first_answer_wait_s=teacher.first_answer_wait_s,
        outage_wait_s=teacher.outage_wait_s,
        idle_timeout_s=teacher.idle_timeout_s,
        admission_limit=0,
    )


def _choose_url(recipe: Recipe) -> str:
    url = recipe.teacher.base_url
    if url and not url.lower().startswith(("http://", "https://")):
        raise RecipeError(
            f"BASE_URL={url} must begin with http:// or https://, as in http://127.0.0.1:8000"
        )
    if url:
        return url
    if recipe.teacher.llm == "dashscope":
        return DASHSCOPE_URL
    raise RecipeError(
        "LLM=vllm needs BASE_URL=, the address of a running server, as in "
        "BASE_URL=http://127.0.0.1:8000"
    )


def _choose_key_variable(recipe: Recipe) -> str:
    """The variable that holds the key; a named one must be set, and DashScope's own too."""
    teacher = recipe.teacher
    if teacher.api_key_env and not teacher.api_key_env.isidentifier():
        # The value is not repeated: somebody may have put the key itself here.
        raise RecipeError(
            "API_KEY_ENV takes the name of the variable that holds the key, not the key itself"
        )
    name = teacher.api_key_env or _KEY_VARIABLES[teacher.llm]
    required = bool(teacher.api_key_env) or (teacher.llm == "dashscope" and not teacher.base_url)
    if required and not os.environ.get(name):
        shown = name if _VARIABLE_NAME.fullmatch(name) else "that API_KEY_ENV names"
        raise TeacherError(f"the environment variable {shown} is not set; it must hold the API key")
    return name


def _choose_concurrency(recipe: Recipe) -> int:
    if recipe.teacher.concurrency is not None:
        return recipe.teacher.concurrency
    if recipe.teacher.llm == "embedded" and recipe.teacher.model:
        return _OTHER_PARALLEL
    return _CONCURRENCY[recipe.teacher.llm]


def _plan_embedded(recipe: Recipe) -> EmbeddedSettings:
    """The bundled model on one thread (two were slower), any other GGUF on all cores."""
    bundled = not recipe.teacher.model
    path = find_bundled_gguf() if bundled else find_gguf(recipe.teacher.model)
    return EmbeddedSettings(
        model_path=str(path.resolve()),
        parallel=_choose_concurrency(recipe),
        context_tokens=_BUNDLED_CONTEXT if bundled else _OTHER_CONTEXT,
        threads=1 if bundled else os.cpu_count() or 1,
    )


def find_bundled_gguf() -> Path:
    """The weights in this repository; raises TeacherError where a clone lacks them."""
    found = sorted(_WEIGHTS.glob("*.gguf"))
    if len(found) != 1:
        raise TeacherError(f"{len(found)} GGUF files in embedded_model/weights, expected one")
    return found[0]


def find_gguf(model: str) -> Path:
    """A local GGUF file, or one fetched from the Hub for `owner/name:file.gguf`.

    `owner/name` alone takes the repository's only GGUF file. Raises TeacherError.
    """
    path = Path(model if model[:1] != "~" else os.path.expanduser(model))  # noqa: PTH111  # never raises
    if path.is_file():
        with path.open("rb") as file:
            if file.read(4) != b"GGUF":
                raise TeacherError(f"MODEL={model} is no GGUF file: it does not begin with GGUF")
        return path
    repository, _, file_name = model.partition(":")
    if repository.count("/") != 1 or repository.startswith((".", "/", "~")):
        raise TeacherError(
            f"MODEL={model} is neither a file here nor a Hub file (owner/name:file.gguf). "
            "Give a GGUF file's path, or leave MODEL empty for the bundled model."
        )
    return _fetch_gguf(repository, file_name)


def _fetch_gguf(repository: str, file_name: str) -> Path:
    from huggingface_hub import hf_hub_download, list_repo_files  # noqa: PLC0415  # slow import
    from huggingface_hub.utils import httpx  # type: ignore[attr-defined]  # noqa: PLC0415

    try:
        if not file_name:
            names = [name for name in list_repo_files(repository) if name.endswith(".gguf")]
            if len(names) != 1:
                raise TeacherError(
                    f"{repository} has {len(names)} GGUF files ({', '.join(names[:8])}); "
                    f"name one: MODEL={repository}:file.gguf"
                )
            file_name = names[0]
        return Path(hf_hub_download(repository, file_name))
    except (OSError, ValueError, httpx.HTTPError) as error:  # httpx's derive from no OSError
        raise TeacherError(
            f"MODEL={repository}:{file_name} could not be fetched from the Hub: {error}. "
            "Without a network give a local GGUF file, or leave MODEL empty for the bundled model."
        ) from error


def _name_embedded(path: Path) -> str:
    """The model's name with a piece of its file's SHA-256: other weights, other journal keys."""
    digest = hashlib.sha256()
    with path.open("rb") as file:
        while block := file.read(1 << 20):
            digest.update(block)
    stem = EMBEDDED_NAME if path.parent == _WEIGHTS else path.name
    return f"{stem}@{digest.hexdigest()[:8]}"


def choose_max_tokens(recipe: Recipe) -> int:
    """MAX_TOKENS, or a default generous enough for the teacher's thoughts."""
    return recipe.sampling.max_tokens or _MAX_TOKENS[recipe.teacher.llm]


def choose_generation_kwargs(recipe: Recipe) -> dict[str, Any]:
    """What `TeacherLLM.agenerate` is given; thinking switches in the teacher's own dialect."""
    sampling = recipe.sampling
    if recipe.teacher.llm == "dashscope":
        extra: dict[str, Any] = {"enable_thinking": sampling.thinking}
        if sampling.thinking_budget is not None:
            extra["thinking_budget"] = sampling.thinking_budget
    else:
        extra = {"chat_template_kwargs": {"enable_thinking": sampling.thinking}}
    return {
        "max_new_tokens": choose_max_tokens(recipe),
        "temperature": sampling.temperature,
        "top_p": sampling.top_p,
        "extra_body": extra,
    }


def describe_teacher(recipe: Recipe, model: str) -> TeacherFacts:
    """What the manifest and card say of the teacher."""
    sampling = recipe.sampling
    return TeacherFacts(
        llm=recipe.teacher.llm,
        model=model,
        sampling={
            "temperature": sampling.temperature,
            "top_p": sampling.top_p,
            "max_tokens": choose_max_tokens(recipe),
            "thinking": sampling.thinking,
            "thinking_budget": sampling.thinking_budget,
            "seed": sampling.seed,
            "samples": sampling.samples,
        },
        system_prompts=dict(read_system_prompts()),
    )
