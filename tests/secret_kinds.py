"""Made-up secrets of many kinds, put together here so that no scanner takes this file for a leak."""

import base64
from random import Random
from string import ascii_letters, digits
from typing import NamedTuple


class Kind(NamedTuple):
    """A secret."""

    name: str
    text: str
    """What is planted."""
    core: str
    """The part that must be found nowhere."""
    is_ours: bool = False
    """It belongs to the Claude API, so that it is removed everywhere."""


def _random(length: int, seed: str) -> str:
    letters = Random(seed).choices(ascii_letters + digits, k=length - 2)
    return f"a1{''.join(letters)}"


def _packed(text: str) -> str:
    return base64.urlsafe_b64encode(text.encode()).decode().rstrip("=")


def _kind(name: str, prefix: str, secret: str, *, after: str = "", is_ours: bool = False) -> Kind:
    whole = prefix + secret
    return Kind(name, whole + after, secret, is_ours)


OWN_KEY = "gw-" + _random(30, "1")

KINDS = (
    Kind("own-key", OWN_KEY, OWN_KEY[3:], is_ours=True),
    _kind("api-key", "sk-ant-" + "api03-", _random(60, "2"), is_ours=True),
    _kind("oauth-token", "sk-ant-" + "oat01-", _random(50, "3"), is_ours=True),
    _kind("bearer-token", "Bearer ", _random(40, "4"), is_ours=True),
    _kind("aws-key", "AKIA", "QYLPMN5HHHFPZAM2"),
    _kind("aws-secret", 'aws_secret_access_key = "', _random(38, "5") + "/9", after='"'),
    _kind("github-token", "ghp_", _random(36, "6")),
    _kind("github-pat", "github_pat_", _random(22, "7") + "_" + _random(59, "8")),
    _kind("google-key", "AIza", _random(35, "9")),
    _kind("google-oauth", "ya29.", _random(60, "10")),
    _kind("slack-token", "xoxb-", "123456789012-123456789012-" + _random(24, "11")),
    _kind("slack-webhook", "https://hooks.slack.com/services/", "T0AB1CD2E/B0AB1CD2E/" + _random(24, "12")),
    _kind("stripe-key", "sk_" + "live_", _random(24, "13")),
    _kind(
        "private-key",
        "-----BEGIN RSA " + "PRIVATE KEY-----\n",
        "\n".join(_random(64, f"14.{line}") for line in range(3)),
        after="\n-----END RSA PRIVATE KEY-----",
    ),
    Kind(
        "jwt",
        "eyJ" + _packed('{"alg":"HS256"}')[3:] + "." + _packed('{"sub":"1234567890"}') + "." + _random(43, "15"),
        "",
    ),
    _kind("env-line", "DEBUG=1\nDB_PASSWORD=", _random(20, "16"), after="\nPORT=80"),
    _kind("gitlab-token", "glpat-", _random(20, "17")),
    _kind("npm-token", "npm_", _random(36, "18")),
    _kind("sendgrid-key", "SG.", _random(22, "19") + "." + _random(43, "20")),
    _kind("openai-key", "sk-proj-", _random(20, "21") + "T3Blbk" + "FJ" + _random(20, "22")),
    _kind("url-password", "postgres://app:", _random(16, "23"), after="@db.internal:5432/app"),
)
KINDS = tuple(kind._replace(core=kind.core or kind.text[-43:]) for kind in KINDS)
