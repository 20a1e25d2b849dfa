"""Roles and borders of messages, and blocks that came or went before one that changed."""

from tests.promptcache.pairs.build import (
    MARK,
    STATIC,
    TOOLS,
    assistant,
    chat,
    miss,
    partial,
    request,
    system,
    text,
    tool,
    use,
    user,
)
from tests.promptcache.pairs.build import result as result_of
from tests.promptcache.pairs.history import LONG, talk

NEXT, MORE = user(text("d")), user(text("e"))
G, H = assistant(text("g")), assistant(text("h"))
FIRST = user(LONG)
BEFORE, AFTER = [text("Today is 2026-11-22.")], [text("Today is 2026-11-23.")]


SHIFTED = [
    miss(
        "a block removed before one with a date",
        request(system=[text(STATIC), text("abc"), text("Today is 2026-11-22.", MARK)]),
        request(system=[text(STATIC), text("Today is 2026-11-23.", MARK)]),
        "text_changed",
        "system[1]",
        changes=("system[1] was removed", "a date or time changed in what was system[2]"),
    ),
    miss(
        "a block added before one with a date",
        request(system=[text(STATIC), text("Today is 2026-11-22.", MARK)]),
        request(system=[text(STATIC), text("abc"), text("Today is 2026-11-23.", MARK)]),
        "text_changed",
        "system[1]",
        changes=("system[1] was added", "a date or time changed in what was system[1]"),
    ),
    miss(
        "a block dropped before one with a date, in an earlier message",
        talk(user(LONG, text("abc"), *BEFORE), G, NEXT),
        talk(user(LONG, *AFTER), G, NEXT),
        "history_drop",
        "messages[0].content[1]",
        changes=("1 block was dropped from messages[0]", "a date or time changed in what was messages[0].content[2]"),
    ),
]

MOVED = [
    miss(
        "the end of a message that differs in every call",
        talk(FIRST, G, user(text("q"), text("Time: 10:00"))),
        talk(FIRST, G, user(text("q")), H, user(text("r"), text("Time: 10:05"))),
        "history_drop",
        "messages[3].content[0]",
        changes=("1 block was dropped from messages[2]",),
    ),
    miss(
        "the last block of a message put into the answer",
        talk(user(LONG, text("b")), G, NEXT),
        talk(FIRST, assistant(text("b"), text("g")), NEXT),
        "history_edit",
        "messages[1].content[0]",
        changes=("messages[0].content[1] moved to messages[1].content[0]",),
    ),
    miss(
        "question, answer and question in one message",
        talk(FIRST, G, NEXT),
        talk(user(LONG, text("g"), text("d"))),
        "history_edit",
        "messages[0].content[1]",
        changes=("messages[0] to messages[2] are one message now",),
    ),
    miss(
        "two calls in one answer instead of two",
        talk(FIRST, assistant(use(1)), user(result_of(1)), assistant(use(2, city="Rome")), user(result_of(2, "5 C"))),
        talk(FIRST, assistant(use(1), use(2, city="Rome")), user(result_of(1), result_of(2, "5 C"))),
        "history_edit",
        "messages[1].content[1]",
        changes=("messages[3].content[0] moved to messages[1].content[1]",),
    ),
    partial(
        "messages in another order, and two of them dropped",
        system(messages=chat(9)),
        system(messages=[chat(9)[number] for number in (4, 3, 2, 5, 6, 7, 8)]),
        "history_edit",
        "messages[0].content[0]",
        changes=(
            "2 messages were dropped",
            "also changed: messages[1].content[0] (removed), messages[3].content[0] (moved),"
            " messages[4].content[0] (removed)",
        ),
    ),
]

ALSO = [
    miss(
        "a date, and the role of a message",
        talk(FIRST, G, NEXT, H, MORE, system=BEFORE),
        talk(FIRST, G, assistant(text("d")), H, MORE, system=AFTER),
        "timestamp",
        "system[0]",
        changes=("also changed: messages[2] (role)",),
    ),
    miss(
        "a tool added, and the role of a message",
        talk(FIRST, G, NEXT, H, MORE),
        {**talk(FIRST, G, assistant(text("d")), H, MORE), "tools": [tool("z"), *TOOLS]},
        "tool_added",
        "tools[0]",
        changes=("also changed: messages[2] (role)",),
    ),
    miss(
        "a message dropped, and the role of another one",
        talk(FIRST, G, NEXT, H, MORE),
        talk(FIRST, NEXT, user(text("h")), MORE),
        "history_drop",
        "messages[1].content[0]",
        changes=(
            "1 message was dropped after messages[0]",
            "also changed: messages[2] (was messages[3], of another role)",
        ),
    ),
    miss(
        "a message edited, and the role of another one",
        talk(FIRST, G, NEXT, H, MORE),
        talk(FIRST, assistant(text("i")), assistant(text("d")), H, MORE),
        "history_edit",
        "messages[1].content[0]",
        changes=("also changed: messages[2] (role)",),
    ),
    miss(
        "a date, and two messages joined",
        talk(FIRST, NEXT, G, MORE, system=BEFORE),
        talk(user(LONG, text("d")), G, MORE, system=AFTER),
        "timestamp",
        "system[0]",
        changes=("also changed: messages[0].content[1] (joined to the message before)",),
    ),
    miss(
        "a date, and a message cut in two",
        talk(user(LONG, text("d")), G, MORE, system=BEFORE),
        talk(FIRST, NEXT, G, MORE, system=AFTER),
        "timestamp",
        "system[0]",
        changes=("also changed: messages[1].content[0] (begins a message now)",),
    ),
    miss(
        "a message dropped, and another one cut in two",
        talk(FIRST, G, NEXT, assistant(text("h"), text("i")), MORE),
        talk(FIRST, NEXT, H, assistant(text("i")), MORE),
        "history_drop",
        "messages[1].content[0]",
        changes=(
            "1 message was dropped after messages[0]",
            "also changed: messages[3].content[0] (begins a message now)",
        ),
    ),
]

CHANGED_FRAMES = [*SHIFTED, *MOVED, *ALSO]
