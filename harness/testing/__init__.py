"""For users' own tests: assertions on calls, hypothesis strategies, and the property of a stable prefix.

Names are imported on first use, so that an assertion does not load hypothesis.
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from harness.testing.assertions import assert_cost_below as assert_cost_below
    from harness.testing.assertions import assert_reads_prefix as assert_reads_prefix
    from harness.testing.assertions import assert_same_prefix as assert_same_prefix
    from harness.testing.properties import assert_prefix_stable as assert_prefix_stable
    from harness.testing.strategies import jobs as jobs
    from harness.testing.strategies import requests as requests
    from harness.testing.strategies import resumes as resumes

_HOMES = {
    "assert_cost_below": "harness.testing.assertions",
    "assert_prefix_stable": "harness.testing.properties",
    "assert_reads_prefix": "harness.testing.assertions",
    "assert_same_prefix": "harness.testing.assertions",
    "jobs": "harness.testing.strategies",
    "requests": "harness.testing.strategies",
    "resumes": "harness.testing.strategies",
}

__all__ = [
    "assert_cost_below",
    "assert_prefix_stable",
    "assert_reads_prefix",
    "assert_same_prefix",
    "jobs",
    "requests",
    "resumes",
]


def __getattr__(name: str) -> Any:
    if name in _HOMES:
        return getattr(import_module(_HOMES[name]), name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")


def __dir__() -> list[str]:
    return sorted([*globals(), *_HOMES])
