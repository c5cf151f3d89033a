"""What a secret looks like: patterns of keys and tokens, and what only looks like one.

Prefixes and lengths are those that the issuers publish, or that
https://docs.github.com/en/code-security/reference/secret-security lists for them. Every pattern is
written for two engines: Python's `re`, and RE2, by which Arrow looks through a column.

Synthetic text is full of keys that are none: a placeholder (`sk-your-key-here`, a run of one
character, AWS's documented example) is passed over, since real keys are random.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

_PRIVATE_KEY = "private key"
_LOGIN = "login in an address"
_BREAK = r"(?:\s|\\[nr])"  # a line's end, also as JSON inside a text has it
_PATTERNS = {
    "Hugging Face token": r"\b(?:hf_|api_org_)[A-Za-z0-9]{30,}",
    "API key (sk-…)": r"\bc?sk-[A-Za-z0-9_-]{20,}",
    "key of a model's provider": r"\b(?:gsk_|xai-|pplx-|nvapi-|tgp_v1_)[A-Za-z0-9_-]{40,}"
    r"|\br8_[A-Za-z0-9]{37}|\bfw_[A-Za-z0-9]{22,}",
    "AWS key id": r"\b(?:AKIA|ASIA)[A-Z0-9]{16}\b",
    "AWS secret key": r"(?i:aws_?secret_?(?:access_?)?key)[\"'\s:=\\]{1,8}[A-Za-z0-9/+]{40}\b",
    "key of a cloud": r"\bLTAI[A-Za-z0-9]{16,26}\b|\bdop_v1_[a-f0-9]{64}|\bdapi[a-f0-9]{32}"
    r"|\bhvs\.[A-Za-z0-9_-]{24,}|\bSG\.[A-Za-z0-9_-]{22}\.[A-Za-z0-9_-]{43}",
    "GitHub token": r"\b(?:gh[pousr]_[A-Za-z0-9]{36,}|github_pat_[A-Za-z0-9_]{50,})",
    "GitLab token": r"\bgl(?:pat|ptt|dt|rt|ft|soat|cbt)-[A-Za-z0-9_-]{20,}",
    "Google API key": r"\bAIza[A-Za-z0-9_-]{35}",
    "Google OAuth secret": r"\bya29\.[A-Za-z0-9_-]{30,}|\bGOCSPX-[A-Za-z0-9_-]{24,}",
    "Slack token": r"\b(?:xox[abeoprs]|xapp)-[A-Za-z0-9-]{20,}"
    r"|hooks\.slack\.com/services/T[A-Z0-9]{6,}/B[A-Z0-9]{6,}/[A-Za-z0-9]{20,}",
    "Stripe key": r"\b[rs]k_live_[A-Za-z0-9]{20,}",
    "token of a package registry": r"\bpypi-[A-Za-z0-9_-]{50,}|\bnpm_[A-Za-z0-9]{36}",
    "bot token": r"\b[0-9]{8,10}:AA[A-Za-z0-9_-]{33}\b",
    _PRIVATE_KEY: r"-----BEGIN (?:[A-Z0-9]+ )*PRIVATE KEY(?: BLOCK)?-----"
    rf"{_BREAK}*(?:[A-Za-z0-9+/=:,. -]+{_BREAK}+){{0,8}}[A-Za-z0-9+/=]{{40,}}",
    "Bearer token": r"\b[Bb]earer\s+[A-Za-z0-9._~+/-]{20,}",
    _LOGIN: r"\b[a-z][a-z0-9+.-]{1,20}://[^\s/:@'\"<>]{1,100}:[^\s/@'\"<>]{3,100}@",
}
ANY_SECRET = "|".join(f"(?:{pattern})" for pattern in _PATTERNS.values())
"""One pattern for all of them."""
# ASCII, as RE2 has it: a key that stands right behind a Chinese character begins there.
_COMPILED = {kind: re.compile(pattern, re.ASCII) for kind, pattern in _PATTERNS.items()}
_PLACEHOLDER = re.compile(
    r"example|your|placeholder|dummy|sample|changeme|redacted|insert|replace|fake|test|secret"
    r"|password|passwd|token|1234567|abcdef|(.)\1{4,}|\.\.\.|\*\*\*",
    re.IGNORECASE,
)
_KEPT_PREFIX = re.compile(
    r"\A(?:hf_|api_org_|c?sk-(?:proj-|ant-|or-)?|xox.-|github_pat_|gh._|[Bb]earer\s+"
    r"|(?i:aws_?secret_?(?:access_?)?key)\W+)"
)
_PLAIN_WORDS = re.compile(r"[a-z]+(?:[-_.][a-z]+)*")
_USUAL_PASSWORDS = frozenset(
    {"pass", "pwd", "passwd", "admin", "root", "guest", "user", "postgres"}
)


def find_secrets(text: str) -> Iterator[tuple[str, str]]:
    """Kind and value of everything in a text that has a key's form and is no placeholder."""
    for kind, pattern in _COMPILED.items():
        for match in pattern.finditer(text):
            if not _is_placeholder(kind, match.group()):
                yield kind, match.group()


def _is_placeholder(kind: str, value: str) -> bool:
    """Whether nobody could take it for a real key: words, or runs of a character."""
    if kind == _PRIVATE_KEY:  # base64 of a real one has runs of A; what has no body did not match
        return False
    if kind == _LOGIN:  # the password alone: `test-bot` and `token` are users with real ones
        secret = value[:-1].rsplit(":", 1)[-1]
        return secret in _USUAL_PASSWORDS or bool(_PLACEHOLDER.search(secret))
    secret = _KEPT_PREFIX.sub("", value)
    return bool(_PLACEHOLDER.search(secret) or _PLAIN_WORDS.fullmatch(secret.strip("-_")))
