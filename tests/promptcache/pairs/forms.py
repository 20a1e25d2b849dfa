"""Numbers written otherwise, what only may be a time, and characters that nobody sees."""

from typing import Any

from harness.numbers import parse_json
from tests.promptcache.pairs.build import STATIC, assistant, miss, result, system, text, user
from tests.promptcache.pairs.history import LONG, talk

FIRST, NEXT, H = user(LONG), user(text("e")), assistant(text("h"))
MAY_BE_TIME = "what changed may be a date or time"


def called(arguments: str) -> dict[str, Any]:
    call = {"type": "tool_use", "id": "toolu_1", "name": "a", "input": parse_json(arguments)}
    return talk(FIRST, assistant(call), user(result(1)), H, NEXT)


NUMBERS = [
    miss(f"{old} sent as {new}", called(old), called(new), "history_edit", "messages[1].content[0]", changes=changes)
    for old, new, changes in (
        ('{"n":1}', '{"n":1.0}', ("a number is written otherwise: 1 → 1.0",)),
        ('{"n":-0}', '{"n":0}', ("a number is written otherwise: -0 → 0",)),
        ('{"n":1.10}', '{"n":1.1}', ("a number is written otherwise: 1.10 → 1.1",)),
        ('{"n":[1,2]}', '{"n":[1.0,2.0]}', ("a number is written otherwise: 1 → 1.0",)),
        ('{"a":1,"b":2}', '{"b":2,"a":1.0}', ("a number is written otherwise: 1 → 1.0",)),
        ('{"n":1e400}', '{"n":1e401}', ()),
        ('{"n":true}', '{"n":1}', ()),
    )
]

NEAR_TIMES = [
    miss(f"{old!r} becomes {new!r}", system(f"{old} {STATIC}"), system(f"{new} {STATIC}"), "text_changed", "system[0]",
         changes=(MAY_BE_TIME,))
    for old, new in (
        ("The ratio is 4:30.", "The ratio is 4:35."),
        ("John 3:16", "John 3:17"),
        ("It costs 12.11.26", "It costs 12.12.26"),
        ("order 1772618400", "order 1772618401"),
        ("you May 12 times", "you May 13 times"),
    )
]  # fmt: skip

INVISIBLE = [
    miss(f"with {note}", system(f"ab c {STATIC}"), system(f"{value} {STATIC}"), cause, "system[0]", changes=(note,))
    for value, cause, note in (
        ("a\u200bb c", "unicode", "remove the invisible character U+200B (ZERO WIDTH SPACE)"),
        ("\ufeffab c", "unicode", "remove the invisible character U+FEFF (ZERO WIDTH NO-BREAK SPACE)"),
        ("a\u00adb c", "unicode", "remove the invisible character U+00AD (SOFT HYPHEN)"),
        (
            "a\u200b\u2060b c",
            "unicode",
            "remove the invisible characters U+200B (ZERO WIDTH SPACE), U+2060 (WORD JOINER)",
        ),
        ("ab\u00a0c", "whitespace", "write a plain space for U+00A0 (NO-BREAK SPACE)"),
        ("ab\u202fc", "whitespace", "write a plain space for U+202F (NARROW NO-BREAK SPACE)"),
    )
]

CHANGED_FORMS = [*NUMBERS, *NEAR_TIMES, *INVISIBLE]
