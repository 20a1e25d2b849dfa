"""Conversations of which messages were dropped, replaced, added, moved or cut in other places."""

from copy import deepcopy
from typing import Any

from tests.promptcache.pairs.build import (
    MARK,
    STATIC,
    THINKING,
    TOOLS,
    assistant,
    chat,
    hit,
    image,
    miss,
    partial,
    request,
    result,
    system,
    text,
    thought,
    use,
    user,
)

LONG = text(STATIC.strip())
ASKED, SECOND, THIRD = user(LONG, text("Which city?")), user(text("And Rome?")), user(text("And Oslo?"))
ANSWER, OTHER_ANSWER, LAST = assistant(text("Paris.")), assistant(text("Sunny.")), assistant(text("Cold."))
CALL, RESULT = assistant(use(1)), user(result(1, STATIC.strip()))


def talk(*messages: dict[str, Any], **parts: Any) -> dict[str, Any]:
    """A conversation with tools, of which the last block is marked."""
    copies = deepcopy(list(messages))
    copies[-1]["content"][-1]["cache_control"] = MARK
    return request(tools=TOOLS, messages=copies, **parts)


def slide(kept: int, dropped: int, appended: int = 0, turns: int = 9) -> list[dict[str, Any]]:
    """The messages of `chat` without some after the first ones, and with new ones."""
    whole = chat(turns + appended, mark=None)
    messages = [*whole[:kept], *whole[kept + dropped :]]
    messages[-1]["content"][-1]["cache_control"] = MARK
    return messages


WHOLE = talk(ASKED, ANSWER, SECOND, OTHER_ANSWER, THIRD)

DROPPED = [
    partial(
        f"window: {kept} kept, {dropped} dropped, {appended} appended",
        system(messages=chat(9)),
        system(messages=slide(kept, dropped, appended)),
        "history_drop",
        f"messages[{kept}].content[0]",
        changes=(note,),
    )
    for kept, dropped, appended, note in (
        (0, 1, 0, "1 message was dropped at the start"),
        (0, 1, 1, "1 message was dropped at the start"),
        (0, 2, 2, "2 messages were dropped at the start"),
        (0, 8, 4, "8 messages were dropped at the start"),
        (1, 1, 0, "1 message was dropped after messages[0]"),
        (1, 2, 2, "2 messages were dropped after messages[0]"),
        (1, 7, 0, "7 messages were dropped after messages[0]"),
        (2, 3, 1, "3 messages were dropped after messages[1]"),
        (4, 2, 0, "2 messages were dropped after messages[3]"),
        (7, 1, 6, "1 message was dropped after messages[6]"),
        (8, 1, 0, "1 message was dropped after messages[7]"),
        (3, 6, 0, "6 messages were dropped after messages[2]"),
    )
]

CHANGED_HISTORY = [
    *DROPPED,
    partial(
        "rolled back, and asked something else",
        system(messages=chat(9)),
        system(messages=[*chat(4, mark=None)[:3], assistant(text("Something else.", MARK))]),
        "history_drop",
        "messages[3].content[0]",
        changes=("6 messages were dropped after messages[2], and 1 is in their place",),
    ),
    miss(
        "a summary in place of messages",
        WHOLE,
        talk(ASKED, assistant(text("So far: Paris is sunny.")), THIRD),
        "history_drop",
        "messages[1].content[0]",
        changes=("3 messages were dropped after messages[0], and 1 is in their place",),
    ),
    miss(
        "a summary in front of the last messages",
        WHOLE,
        talk(user(text("So far: Paris is sunny."), LONG), THIRD, LAST),
        "history_drop",
        "messages[0].content[0]",
        changes=("4 messages were dropped at the start, and 1 is in their place",),
    ),
    miss(
        "a call and its result dropped",
        talk(ASKED, CALL, RESULT, ANSWER, SECOND),
        talk(ASKED, ANSWER, SECOND),
        "history_drop",
        "messages[1].content[0]",
        changes=("2 messages were dropped after messages[0]",),
    ),
    miss(
        "turns that all begin alike",
        talk(user(LONG, text("One?")), ANSWER, user(LONG, text("Two?")), OTHER_ANSWER, user(LONG, text("Three?"))),
        talk(user(LONG, text("Two?")), OTHER_ANSWER, user(LONG, text("Three?")), LAST, user(text("Four?"))),
        "history_drop",
        "messages[0].content[1]",
        changes=("2 messages were dropped at the start",),
    ),
    miss(
        "turns that begin with a time",
        talk(user(text("[09:15:01] One?"), LONG), ANSWER, user(text("[09:16:01] One?"), LONG), OTHER_ANSWER),
        talk(user(text("[09:16:01] One?"), LONG), OTHER_ANSWER, SECOND),
        "history_drop",
        "messages[0].content[0]",
        offset=5,
        changes=("2 messages were dropped at the start",),
    ),
    miss(
        "an answer dropped, and the questions around it joined",
        WHOLE,
        talk(user(LONG, text("Which city?"), text("And Rome?")), OTHER_ANSWER, THIRD),
        "history_drop",
        "messages[0].content[2]",
        changes=("1 message was dropped after messages[0]",),
    ),
    miss(
        "the beginning of an answer removed",
        talk(ASKED, assistant(text("{"))),
        talk(ASKED),
        "history_drop",
        "messages[1].content[0]",
        changes=("1 message was dropped after messages[0]",),
    ),
    miss(
        "a message that is said again later is dropped",
        talk(ASKED, user(text("Go on.")), ANSWER, OTHER_ANSWER),
        talk(ASKED, ANSWER, OTHER_ANSWER, user(text("Go on.")), LAST),
        "history_drop",
        "messages[1].content[0]",
        changes=("1 message was dropped after messages[0]",),
    ),
    miss(
        "the first of two blocks dropped",
        talk(user(text("Context."), LONG), ANSWER, SECOND),
        talk(user(LONG), ANSWER, SECOND),
        "history_drop",
        "messages[0].content[0]",
        changes=("1 block was dropped from messages[0]",),
    ),
    miss(
        "the last two blocks of a message dropped, and all after it",
        talk(user(LONG, text("One."), text("Two.")), ANSWER),
        talk(user(LONG)),
        "history_drop",
        "messages[0].content[1]",
        changes=("1 message and 2 blocks were dropped after messages[0].content[0]",),
    ),
    miss(
        "thinking dropped by the client",
        talk(ASKED, assistant(thought(), use(1)), RESULT, thinking=THINKING),
        talk(ASKED, assistant(use(1)), RESULT, thinking=THINKING),
        "history_drop",
        "messages[1].content[0]",
        changes=("1 block was dropped from messages[1]",),
    ),
    miss(
        "messages with thinking dropped",
        talk(ASKED, assistant(thought(), use(1)), RESULT, ANSWER, SECOND, thinking=THINKING),
        talk(ASKED, ANSWER, SECOND, thinking=THINKING),
        "history_drop",
        "messages[1].content[0]",
        changes=("2 messages were dropped after messages[0]",),
    ),
    miss(
        "a message dropped, and a later one edited",
        WHOLE,
        talk(ASKED, SECOND, assistant(text("Rainy.")), THIRD),
        "history_drop",
        "messages[1].content[0]",
        changes=("1 message was dropped after messages[0]", "also changed: messages[2].content[0]"),
    ),
    miss(
        "all messages replaced",
        WHOLE,
        talk(user(text("Hello."), text(STATIC)), LAST),
        "history_edit",
        "messages[0].content[0]",
    ),
    miss(
        "a message put in between",
        talk(ASKED, ANSWER, SECOND),
        talk(ASKED, user(text("A note.")), ANSWER, SECOND, LAST),
        "history_edit",
        "messages[1].content[0]",
        changes=("1 message was added after messages[0]",),
    ),
    miss(
        "a block put into an earlier message",
        talk(user(LONG), ANSWER, SECOND),
        talk(user(text("Context."), LONG), ANSWER, SECOND),
        "history_edit",
        "messages[0].content[0]",
        changes=("1 block was added to messages[0]",),
    ),
    miss(
        "a block put into the only message",
        talk(user(LONG)),
        talk(user(text("Context."), LONG)),
        "text_changed",
        "messages[0].content[0]",
        changes=("1 block was added to messages[0]",),
    ),
    miss(
        "a further image in the only message",
        talk(user(image(), LONG)),
        talk(user(image(), image(300), LONG)),
        "other",
        "messages[0].content[1]",
        changes=("1 block was added to messages[0]",),
    ),
    miss(
        "two messages changed places",
        WHOLE,
        talk(SECOND, ANSWER, ASKED, OTHER_ANSWER, THIRD),
        "history_edit",
        "messages[0].content[0]",
        changes=("messages[0] and messages[2] changed places",),
    ),
    miss(
        "two neighbours changed places, and the conversation went on",
        WHOLE,
        talk(ASKED, SECOND, ANSWER, OTHER_ANSWER, THIRD, LAST, SECOND),
        "history_edit",
        "messages[1].content[0]",
        changes=("messages[1] and messages[2] changed places",),
    ),
    miss(
        "the first message put at the end",
        talk(ASKED, ANSWER, SECOND),
        talk(ANSWER, SECOND, ASKED),
        "history_edit",
        "messages[0].content[0]",
        changes=("messages[0] moved to messages[2]",),
    ),
    miss(
        "a block moved to a later message",
        talk(user(LONG, text("Context.")), ANSWER, SECOND),
        talk(user(LONG), ANSWER, user(text("Context."), text("And Rome?"))),
        "history_edit",
        "messages[1].content[0]",
        changes=("messages[0].content[1] moved to messages[2].content[0]",),
    ),
    miss(
        "two messages joined into one",
        talk(user(LONG), SECOND, ANSWER, THIRD),
        talk(user(LONG, *SECOND["content"]), ANSWER, THIRD),
        "block_boundary",
        "messages[0].content[1]",
        changes=("messages[0] and messages[1] are one message now",),
    ),
    miss(
        "one message cut in two",
        talk(user(LONG, *SECOND["content"]), ANSWER, THIRD),
        talk(user(LONG), SECOND, ANSWER, THIRD),
        "block_boundary",
        "messages[1].content[0]",
        changes=("messages[0] is cut in two messages now",),
    ),
    miss(
        "the texts of two messages joined into one",
        talk(user(LONG), SECOND, ANSWER, THIRD),
        talk(user(text(f"{LONG['text']}And Rome?")), ANSWER, THIRD),
        "block_boundary",
        "messages[0].content[0]",
        offset=len(LONG["text"]),
        changes=("the text from messages[0].content[0] on was in 2 messages, and is in 1 now",),
    ),
    miss(
        "the texts of two messages joined with a blank line",
        talk(user(LONG), SECOND, ANSWER, THIRD),
        talk(user(text(f"{LONG['text']}\n\nAnd Rome?")), ANSWER, THIRD),
        "history_edit",
        "messages[0].content[0]",
        changes=("the text from messages[0].content[0] on was in 2 messages, and is in 1 now, with other whitespace",),
    ),
    miss(
        "another role",
        talk(ASKED, ANSWER, SECOND),
        talk(ASKED, user(*ANSWER["content"]), SECOND),
        "history_edit",
        "messages[1].content[0]",
        changes=("the role of messages[1] changed from assistant to user",),
    ),
    miss(
        "another role of the only message",
        talk(user(LONG)),
        talk(assistant(LONG)),
        "other",
        "messages[0].content[0]",
        changes=("the role of messages[0] changed from user to assistant",),
    ),
    miss(
        "two answers edited",
        WHOLE,
        talk(ASKED, assistant(text("Rome.")), SECOND, assistant(text("Rainy.")), THIRD),
        "history_edit",
        "messages[1].content[0]",
        changes=("also changed: messages[3].content[0]",),
    ),
    miss(
        "a tool result cleared",
        talk(ASKED, CALL, RESULT, ANSWER, SECOND),
        talk(ASKED, CALL, user(result(1, "[cleared]")), ANSWER, SECOND),
        "history_edit",
        "messages[2].content[0]",
        changes=(),
    ),
    hit(
        "ids of calls differ, and the conversation goes on",
        talk(ASKED, CALL, RESULT),
        talk(ASKED, assistant(use(9)), user(result(9, STATIC.strip())), ANSWER),
    ),
]
