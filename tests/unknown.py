"""Changes of a request of which it is not known whether the prompt cache sees them: name, change, path."""

from collections.abc import Callable
from copy import deepcopy
from typing import Any, NamedTuple

from tests.lock.examples import rich_request

Body = dict[str, Any]

PDF = {"type": "document", "source": {"type": "base64", "media_type": "application/pdf", "data": "JVBERi0xLjcK"}}


class Unknown(NamedTuple):
    """A change of `rich_request`, and what the verdict would rest on."""

    name: str
    change: Callable[[Body], object]
    where: str
    """What every message about it contains."""

    @property
    def body(self) -> Body:
        """The request with the change."""
        body = deepcopy(rich_request())
        self.change(body)
        return body


def _first_text(body: Body) -> Body:
    return body["messages"][0]["content"][1]


def _shorten(body: Body) -> None:
    """Leave a prefix that reaches the minimum only if the document is long enough."""
    del body["tools"]
    body["system"][0]["text"] = "Be polite."
    del body["system"][0]["cache_control"]
    body["messages"][0]["content"][0] = PDF


NOT_KNOWN = "it is not known whether it is part of the prompt"

UNKNOWN = (
    Unknown("model", lambda body: body.update(model="claude-sonet-5-5"), "model 'claude-sonet-5-5' is not known"),
    Unknown("opaque-model", lambda body: body.update(model="prod-eu"), "model 'prod-eu' is not known"),
    Unknown("parameter", lambda body: body.update(verbosity="low"), f"verbosity differs, but {NOT_KNOWN}"),
    Unknown(
        "part-of-a-parameter",
        lambda body: body.update(output_config={"tone": "dry"}),
        f"output_config.tone differs, but {NOT_KNOWN}",
    ),
    Unknown(
        "context-management",
        lambda body: body.update(context_management={"edits": []} | {"mode": "on"}),
        f"context_management differs, but {NOT_KNOWN}",
    ),
    Unknown(
        "block-type",
        lambda body: body["messages"][0]["content"].insert(1, {"type": "hologram", "data": "x"}),
        "messages[0].content[1] differs, but its type is not known",
    ),
    Unknown(
        "type-of-a-tool",
        lambda body: body["tools"].insert(1, {"type": "telepathy_20270101", "name": "telepathy"}),
        "tools[1] differs, but its type is not known",
    ),
    Unknown("field-of-a-tool", lambda body: body["tools"][0].update(cost=3), f"tools[0].cost differs, but {NOT_KNOWN}"),
    Unknown(
        "field-of-unclear-reach",
        lambda body: body["tools"][1].update(eager_input_streaming=True),
        f"tools[1].eager_input_streaming differs, but {NOT_KNOWN}",
    ),
    Unknown(
        "field-of-a-block",
        lambda body: _first_text(body).update(tone="dry"),
        f"messages[0].content[1].tone differs, but {NOT_KNOWN}",
    ),
    Unknown(
        "field-of-a-message",
        lambda body: body["messages"][1].update(priority=1),
        f"messages[1].priority differs, but {NOT_KNOWN}",
    ),
    Unknown(
        "count",
        _shorten,
        "the prefix up to messages[2].content[0] has 30 or more tokens, and the minimum of claude-sonnet-5-5 is 512 "
        "(messages[0].content[0]: document blocks cannot be counted offline)",
    ),
)
