"""The lock file on disk: written, read, and refused with a message."""

import json
import re
import subprocess
import sys
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from harness.errors import LockError
from harness.lock.entries import Lock
from harness.lock.format2 import check_sum, format_lock
from harness.lock.lockfile import parse_lock, read_lock, write_lock
from tests.lock.locks import ENTRY, LOCK, LOCKS, make_entry, make_lock

RESTORE = "restore the file from version control, or accept today's prompts: pytest --harness-update-lock"
MERGE = "keep the lines of one side, or restore the file; then accept what changed: pytest --harness-update-lock"
UPDATE = "pip install --upgrade prompt-cache-harness"

ROOT = Path(__file__).parents[2]

A, B = make_entry("a"), make_entry("b", case="parcel")


# --- round trips -----------------------------------------------------------------------------------------


@given(LOCKS)
def test_what_is_written_is_read_again(lock: Lock) -> None:
    assert parse_lock(format_lock(lock), "prompts.lock") == lock


@given(LOCKS)
def test_order_of_the_entries_does_not_show(lock: Lock) -> None:
    other = Lock(entries=dict(reversed(lock.entries.items())))

    assert format_lock(other) == format_lock(lock)


@given(LOCKS, st.randoms(use_true_random=False))
def test_order_of_the_lines_does_not_matter(lock: Lock, random: Random) -> None:
    head, *lines, end = format_lock(lock).splitlines(keepends=True)
    random.shuffle(lines)

    assert parse_lock("".join([head, *lines, *lines, end]), "prompts.lock") == lock


def test_file_can_be_read_by_people_and_by_diff() -> None:
    assert format_lock(LOCK) == FILE


FILE = f"""\
{{"format": 2}}

{{"suite": "support/support", "version": "v1", "model": "claude-sonnet-5-5", \
"parameters": {{"tool_choice": {{"type": "any"}}}}}}
{{"suite": "support/support", "version": "v1", "prefix": "1bf530511661208e"}}
{{"suite": "support/support", "version": "v1", "block": "system[0]", "form": "text", "tokens": 2400, \
"sha256": "{"cd" * 32}", "ttl": "5m", "fingerprint": "{"ab" * 32}"}}

{{"suite": "support/support", "version": "v1", "case": "refund", "tail_tokens": [4]}}

{{"suite": "tests/test_app", "case": "test_ask", "tail_tokens": [], "reason": "typo in rule 3 – ça va"}}

{{"end": true}}
"""


def test_lines_of_a_version_with_several_prefixes_say_which_is_theirs() -> None:
    names = [check_sum(entry.calls[0]) for entry in (A, B)]

    found = [json.loads(line) for line in format_lock(make_lock(A, B)).splitlines() if '"suite"' in line]

    assert [line.get("prefix") for line in found] == [*sorted([*names, *names, *names]), None, None]
    assert [(line["case"], line["prefixes"]) for line in found[6:]] == [("parcel", names[1:]), ("refund", names[:1])]


def test_line_of_a_case_does_not_change_with_its_prompt() -> None:
    before, after = (
        format_lock(make_lock(*(make_entry(text, case=case) for case in ("parcel", "refund", "return"))))
        for text in "ab"
    )

    pairs = list(zip(before.splitlines(), after.splitlines(), strict=True))
    changed = [set(json.loads(new)) & {"prefix", "block", "case"} for old, new in pairs if old != new]
    assert changed == [{"prefix"}, {"block"}]


def test_half_a_character_and_what_hides_others_are_written_escaped(tmp_path: Path) -> None:
    lock = make_lock(replace(ENTRY, case="\ud83d\u202e\u2028\x85"))

    write_lock(tmp_path / "prompts.lock", lock)

    assert (tmp_path / "prompts.lock").read_text(encoding="utf-8").replace("\n", "").isprintable()
    assert read_lock(tmp_path / "prompts.lock") == lock


def test_new_file_is_written_and_its_folders_are_made(tmp_path: Path) -> None:
    path = tmp_path / "locks" / "prompts.lock"

    assert read_lock(path) is None
    assert write_lock(path, LOCK)
    assert read_lock(path) == LOCK


def sort_keys(text: str) -> str:
    lines = [line and json.dumps(json.loads(line), sort_keys=True) for line in text.splitlines()]
    return "\n".join(lines)


@pytest.mark.parametrize(
    "layout",
    [
        pytest.param(lambda text: text.replace("\n", "\r\n"), id="line ends of Windows"),
        pytest.param(lambda text: text.replace("\n\n", "\n"), id="without empty lines"),
        pytest.param(lambda text: text.replace(": ", ":").replace(", ", ","), id="without spaces"),
        pytest.param(sort_keys, id="sorted keys"),
        pytest.param(lambda text: text.rstrip(), id="no end of the last line"),
    ],
)
def test_other_layout_is_no_change(layout: Callable[[str], str], tmp_path: Path) -> None:
    lock = make_lock(ENTRY, A, B)
    path = tmp_path / "prompts.lock"
    path.write_bytes(layout(format_lock(lock)).encode())
    before = path.read_bytes()

    assert read_lock(path) == lock
    assert not write_lock(path, lock)
    assert path.read_bytes() == before


@pytest.mark.parametrize("content", [b"", b"not json", b"\xff", FILE.replace("cd", "ce", 1).encode()])
def test_file_that_cannot_be_read_is_written_again(content: bytes, tmp_path: Path) -> None:
    path = tmp_path / "prompts.lock"
    path.write_bytes(content)

    assert write_lock(path, LOCK)
    assert path.read_text(encoding="utf-8") == FILE


def test_reading_a_lock_file_loads_nothing_but_the_standard_library() -> None:
    code = "import sys; import harness.lock.lockfile; print(*sorted({name.split('.')[0] for name in sys.modules}))"
    done = subprocess.run([sys.executable, "-S", "-c", code], capture_output=True, text=True, check=True, cwd=ROOT)

    assert set(done.stdout.split()) - sys.stdlib_module_names - {"__main__"} == {"harness"}


# --- refused files ---------------------------------------------------------------------------------------


def changed(old: str, new: str) -> str:
    assert old in FILE
    return FILE.replace(old, new)


LINES = FILE.splitlines(keepends=True)
TWO = format_lock(make_lock(A, B))
PREFIX_CHANGED = "other lines of this prefix were changed or lost"

REFUSED = {
    "truncated": ("".join(LINES)[:-40], ":9: not a line of a lock file: Unterminated string starting at", RESTORE),
    "cut off after a line": ("".join(LINES[:7]), ":7: the file ends here, but its last line is missing", RESTORE),
    "something after the end": (
        f"{FILE}{LINES[6]}",
        ":11: more lines follow this line, which must be the last one",
        RESTORE,
    ),
    "empty": ("", ":1: not a lock file: Expecting value", RESTORE),
    "first line lost": ("".join(LINES[2:]), ":1: the first line is not {\"format\": 2}", RESTORE),
    "conflict": (changed(LINES[6], f"<<<<<<< HEAD\n{LINES[6]}"), ":7: an unresolved merge conflict", MERGE),
    "middle of a conflict": (changed(LINES[6], "=======\n"), ":7: an unresolved merge conflict", MERGE),
    "base of a conflict": (
        changed(LINES[6], "||||||| 1f3b9bd\r\n"),
        ":7: an unresolved merge conflict",
        MERGE,
    ),
    "end of a conflict": (FILE + ">>>>>>> theirs", ":12: an unresolved merge conflict", MERGE),
    "no object": (changed(LINES[6], "[]\n"), ":7: [] is not an object", RESTORE),
    "later format": (
        changed('"format": 2', '"format": 3, "x": []'),
        ":1: the format is 3, but this version of the harness reads formats up to 2",
        UPDATE,
    ),
    "format as a word": (changed('"format": 2', '"format": "2"'), ":1: the first line is not {\"format\": 2}", RESTORE),
    "format again": (
        changed(LINES[6], '{"format": 1}\n'),
        ":7: 'prefix' is missing",
        RESTORE,
    ),
    "unknown key": (changed('"case"', '"casa": 1, "case"'), ":7: 'casa' is not a key of a lock file", RESTORE),
    "key twice": (changed('"refund"', '"refund", "case": "refund"'), ":7: a key appears twice in the line", RESTORE),
    "key missing": (changed(', "form": "text"', ""), ":5: 'form' is missing", RESTORE),
    "breakpoint without a fingerprint": (
        changed(f', "fingerprint": "{"ab" * 32}"', ""),
        ":5: 'fingerprint' is missing",
        RESTORE,
    ),
    "short digest": (
        changed("cdcd", "cd", ).replace("cd" * 16, "cd"),
        ":5: sha256 is 'cd', expected 64 hex digits",
        RESTORE,
    ),
    "digest in capitals": (
        changed("cd" * 32, "CD" * 32),
        f":5: sha256 is '{'CD' * 32}', expected 64 hex digits",
        RESTORE,
    ),
    "unknown ttl": (changed('"5m"', '"6m"'), ":5: ttl is '6m', expected 5m or 1h", RESTORE),
    "unknown form": (changed('"text"', '"test"'), ":5: form is 'test', expected text or json", RESTORE),
    "path of no block": (
        changed("system[0]", "system[00]"),
        ":5: block is 'system[00]', expected the path of a block, such as system[0]",
        RESTORE,
    ),
    "negative tokens": (changed("2400", "-2400"), ":5: tokens is -2400, expected a whole number of 0 or more", RESTORE),
    "tokens with a fraction": (
        changed("[4]", "[4.0]"),
        ":7: tail_tokens is 4.0, expected a whole number of 0 or more",
        RESTORE,
    ),
    "tokens true": (changed("[4]", "[true]"), ":7: tail_tokens is True, expected a whole number of 0 or more", RESTORE),
    "tokens of no list": (changed("[4]", "4"), ":7: tail_tokens is 4, expected a list", RESTORE),
    "tokens without end": (
        changed("[4]", f"[{'9' * 5000}]"),
        ":7: a number has 5,000 digits, expected at most 4,300",
        RESTORE,
    ),
    "nested without end": (changed("[4]", "[" * 200_000), ":7: not a line of a lock file: nested too deeply", RESTORE),
    "reason that is no text": (changed('"typo in rule 3 – ça va"', "7"), ":9: reason is 7, expected text", RESTORE),
    "parameters that are none": (
        changed('{"tool_choice": {"type": "any"}}', "[]"),
        ":3: parameters is [], expected an object",
        RESTORE,
    ),
    "another model": (changed("sonnet", "opus"), f":4: {PREFIX_CHANGED}", MERGE),
    "another digest": (changed("cd" * 32, "ce" * 32), f":4: {PREFIX_CHANGED}", MERGE),
    "other tokens": (changed("2400", "2401"), f":4: {PREFIX_CHANGED}", MERGE),
    "block lost": (changed(LINES[4], ""), f":4: {PREFIX_CHANGED}", MERGE),
    "breakpoint that the API places": (
        changed('"ttl"', '"automatic": true, "ttl"'),
        f":4: {PREFIX_CHANGED}",
        MERGE,
    ),
    "prefix lost": (changed(LINES[3], ""), ":3: no line defines its prefix", MERGE),
    "case lost": (changed(LINES[6], ""), ":4: no case uses this prefix", MERGE),
    "case of two minds": (
        changed(LINES[6], LINES[6] + LINES[6].replace("[4]", "[5]")),
        ":8: line 7 has other values for the same case",
        MERGE,
    ),
    "two prefixes, and a case that does not say which": (
        re.sub(', "prefixes": [^,]*(?=, "tail_tokens": .6)', "", TWO),
        ":11: its version has several prefixes, on lines 4 and 8, and it names none of them",
        MERGE,
    ),
    "prefix that is not there": (
        re.sub('"prefixes": [^,]*(?=, "tail_tokens": .6)', '"prefixes": ["ab"]', TWO, count=1),
        ":11: no line defines its prefix 'ab'",
        MERGE,
    ),
}  # fmt: skip


@pytest.mark.parametrize("name", REFUSED)
def test_what_is_not_a_lock_file_is_refused_in_words(name: str) -> None:
    text, message, hint = REFUSED[name]

    with pytest.raises(LockError) as caught:
        parse_lock(text, "prompts.lock")

    assert str(caught.value) == f"prompts.lock{message}\n  try: {hint}"


def test_place_is_the_path_of_the_file(tmp_path: Path) -> None:
    path = tmp_path / "prompts.lock"
    path.write_text("{", encoding="utf-8")

    with pytest.raises(LockError, match=f"^{re.escape(str(path))}:1: not a lock file: "):
        read_lock(path)


def test_bytes_that_are_no_text_are_refused_in_words(tmp_path: Path) -> None:
    path = tmp_path / "prompts.lock"
    path.write_bytes(b"{\n\xff}")

    with pytest.raises(LockError) as caught:
        read_lock(path)

    assert str(caught.value) == f"{path}:2: not UTF-8 text: invalid start byte\n  try: {RESTORE}"


def test_folder_in_its_place_is_refused_in_words(tmp_path: Path) -> None:
    with pytest.raises(LockError) as caught:
        read_lock(tmp_path)

    assert str(caught.value) == f"{tmp_path}: unreadable: Is a directory\n  try: {RESTORE}"


# --- damage in any place ---------------------------------------------------------------------------------


def read_damaged(text: str) -> Lock | None:
    """The lock of a damaged file; ``None`` if it is refused with the right error."""
    try:
        return parse_lock(text, "prompts.lock")
    except LockError as error:
        message, hint = error.message, error.hint
    assert message.startswith("prompts.lock:")
    assert hint
    return None


@pytest.mark.parametrize("length", range(len(FILE) - 2))
def test_file_that_is_cut_off_anywhere_is_refused(length: int) -> None:
    assert read_damaged(FILE[:length]) is None


@given(st.integers(0, FILE.index('{"suite": "support/support", "version": "v1", "case"') - 2), st.characters())
def test_no_character_of_a_prefix_can_change_unnoticed(place: int, char: str) -> None:
    assert read_damaged(FILE[:place] + char + FILE[place + 1 :]) in (None, LOCK)


@given(LOCKS, st.data())
def test_damaged_file_is_a_lock_error_or_another_lock_and_nothing_else(lock: Lock, data: st.DataObject) -> None:
    file = format_lock(lock).encode()
    place, bytes_ = data.draw(st.integers(0, len(file) - 2)), data.draw(st.binary(max_size=3))
    text = (file[:place] + bytes_ + file[place + len(bytes_) :]).decode(errors="replace")

    found = read_damaged(text)

    if found is not None:
        assert parse_lock(format_lock(found), "prompts.lock") == found


@given(LOCKS, st.data())
def test_lines_of_another_file_are_refused_or_agree(lock: Lock, data: st.DataObject) -> None:
    """Texts that a merge by lines may produce."""
    lines = [*LINES[:-1], *format_lock(lock).splitlines(keepends=True)[:-1]]
    kept = data.draw(st.lists(st.sampled_from(lines), unique=True))

    found = read_damaged("".join([LINES[0], *kept, LINES[-1]]))

    for key, entry in found.entries.items() if found else ():
        known = [one.entries[key] for one in (LOCK, lock) if key in one.entries]
        assert entry in known
