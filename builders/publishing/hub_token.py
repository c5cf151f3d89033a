"""The token by which a release speaks to the Hub: HF_TOKEN, or what `hf auth login` has left."""

from __future__ import annotations

from builders.errors import PublishError


def has_hub_token() -> bool:
    """Whether there is any token; nobody needs one to read a public dataset."""
    from huggingface_hub import get_token  # noqa: PLC0415  # slow import

    return get_token() is not None


def read_hub_token(repo: str) -> str:
    """The token; raises PublishError where there is none, or one that no header can hold."""
    from huggingface_hub import get_token  # noqa: PLC0415  # slow import

    token = get_token()
    if token is None:
        raise PublishError(
            "there is no token for the Hub. Set HF_TOKEN, or run `hf auth login`; it must be "
            f"allowed to write to {repo}. Nothing was sent."
        )
    if not (token.isascii() and token.isprintable()):
        raise PublishError(
            "the token for the Hub (HF_TOKEN, or `hf auth login`) holds characters that no token "
            "has. Copy it again. Nothing was sent."
        )
    return token
