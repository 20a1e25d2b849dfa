"""Open questions about the prompt cache, each with its default assumption."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Assumptions:
    """Named assumptions; change one to see whether a verdict depends on it."""

    is_ttl_in_key: bool = True
    """A marker does not read an entry that was written under the other TTL at that block.

    Not documented; two field measurements point this way (damianvtran/local-operator#532,
    askalf/dario#775).
    """
    has_client_tool_ids: bool = False
    """Ids of client tool calls are part of the prompt.

    Recorded traffic shows that ids of server tools are not; one report says that ids of client
    tools are (router-for-me/CLIProxyAPI#5107).
    """
    has_tool_key_order: bool = True
    """The order of keys inside a tool definition is part of the prompt.

    Not documented: the warning about the order of keys speaks of tool calls. Token counts of recorded
    calls show that definitions are billed as if their keys were sorted.
    Source: platform.claude.com/docs/en/build-with-claude/prompt-caching; recorded calls (checked 2026-11-23).
    """
    is_thinking_first: bool = False
    """Thinking and effort are rendered in front of the tools, so a change of them loses every level.

    The documentation says that messages are lost and that the other levels are model-specific.
    """


DEFAULT = Assumptions()
"""The assumptions of every verdict, unless others are given."""
