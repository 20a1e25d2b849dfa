"""Which secrets are known: those of the Claude API by patterns of our own, those of others by detect-secrets."""

import re
from collections.abc import Callable, Iterable, Iterator
from functools import cache, lru_cache
from importlib import import_module
from typing import Any, NamedTuple

from harness.cassettes.encodings import views
from harness.cassettes.scrub_path import REPLACEMENT
from harness.errors import UsageError

# The start of a word, also after a JSON escape, whose letter looks like part of the word.
START = r"(?:\b|(?<=\\[bfnrt]))"

# The characters between a name and its value in JSON, in JSON within JSON, and in a header.
_IS = r"\\?[\"']?\s*[:=]\s*\\?[\"']?"

SECRETS = tuple(
    (what, re.compile(pattern))
    for what, pattern in (
        ("an API key (sk-ant-)", r"sk-ant-"),
        ("a bearer token", rf"(?i){START}bearer\s+(?=[\w.~+/=-]*\d)[\w.~+/=-]{{8,}}"),
        ("an x-api-key header", rf"(?i)\bx-api-key{_IS}[\w.~+/-]"),
        (
            "an authorization header",
            rf"(?i)\bauthorization{_IS}(?:(?:bearer|basic|token)\s+[\w.~+/=-]{{4}}|(?=[\w.~+/=-]*\d)[\w.~+/=-]{{16}})",
        ),
        ("a cookie", rf"(?i)\b(?:set-)?cookie{_IS}[\w.-]+="),
        ("an organization id", rf"{START}org[-_](?=[A-Za-z]*\d)[A-Za-z0-9]{{16,}}"),
        (
            "an organization id",
            rf"(?i){START}(?:anthropic-)?org(?:ani[sz]ation)?(?:[_-]?(?:uu)?id)?\W{{1,8}}"
            r"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}",
        ),
        ("a workspace id", rf"{START}wrkspc_\w{{8}}"),
    )
)
"""Secrets of the Claude API that a committed cassette must not hold, each with the pattern that finds it."""

_DETECTORS = (
    ("aws", "AWSKeyDetector", "an AWS access key"),
    ("azure_storage_key", "AzureStorageKeyDetector", "a key of an Azure storage account"),
    ("basic_auth", "BasicAuthDetector", "a password in a URL"),
    ("discord", "DiscordBotTokenDetector", "a token of a Discord bot"),
    ("github_token", "GitHubTokenDetector", "a GitHub token"),
    ("gitlab_token", "GitLabTokenDetector", "a GitLab token"),
    ("ibm_cloud_iam", "IbmCloudIamDetector", "a key of IBM Cloud"),
    ("jwt", "JwtTokenDetector", "a JSON Web Token"),
    ("mailchimp", "MailchimpDetector", "a Mailchimp key"),
    ("openai", "OpenAIDetector", "an OpenAI key"),
    ("private_key", "PrivateKeyDetector", "a private key"),
    ("pypi_token", "PypiTokenDetector", "a PyPI token"),
    ("sendgrid", "SendGridDetector", "a SendGrid key"),
    ("slack", "SlackDetector", "a Slack token"),
    ("square_oauth", "SquareOAuthDetector", "a Square secret"),
    ("stripe", "StripeDetector", "a Stripe key"),
    ("telegram_token", "TelegramBotTokenDetector", "a token of a Telegram bot"),
    ("twilio", "TwilioKeyDetector", "a Twilio key"),
)
"""Module and class of each detector of detect-secrets that knows a form, and what it finds.

Those that rate how random a text is are left out, as are keywords and addresses: prompts are full of both. So is
the one for npm, which takes the rest of the line too.
"""

_MORE = tuple(
    (what, re.compile(pattern))
    for what, pattern in (
        (
            "a private key",
            r"-----BEGIN (?:[A-Z0-9]+ )*PRIVATE KEY(?: BLOCK)?-----[^-\"']*(?:-----END [A-Z0-9 ]+-----)?",
        ),
        ("a JSON Web Token", r"\beyJ[\w-]{8,}\.eyJ[\w-]{8,}\.[\w-]*"),
        # Source: docs.cloud.google.com/docs/authentication/api-keys and /oauth2 (checked 2026-11-26).
        ("a Google API key", r"\bAIza[\w-]{35}"),
        ("a Google OAuth secret", r"\bGOCSPX-[\w-]{20,}|\bya29\.[\w-]{20,}"),
        # Source: docs.github.com/en/authentication, "GitHub's token formats" (checked 2026-11-26).
        ("a GitHub token", r"\bgithub_pat_\w{22,}"),
        # Source: docs.slack.dev/authentication/tokens (checked 2026-11-26).
        ("a Slack token", r"\bxapp-\d-\w+-\d+-\w+|\bxox[abeoprs]-[\w-]{10,}"),
        ("a Stripe key", r"\b[rs]k_live_\w{20,}|\bwhsec_[\w+/=]{20,}"),
        ("an npm token", r"\bnpm_[A-Za-z0-9]{36}|_authToken=\s*[\w-]{30,}"),
        ("an OpenAI key", r"\bsk-(?:proj|svcacct|admin)-[\w-]{20,}"),
        ("a Hugging Face token", r"\bhf_[A-Za-z]{30,}"),
        (
            "an AWS secret key",
            r"(?i)\baws_?(?:secret_?)?(?:access_?)?key(?:_?id)?\W{1,6}(?=[\w/+]*\d)[A-Za-z0-9/+]{40}\b",
        ),
        (
            "a secret of an .env file",
            r"(?m)^\s*(?:export\s+)?[A-Z][A-Z0-9_]*(?:KEY|TOKEN|SECRET|PASSWORD|PASSWD|PWD|CREDENTIALS?)[A-Z0-9_]*"
            r"=[\"']?(?=[^\s\"']*\d)[^\s\"'<>${}]{8,}",
        ),
    )
)
"""Forms that detect-secrets does not know, or of which it finds only the beginning."""

_PLACEHOLDER = re.compile(r"(?i)<[\w -]+>|\*{3}|\.{3}|x{6}|your|example\.|changeme|placeholder|dummy|:password@|:pass@")
"""Signs that a password only shows where one would stand."""
_LOOSE = frozenset({"a password in a URL", "a secret of an .env file"})
"""Kinds that also fit placeholders."""


_PACKED = re.compile(r"[A-Za-z0-9+/\r\n]{10000,}={0,2}")
"""A file in base64, in which only what it decodes to can be a secret."""


class Secret(NamedTuple):
    """A secret in a text."""

    what: str
    value: str


def read_allowed(lines: Iterable[str], name: str) -> tuple[re.Pattern[str], ...]:
    """Read regular expressions of values that are no secrets; ``name`` is the setting that they stand in.

    Raises:
        UsageError: a line is not a regular expression.
    """
    patterns = []
    for line in filter(None, map(str.strip, lines)):
        try:
            patterns.append(re.compile(line))
        except re.error as error:
            raise UsageError(f"{name}: {line!r}: {error}", hint="fix the regular expression") from None
    return tuple(patterns)


def find_foreign(text: str, allowed: tuple[re.Pattern[str], ...] = ()) -> list[Secret]:
    """Find the secrets of others in a text and in its encoded parts; ``allowed`` match values to pass over."""
    found = dict.fromkeys(_find_all(text))
    return [one for one in found if not any(pattern.fullmatch(one.value) for pattern in allowed)]


def scrub_foreign(text: str) -> str:
    """Replace the secrets of others in a short text, such as a header, that nobody needs to read."""
    for secret in sorted(_find_plain(text), key=lambda secret: -len(secret.value)):
        text = text.replace(secret.value.rstrip("\"'"), REPLACEMENT)
    return text


@lru_cache(maxsize=4096)
def _find_all(text: str) -> tuple[Secret, ...]:
    return tuple(secret for view in views(text) if not _PACKED.fullmatch(view) for secret in _find_plain(view))


def _find_plain(text: str) -> Iterator[Secret]:
    for what, pattern, is_valid in _load_patterns():
        for match in pattern.finditer(text):
            if is_valid(match[0]):
                yield Secret(what, match[0].strip())


@cache
def _load_patterns() -> tuple[tuple[str, re.Pattern[str], Callable[[str], bool]], ...]:
    """Read the patterns of all detectors: detect-secrets' own functions give groups instead of whole matches."""
    rows = [(what, pattern, _is_no_placeholder if what in _LOOSE else bool) for what, pattern in _MORE]
    for module, name, what in _DETECTORS:
        detector: Any = getattr(import_module(f"detect_secrets.plugins.{module}"), name)
        is_valid = _is_no_placeholder if what in _LOOSE else getattr(detector, "is_formally_valid", bool)
        rows += [(what, pattern, is_valid) for pattern in detector.denylist]
    return tuple(rows)


def _is_no_placeholder(value: str) -> bool:
    return _PLACEHOLDER.search(value) is None
