"""Names of hosts: those that a project ignores, and those of Claude."""

from __future__ import annotations

import re
from collections.abc import Iterable
from fnmatch import fnmatchcase
from urllib.parse import urlsplit

from harness.errors import UsageError
from harness.loopback import is_address
from harness.provider.endpoints import API_URL
from harness.settings import read_api_addresses

_NAME = re.compile(r"(?:\*\.)?[a-z0-9_-]+(?:\.[a-z0-9_-]+)*")
_CLOUDS = (
    "bedrock-runtime.*.amazonaws.com",
    "bedrock-mantle.*.api.aws",
    "aws-external-anthropic.*.api.aws",
    "aiplatform.googleapis.com",
    "*-aiplatform.googleapis.com",
    "aiplatform.*.rep.googleapis.com",
    "claude.googleapis.com",
    "*.services.ai.azure.com",
)
"""Hosts of Claude in other clouds. Source: anthropic 2.12, lib/{bedrock,aws,vertex,google_cloud} and lib/foundry.py
(checked 2026-11-27)."""


def read_hosts(lines: Iterable[str]) -> tuple[str, ...]:
    """Read names of hosts, one a line; ``*.example.com`` is every host below it.

    Raises:
        UsageError: a line is not the name of a host.
    """
    hosts = tuple(line.strip().lower() for line in lines if line.strip())
    for host in hosts:
        if not is_address(host) and not _NAME.fullmatch(host):
            raise UsageError(
                f"harness_ignore_hosts holds {host!r}, expected the name of a host such as telemetry.example.com",
                hint="leave out scheme, port and path; *.example.com is every host below example.com",
            )
    return hosts


def is_listed(host: str, patterns: Iterable[str]) -> bool:
    """Whether a host is one of those listed."""
    return any(fnmatchcase(host.lower(), pattern) for pattern in patterns)


def is_claudes_host(host: str) -> bool:
    """Whether a host is the API's, a configured gateway's, or one of a cloud that serves Claude."""
    known = {urlsplit(url).hostname for url in (API_URL, *read_api_addresses())}
    return host.lower() in known or is_listed(host, _CLOUDS)
