from typing import Any

import pytest

from harness.client.breakpoints import prepare_system_prompt
from harness.provider.limits import Ttl


@pytest.mark.parametrize(
    ("system", "is_cached", "ttl", "expected"),
    [
        ("", True, "5m", []),
        ("", False, "5m", []),
        ("be brief", False, "5m", [{"type": "text", "text": "be brief"}]),
        ("be brief", True, "5m", [{"type": "text", "text": "be brief", "cache_control": {"type": "ephemeral"}}]),
        (
            "be brief",
            True,
            "1h",
            [{"type": "text", "text": "be brief", "cache_control": {"type": "ephemeral", "ttl": "1h"}}],
        ),
    ],
)
def test_the_system_prompt_becomes_blocks_that_the_api_accepts(
    system: str, is_cached: bool, ttl: Ttl, expected: list[dict[str, Any]]
) -> None:
    assert prepare_system_prompt(system, is_cached=is_cached, ttl=ttl) == expected
