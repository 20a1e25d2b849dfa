"""Parameters of ``POST /v1/messages`` and their effect on the prompt. Every list of parameters is read from these rows.

A request key without a row is unknown, and nothing is assumed about it; see `harness.prompt.parameters`.
"""

from dataclasses import dataclass, field
from datetime import date
from typing import Any, Literal

Level = Literal["tools", "system", "messages"]
LEVELS: tuple[Level, ...] = ("tools", "system", "messages")
"""The levels of a prompt in rendering order: the prefix of each contains the levels before it."""

ParameterKind = Literal["rendered", "derived", "unclear", "unrendered", "blocks", "marker", "argument"]
"""How a parameter relates to the prompt.

``rendered``: part of it. ``derived``: part of it, and computed from the blocks. ``unclear``: it is not known whether or
where it is rendered. ``unrendered``: not part of it. ``blocks``: the blocks themselves. ``marker``: sets breakpoints.
``argument``: an argument of the SDK's methods that is not in the body.
"""

_CACHING = "platform.claude.com/docs/en/build-with-claude/prompt-caching"
_DIAGNOSTICS = "platform.claude.com/docs/en/build-with-claude/cache-diagnostics"
_SDK = "anthropic SDK 2.12, types/message_create_params.py"
_NOT_LISTED = f"{_CACHING}: in no list of what invalidates the cache"
_CHECKED = date(2026, 11, 25)


class Omitted:
    """Marks a parameter that a request does not have; a class of its own, because ``None`` is a value."""

    def __repr__(self) -> str:
        return "omitted"


OMITTED = Omitted()

UNKNOWN_DEFAULT = "not known"
"""The default of an object where no source says what leaving it out means; a text, so it equals no given value."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Parameter:
    """One parameter, and the effect of changing it."""

    name: str
    """Its place in the body, with dots: ``output_config.effort``."""
    kind: ParameterKind
    source: str
    checked: date = _CHECKED
    path: str = ""
    """Its path in messages and in ``explain``, if not its name."""
    level: Level | None = None
    """The first level that a change loses; ``None`` for a parameter that is not rendered."""
    default: Any = OMITTED
    """The value that leaving it out is equal to, if there is one."""
    model_default: str = ""
    """The field of the model's row that holds its default."""
    is_object: bool = False
    """The API accepts only an object."""
    also_at: str = ""
    """Another place in the body where the same value may be."""
    cause: str = "parameter_changed"
    is_model_specific: bool = False
    """Which levels a change loses depends on the model and is not documented."""
    is_diagnosed: bool = False
    """The API's cache diagnostics compare it, and answer ``unavailable`` if it differs."""
    is_counted: bool = True
    """The tokens that it adds to the prompt can be counted offline."""
    may_matter: bool = False
    """An argument that may change the prompt, where a body has it all the same."""
    parts: frozenset[str] = frozenset()
    """Keys of its object that are known; any other one is unknown. Empty: all keys have the same reach."""
    without: frozenset[str] = frozenset()
    """Keys of its objects that are not part of the prompt, such as credentials."""
    has_own_price: bool = False
    """It can have a price of its own, besides that of the tokens."""

    key: str = field(init=False)
    """The top-level key of the body that holds it."""

    def __post_init__(self) -> None:
        object.__setattr__(self, "key", self.name.partition(".")[0])

    @property
    def is_inside_another(self) -> bool:
        """Whether it is a part of a parameter that is compared as a whole."""
        whole = BY_NAME.get(self.key) if "." in self.name and self.kind == "unclear" else None
        return whole is not None and whole.kind == "rendered"

    @property
    def shown_as(self) -> str:
        """Its path in messages and in ``explain``."""
        return self.path or self.name


PARAMETERS: tuple[Parameter, ...] = (
    # --- rendered in front of the tools
    Parameter(name="model", kind="rendered", level="tools", cause="model_changed", source=_DIAGNOSTICS),
    Parameter(
        name="speed",
        kind="rendered",
        level="tools",
        default="standard",
        cause="speed_changed",
        has_own_price=True,
        source="platform.claude.com/docs/en/build-with-claude/fast-mode: different speeds do not share cached prefixes",
    ),
    Parameter(
        name="mcp_servers",
        kind="rendered",
        level="tools",
        without=frozenset({"authorization_token"}),
        is_counted=False,
        has_own_price=True,
        source="platform.claude.com/docs/en/agents-and-tools/mcp-connector: its tools are part of the tools array",
    ),
    # --- rendered between tools and system
    Parameter(
        name="web",
        kind="derived",
        path="tools",
        level="system",
        source=f"{_CACHING}: web search and web fetch, on or off",
    ),
    Parameter(name="citations", kind="derived", level="system", cause="citations_changed", source=_CACHING),
    Parameter(
        name="output_config.format",
        kind="rendered",
        level="system",
        default={},
        is_object=True,
        also_at="output_format",
        is_diagnosed=True,
        source="platform.claude.com/docs/en/build-with-claude/structured-outputs: injects system text",
    ),
    Parameter(
        name="container.skills",
        kind="rendered",
        level="system",
        is_counted=False,
        has_own_price=True,
        source="platform.claude.com/docs/en/agents-and-tools/agent-skills: skills are rendered into the system prompt",
    ),
    # --- rendered between system and messages
    Parameter(
        name="tool_choice",
        kind="rendered",
        level="messages",
        default={"type": "auto"},
        is_object=True,
        parts=frozenset({"type", "name"}),
        cause="tool_choice_changed",
        is_diagnosed=True,
        source=_CACHING,
    ),
    Parameter(
        name="tool_choice.disable_parallel_tool_use",
        kind="rendered",
        path="tool_choice",
        level="messages",
        default=False,
        cause="tool_choice_changed",
        is_diagnosed=True,
        source="platform.claude.com/docs/en/agents-and-tools/tool-use/tool-use-with-prompt-caching",
    ),
    Parameter(name="images", kind="derived", level="messages", cause="image_added", source=_CACHING),
    Parameter(
        name="thinking",
        kind="rendered",
        level="messages",
        model_default="default_thinking",
        is_object=True,
        parts=frozenset({"type", "budget_tokens"}),
        cause="thinking_changed",
        is_model_specific=True,
        is_diagnosed=True,
        source=_CACHING,
    ),
    Parameter(
        name="output_config.effort",
        kind="rendered",
        level="messages",
        model_default="default_effort",
        cause="effort_changed",
        is_model_specific=True,
        is_diagnosed=True,
        source=_CACHING,
    ),
    Parameter(
        name="output_config.task_budget",
        kind="rendered",
        level="messages",
        default=None,
        is_diagnosed=True,
        source=f"{_SDK}; the documentation says that it is rendered, and not where",
    ),
    # --- not known whether or where it is rendered
    Parameter(
        name="context_management",
        kind="unclear",
        is_diagnosed=True,
        is_counted=False,
        has_own_price=True,
        source=f"{_DIAGNOSTICS}: compared; what it clears, and so loses, depends on the conversation",
    ),
    Parameter(
        name="anthropic_beta",
        kind="unclear",
        is_counted=False,
        has_own_price=True,
        source=f"{_DIAGNOSTICS}: beta headers are compared; a body for Amazon Bedrock lists them here",
    ),
    Parameter(
        name="thinking.display",
        kind="unclear",
        source=f"{_SDK}: how thinking is returned; not documented whether it changes the prompt",
    ),
    # --- not part of the prompt
    Parameter(
        name="anthropic_version",
        kind="unrendered",
        source="docs.aws.amazon.com/bedrock/latest/userguide/model-parameters-anthropic-claude-messages.html",
    ),
    Parameter(name="container", kind="unrendered", is_counted=False, has_own_price=True, source="recorded calls"),
    Parameter(name="container.id", kind="unrendered", source="recorded calls: other ids read the same entries"),
    Parameter(name="diagnostics", kind="unrendered", source=_DIAGNOSTICS),
    Parameter(name="inference_geo", kind="unrendered", has_own_price=True, source=_NOT_LISTED),
    Parameter(name="max_tokens", kind="unrendered", source=_NOT_LISTED),
    Parameter(name="metadata", kind="unrendered", source=_NOT_LISTED),
    Parameter(name="service_tier", kind="unrendered", source=_NOT_LISTED),
    Parameter(name="stop_sequences", kind="unrendered", source=_NOT_LISTED),
    Parameter(name="stream", kind="unrendered", source="Anthropic's claude-api skill, shared/prompt-caching.md"),
    Parameter(name="temperature", kind="unrendered", source=_NOT_LISTED),
    Parameter(name="top_k", kind="unrendered", source=_NOT_LISTED),
    Parameter(name="top_p", kind="unrendered", source=_NOT_LISTED),
    # --- the blocks and their markers
    Parameter(name="tools", kind="blocks", level="tools", source=_CACHING),
    Parameter(name="system", kind="blocks", level="system", source=_CACHING),
    Parameter(name="messages", kind="blocks", level="messages", source=_CACHING),
    Parameter(name="cache_control", kind="marker", source=_CACHING),
    # --- arguments of the SDK's methods; some become headers
    Parameter(name="betas", kind="argument", may_matter=True, source=_SDK),
    Parameter(name="extra_body", kind="argument", may_matter=True, source=_SDK),
    Parameter(name="extra_headers", kind="argument", may_matter=True, source=_SDK),
    Parameter(name="extra_query", kind="argument", source=_SDK),
    Parameter(name="output_type", kind="argument", source=_SDK),
    Parameter(name="stream_cls", kind="argument", source=_SDK),
    Parameter(name="timeout", kind="argument", source=_SDK),
    Parameter(name="user_profile_id", kind="argument", may_matter=True, source=_SDK),
    Parameter(name="workspace_id", kind="argument", may_matter=True, source=_SDK),
)
"""One row per parameter. Rendered ones are in the order in which they enter a fingerprint."""

BY_NAME = {row.name: row for row in PARAMETERS if row.kind != "derived"}

RENDERED = tuple(row for row in PARAMETERS if row.kind in ("rendered", "derived"))
"""The parameters that are part of the prompt."""


_ACCEPTED_BETA = frozenset({"billing_policy", "compaction", "fallback_credit_token", "fallbacks", "thread"})
"""Parameters of betas that the API accepts, and whose reach is not known."""


def accepts(name: str) -> bool:
    """Whether the API has a parameter of this name in its body; it refuses any other one."""
    return name in _ACCEPTED_BETA or any(
        name in (row.key, row.also_at) and row.kind != "argument" for row in PARAMETERS
    )
