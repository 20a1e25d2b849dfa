"""Blocks that moved, came, went, or were cut elsewhere; and blocks of other kinds than text."""

from typing import Any

from tests.promptcache.pairs.build import (
    MARK,
    STATIC,
    assistant,
    image,
    miss,
    request,
    result,
    text,
    tool,
    use,
    user,
)
from tests.promptcache.pairs.history import ANSWER, ASKED, CALL, LONG, SECOND, talk

STATIC_TEXT = LONG["text"]


def blocks(*texts: str) -> dict[str, Any]:
    """A request with several system blocks, the last one marked."""
    return request(system=[*map(text, texts[:-1]), text(texts[-1], MARK)])


def tool_result(content: Any, **more: Any) -> dict[str, Any]:
    """A conversation that ends with a tool result."""
    return talk(ASKED, CALL, user({**result(1), "content": content, **more}))


def document(**source: str) -> dict[str, Any]:
    return {"type": "document", "source": source}


PDF = {"type": "base64", "media_type": "application/pdf"}
PLAIN = {"type": "text", "media_type": "text/plain"}

CHANGED_BLOCKS = [
    miss(
        "two system blocks changed places",
        blocks(STATIC_TEXT, "Be brief.", "Be kind."),
        blocks("Be brief.", STATIC_TEXT, "Be kind."),
        "other",
        "system[0]",
        changes=("system[0] and system[1] changed places",),
    ),
    miss(
        "two system blocks that differ in a date changed places",
        blocks("It is 2026-11-22.", "It is 2026-11-23.", STATIC_TEXT),
        blocks("It is 2026-11-23.", "It is 2026-11-22.", STATIC_TEXT),
        "other",
        "system[0]",
        changes=("system[0] and system[1] changed places",),
    ),
    miss(
        "the first system block put at the end",
        blocks("Be brief.", STATIC_TEXT, "Be kind."),
        blocks(STATIC_TEXT, "Be kind.", "Be brief."),
        "other",
        "system[0]",
        changes=("system[0] moved to system[2]",),
    ),
    miss(
        "the last system block put in front, and another one edited",
        blocks("Be brief.", STATIC_TEXT, "Be kind."),
        blocks("Be kind.", "Be brief.", STATIC_TEXT + " Do."),
        "other",
        "system[0]",
        changes=("system[2] moved to system[0]", "also changed: system[2]"),
    ),
    miss(
        "a system block removed",
        blocks(STATIC_TEXT, "Be brief.", "Be kind."),
        blocks(STATIC_TEXT, "Be kind."),
        "text_changed",
        "system[1]",
        changes=("system[1] was removed",),
    ),
    miss(
        "two system blocks added",
        blocks(STATIC_TEXT, "Be kind."),
        blocks(STATIC_TEXT, "Be brief.", "Be glad.", "Be kind."),
        "text_changed",
        "system[1]",
        changes=("system[1], system[2] were added",),
    ),
    miss(
        "a system block of nothing but a date added",
        blocks(STATIC_TEXT),
        blocks("Today is 2026-11-23.", STATIC_TEXT),
        "timestamp",
        "system[0]",
        changes=("system[0] was added",),
    ),
    miss(
        "a system block that differs from its neighbour in whitespace removed",
        blocks("Be  brief.", "Be brief.", STATIC_TEXT),
        blocks("Be brief.", STATIC_TEXT),
        "text_changed",
        "system[0]",
        changes=("system[0] was removed",),
    ),
    miss(
        "a block cut in two, and a later one edited",
        blocks(STATIC_TEXT, "Be brief."),
        blocks(STATIC_TEXT[:700], STATIC_TEXT[700:], "Be kind."),
        "block_boundary",
        "system[0]",
        offset=700,
        changes=("the text from system[0] on was in 1 block, and is in 2 now", "also changed: system[2]"),
    ),
    miss(
        "a block cut where the next one begins alike",
        blocks("ab", "b", STATIC_TEXT),
        blocks("a", "b", "b", STATIC_TEXT),
        "block_boundary",
        "system[0]",
        offset=1,
        changes=("the text from system[0] on was in 1 block, and is in 2 now",),
    ),
    miss(
        "the border of two blocks moved",
        blocks(STATIC_TEXT[:700], STATIC_TEXT[700:]),
        blocks(STATIC_TEXT[:500], STATIC_TEXT[500:]),
        "block_boundary",
        "system[0]",
        offset=500,
        changes=("the text from system[0] on is cut in other places",),
    ),
    miss(
        "two blocks joined with a blank line",
        blocks(STATIC_TEXT, "Be brief."),
        blocks(f"{STATIC_TEXT}\n\nBe brief."),
        "text_changed",
        "system[0]",
        changes=("the text from system[0] on was in 2 blocks, and is in 1 now, with other whitespace",),
    ),
    miss(
        "a text behind an image cut in two",
        talk(user(image(), LONG), ANSWER, SECOND),
        talk(user(image(), text(STATIC_TEXT[:9]), text(STATIC_TEXT[9:])), ANSWER, SECOND),
        "block_boundary",
        "messages[0].content[1]",
        offset=9,
        changes=("the text from messages[0].content[1] on was in 1 block, and is in 2 now",),
    ),
    miss(
        "two parts of a tool result joined",
        tool_result([text("Paris, "), text(STATIC_TEXT)]),
        tool_result([text("Paris, " + STATIC_TEXT)]),
        "block_boundary",
        "messages[2].content[0]",
        changes=(),
    ),
    miss(
        "a tool result of one string cut into two parts, in an earlier turn",
        talk(ASKED, CALL, user(result(1, "abcd")), ANSWER, SECOND),
        talk(ASKED, CALL, user({**result(1), "content": [text("ab"), text("cd")]}), ANSWER, SECOND),
        "block_boundary",
        "messages[2].content[0]",
        changes=(),
    ),
    miss(
        "the parts of a document cut elsewhere",
        talk(user({"type": "document", "source": {"type": "content", "content": [text("ab"), text("c")]}}, LONG)),
        talk(user({"type": "document", "source": {"type": "content", "content": [text("a"), text("bc")]}}, LONG)),
        "block_boundary",
        "messages[0].content[0]",
        changes=(),
    ),
    miss(
        "a tool result of one string with other whitespace in one part",
        tool_result("4 C"),
        tool_result([text("4  C")]),
        "whitespace",
        "messages[2].content[0]",
    ),
    miss(
        "line ends in the description of a tool",
        request(tools=[tool("a", MARK, description=STATIC)]),
        request(tools=[tool("a", MARK, description=STATIC.replace("\n", "\r\n"))]),
        "whitespace",
        "tools[0]",
    ),
    miss(
        "two blocks of an earlier message changed places",
        talk(user(LONG, text("One."), text("Two.")), ANSWER, SECOND),
        talk(user(LONG, text("Two."), text("One.")), ANSWER, SECOND),
        "history_edit",
        "messages[0].content[1]",
        changes=("messages[0].content[1] and messages[0].content[2] changed places",),
    ),
    miss(
        "two blocks of the only message changed places",
        talk(user(LONG, text("One."), text("Two."))),
        talk(user(LONG, text("Two."), text("One."))),
        "other",
        "messages[0].content[1]",
        changes=("messages[0].content[1] and messages[0].content[2] changed places",),
    ),
    miss(
        "another image in the only message",
        talk(user(image(), LONG)),
        talk(user(image(300), LONG)),
        "other",
        "messages[0].content[0]",
        changes=("changed in messages[0].content[0]: source",),
    ),
    miss(
        "another image in an earlier message",
        talk(user(image(), LONG), ANSWER, SECOND),
        talk(user(image(300), LONG), ANSWER, SECOND),
        "history_edit",
        "messages[0].content[0]",
        changes=("changed in messages[0].content[0]: source",),
    ),
    miss(
        "another file in a document",
        talk(user(document(**PDF, data="QUJD"), LONG)),
        talk(user(document(**PDF, data="QUJE"), LONG)),
        "other",
        "messages[0].content[0]",
        changes=("changed in messages[0].content[0]: source",),
    ),
    miss(
        "another text in a document",
        talk(user(document(**PLAIN, data="First edition."), LONG)),
        talk(user(document(**PLAIN, data="Second edition."), LONG)),
        "text_changed",
        "messages[0].content[0]",
        changes=(),
    ),
    miss(
        "a date in a document",
        talk(user(document(**PLAIN, data="Printed on 2026-11-22."), LONG)),
        talk(user(document(**PLAIN, data="Printed on 2026-11-23."), LONG)),
        "timestamp",
        "messages[0].content[0]",
    ),
    miss(
        "a document becomes a text",
        talk(user(document(**PLAIN, data="First edition."), LONG)),
        talk(user(text("First edition."), LONG)),
        "other",
        "messages[0].content[0]",
        changes=("the type of messages[0].content[0] changed from document to text",),
    ),
    miss(
        "a document becomes an image",
        talk(user(document(**PDF, data="QUJD"), LONG)),
        talk(user(image(), LONG)),
        "image_added",
        "messages[0].content[0]",
        changes=(),
    ),
    miss(
        "a tool result becomes an error",
        tool_result(STATIC_TEXT),
        tool_result(STATIC_TEXT, is_error=True),
        "other",
        "messages[2].content[0]",
        changes=("changed in messages[2].content[0]: is_error",),
    ),
    miss(
        "an earlier tool result becomes an error",
        talk(ASKED, CALL, user(result(1)), ANSWER, SECOND),
        talk(ASKED, CALL, user({**result(1), "is_error": True}), ANSWER, SECOND),
        "history_edit",
        "messages[2].content[0]",
        changes=("changed in messages[2].content[0]: is_error",),
    ),
    miss(
        "an earlier text loses its citations",
        talk(ASKED, assistant({**text("Paris."), "citations": [{"cited_text": "Paris"}]}), SECOND),
        talk(ASKED, assistant(text("Paris.")), SECOND),
        "history_edit",
        "messages[1].content[0]",
        changes=("changed in messages[1].content[0]: citations",),
    ),
    miss(
        "keys of a tool call in another order, and another id",
        talk(ASKED, assistant(use(1)), user(result(1))),
        talk(ASKED, assistant(use(2, unit="C", city="Oslo")), user(result(2))),
        "key_order",
        "messages[1].content[0]",
        offset=len('{"type":"tool_use","id":"toolu_2","name":"a","input":{"'),
    ),
    miss(
        "another argument of a tool call, and another id",
        talk(ASKED, assistant(use(1)), user(result(1)), ANSWER),
        talk(ASKED, assistant(use(2, city="Rome", unit="C")), user(result(2)), ANSWER),
        "history_edit",
        "messages[1].content[0]",
        offset=len('{"type":"tool_use","id":"toolu_2","name":"a","input":{"city":"'),
    ),
]
