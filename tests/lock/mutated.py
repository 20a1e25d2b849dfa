"""Lock files that were changed by hand, by a merge or by accident, and what a bust gets past them."""

import re
from collections.abc import Callable
from dataclasses import replace
from random import Random

from harness.errors import HarnessError
from harness.lock.format2 import format_lock
from harness.lock.lockfile import parse_lock
from tests.lock.examples import PROMPT, rich_request
from tests.lock.keeping import accept, make_case

Change = Callable[[list[str], Random], object]

_WORD = re.compile(r'"[^"]*"|\d+')


def _edit_line(lines: list[str], random: Random, edit: Callable[[str], str]) -> None:
    number = random.randrange(len(lines))
    lines[number] = edit(lines[number])


def _edit_word(line: str, random: Random) -> str:
    words = list(_WORD.finditer(line))
    if not words:
        return f"{line}x"
    word = random.choice(words)
    new = random.choice(
        ['""', '"x"', '"v2"', '"system[0]"', "0", "-1", "7", "1e9", "null", "true", "[]", "{}", '"5m"', '"1h"']
    )
    return line[: word.start()] + new + line[word.end() :]


def _edit_letter(line: str, random: Random) -> str:
    place = random.randrange(len(line) + 1)
    return line[:place] + random.choice('0af{}[]",: \u00e9') + line[place + random.randrange(2) :]


CHANGES: tuple[Change, ...] = (
    lambda lines, random: lines.pop(random.randrange(len(lines))),
    lambda lines, random: lines.insert(random.randrange(len(lines)), random.choice(lines)),
    lambda lines, random: random.shuffle(lines),
    lambda lines, random: lines.__delitem__(slice(random.randrange(len(lines)), None)),
    lambda lines, random: lines.insert(
        random.randrange(len(lines)), random.choice(["<<<<<<< ours", "=======", "{", "[]"])
    ),
    lambda lines, random: _edit_line(lines, random, lambda line: line[: random.randrange(len(line) + 1)]),
    lambda lines, random: _edit_line(lines, random, lambda line: _edit_word(line, random)),
    lambda lines, random: _edit_line(lines, random, lambda line: _edit_letter(line, random)),
    lambda lines, random: _edit_line(lines, random, lambda line: line.replace("refund", "parcel").replace("v1", "v2")),
    lambda lines, random: _edit_line(lines, random, lambda line: line.replace("v1", "v0")),
)


def _bust() -> dict[str, object]:
    request = rich_request()
    request["system"][0]["text"] = f"{PROMPT} "
    return request


CASES = (
    make_case(rich_request()),
    make_case(rich_request(), case="parcel"),
    make_case(rich_request(), version="", case="test_ask"),
)
BUSTED = (
    make_case(_bust()),
    make_case(_bust(), case="parcel"),
    make_case(_bust(), version="", case="test_ask"),
)
GATE = accept(*CASES)
TEXT = format_lock(GATE.lock)


def outcome_of(seed: int) -> str:
    """What becomes of three busts behind a changed lock file: ``refused``, ``told``, or ``silent``."""
    random = Random(seed)
    lines = TEXT.splitlines()
    for _ in range(random.choice((1, 1, 1, 2, 5))):
        random.choice(CHANGES)(lines, random)
        lines = lines or [""]
    try:
        lock = parse_lock("\n".join(lines) + "\n", "prompts.lock")
    except HarnessError as error:
        return "refused" if str(error).startswith("prompts.lock") else "silent"
    gate = replace(GATE, lock=lock)
    for case in BUSTED:
        # An entry that is gone is told by the run, which compares the file with git's HEAD, and by what is unused.
        if case.key in lock.entries and not any(finding.level == "error" for finding in gate.compare(case)):
            return "silent"
    return "told"
