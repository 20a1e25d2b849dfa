"""Random runs of a prompt version, with every part of a usage that has a price."""

from datetime import UTC, datetime
from typing import Any

from hypothesis import strategies as st

from harness.provider.tokens import Iteration
from harness.provider.usage import Usage

MODELS = ("claude-sonnet-5-5", "claude-opus-5", "claude-haiku-5-5", "claude-sonnet-4-5", "claude-opus-4-6")
DAYS = (datetime(2026, 3, 1, tzinfo=UTC), datetime(2026, 10, 1, tzinfo=UTC), datetime(2026, 11, 26, tzinfo=UTC))

COUNTERS: tuple[tuple[tuple[str, int], ...], ...] = ((), (("server_tool_use.web_search_requests", 3),))
MODIFIERS: tuple[tuple[tuple[str, str], ...], ...] = ((), (("service_tier", "batch"),))

_TOKENS = st.integers(0, 400_000) | st.sampled_from([0, 0, 1, 99_999, 200_000])


def tokens() -> st.SearchStrategy[dict[str, Any]]:
    return st.fixed_dictionaries({
        "input_tokens": _TOKENS,
        "cache_read_input_tokens": _TOKENS,
        "ephemeral_5m_input_tokens": _TOKENS,
        "ephemeral_1h_input_tokens": _TOKENS,
        "output_tokens": _TOKENS,
    })  # fmt: skip


def iterations() -> st.SearchStrategy[tuple[Iteration, ...]]:
    one = tokens().map(lambda found: (Iteration(type="compaction", **found),))
    return st.just(()) | one


def usages() -> st.SearchStrategy[Usage]:
    return st.builds(
        lambda found, **others: Usage(**found, **others),
        tokens(),
        iterations=iterations(),
        counters=st.sampled_from(COUNTERS),
        modifiers=st.sampled_from(MODIFIERS),
    )


def runs() -> st.SearchStrategy[tuple[list[Usage], str, datetime]]:
    return st.tuples(st.lists(usages(), max_size=5), st.sampled_from(MODELS), st.sampled_from(DAYS))
