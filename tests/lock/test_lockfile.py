"""The lock file on disk: written, read, and refused in words."""

import json
import re
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from harness.errors import LockError
from harness.lock.lockfile import (
    Entry,
    Lock,
    LockedBlock,
    LockedCall,
    LockedPoint,
    format_lock,
    parse_lock,
    read_lock,
    write_lock,
)

RESTORE = "restore the file from version control, or accept anew: pytest --harness-update-lock"
ANEW = "accept anew: pytest --harness-update-lock"

POINT = LockedPoint("system[0]", "5m", 2_400, "ab" * 32)
BLOCK = LockedBlock("system[0]", "-", "text", 2_400, "cd" * 32)
CALL = LockedCall(
    model="claude-sonnet-5-5",
    parameters={"tool_choice": {"type": "any"}},
    points=(POINT,),
    blocks=(BLOCK,),
    first={"input_tokens": 4, "cache_creation_input_tokens": 2_400, "cache_read_input_tokens": 0},
    second={"input_tokens": 4, "cache_creation_input_tokens": 0, "cache_read_input_tokens": 2_400},
    usd_per_1000_calls="0.3071",
)
ENTRY = Entry(suite="support/support", version="v1", case="refund", calls=(CALL,))
PLAIN = Entry(suite="tests/test_app", version="", case="test_ask", calls=(), reason="typo in rule 3 – ça va")
LOCK = Lock(entries={ENTRY.key: ENTRY, PLAIN.key: PLAIN})


# --- there and back --------------------------------------------------------------------------------------

_DIGESTS = st.text("0123456789abcdef", min_size=64, max_size=64)
_TOKENS = st.integers(0, 10**7)
_PATHS = st.sampled_from(["tools[0]", "system[12]", "messages[2].content[0]"])
_POINTS = st.builds(LockedPoint, _PATHS, st.sampled_from(["5m", "1h"]), _TOKENS, _DIGESTS, st.booleans())
_BLOCKS = st.builds(
    LockedBlock, _PATHS, st.sampled_from(["-", "user", "us er"]), st.sampled_from(["text", "json"]), _TOKENS, _DIGESTS
)
_FIGURES = st.dictionaries(st.sampled_from(["input_tokens", "cache_read_input_tokens"]), _TOKENS)
_JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(), lambda inner: st.dictionaries(st.text(), inner, max_size=2)
)
_CALLS = st.builds(
    LockedCall,
    model=st.text(),
    parameters=st.dictionaries(st.sampled_from(["thinking", "speed"]), _JSON),
    points=st.lists(_POINTS, max_size=3).map(tuple),
    blocks=st.lists(_BLOCKS, max_size=3).map(tuple),
    first=_FIGURES,
    second=_FIGURES,
    usd_per_1000_calls=st.none() | st.just("0.3071"),
)
_NAMES = st.text(min_size=1)
_ENTRIES = st.builds(
    Entry,
    suite=_NAMES,
    version=st.text(),
    case=_NAMES,
    calls=st.lists(_CALLS, max_size=2).map(tuple),
    reason=st.none() | st.text(min_size=1),
)
LOCKS = st.lists(_ENTRIES, max_size=3).map(lambda entries: Lock(entries={entry.key: entry for entry in entries}))


@given(LOCKS)
def test_what_is_written_is_read_again(lock: Lock) -> None:
    assert parse_lock(format_lock(lock), "prompts.lock") == lock


@given(LOCKS)
def test_order_of_the_entries_does_not_show(lock: Lock) -> None:
    other = Lock(entries=dict(reversed(lock.entries.items())))

    assert format_lock(other) == format_lock(lock)


def test_file_can_be_read_by_people_and_by_diff() -> None:
    assert format_lock(LOCK) == FILE


FILE = """\
{
 "entries": {
  "support/support/v1/refund": {
   "calls": [
    {
     "blocks": [
      "system[0] - text 2400 cdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcd"
     ],
     "breakpoints": [
      "system[0] 5m 2400 abababababababababababababababababababababababababababababababab"
     ],
     "first_call": {
      "cache_creation_input_tokens": 2400,
      "cache_read_input_tokens": 0,
      "input_tokens": 4
     },
     "model": "claude-sonnet-5-5",
     "parameters": {
      "tool_choice": {
       "type": "any"
      }
     },
     "second_call": {
      "cache_creation_input_tokens": 0,
      "cache_read_input_tokens": 2400,
      "input_tokens": 4
     },
     "usd_per_1000_calls": "0.3071"
    }
   ],
   "case": "refund",
   "suite": "support/support",
   "version": "v1"
  },
  "tests/test_app/test_ask": {
   "calls": [],
   "case": "test_ask",
   "reason": "typo in rule 3 – ça va",
   "suite": "tests/test_app",
   "version": ""
  }
 },
 "format": 1
}
"""


def test_new_file_is_written_and_its_folders_are_made(tmp_path: Path) -> None:
    path = tmp_path / "locks" / "prompts.lock"

    assert read_lock(path) is None
    assert write_lock(path, LOCK)
    assert read_lock(path) == LOCK


@pytest.mark.parametrize(
    "layout",
    [
        pytest.param({"indent": 8}, id="indented"),
        pytest.param({"separators": (",", ":")}, id="on one line"),
        pytest.param({"ensure_ascii": True}, id="ascii"),
    ],
)
def test_other_layout_is_no_change(layout: dict[str, Any], tmp_path: Path) -> None:
    path = tmp_path / "prompts.lock"
    document = json.loads(FILE)
    document["entries"] = dict(reversed(document["entries"].items()))
    path.write_text(json.dumps(document, **layout).replace("\n", "\r\n"), encoding="utf-8")
    before = path.read_bytes()

    assert read_lock(path) == LOCK
    assert not write_lock(path, LOCK)
    assert path.read_bytes() == before


@pytest.mark.parametrize("content", [b"", b"not json", b"\xff", FILE.replace("refund", "parcel", 1).encode()])
def test_file_that_cannot_be_read_is_written_anew(content: bytes, tmp_path: Path) -> None:
    path = tmp_path / "prompts.lock"
    path.write_bytes(content)

    assert write_lock(path, LOCK)
    assert path.read_text(encoding="utf-8") == FILE


# --- what is refused, and how ----------------------------------------------------------------------------

CHANGES = {
    "truncated": (FILE[:40], "prompts.lock:3: not a lock file: Unterminated string starting at", RESTORE),
    "empty": ("", "prompts.lock:1: not a lock file: Expecting value", RESTORE),
    "merge conflict": (
        FILE.replace(' "entries"', "<<<<<<< HEAD\n entries"),
        "prompts.lock:2: not a lock file: Expecting property name enclosed in double quotes",
        RESTORE,
    ),
    "no object": ("[]", "prompts.lock: the format is None, expected 1", ANEW),
    "no format": ("{}", "prompts.lock: the format is None, expected 1", ANEW),
    "later format": (
        FILE.replace('"format": 1', '"format": 2'),
        "prompts.lock: the format is 2, expected 1",
        ANEW,
    ),
    "format as a word": (
        FILE.replace('"format": 1', '"format": "1"'),
        "prompts.lock: the format is '1', expected 1",
        ANEW,
    ),
    "format true": (
        FILE.replace('"format": 1', '"format": true'),
        "prompts.lock: the format is True, expected 1",
        ANEW,
    ),
    "no entries": ('{"format": 1}', "prompts.lock: not a lock file: KeyError at 'entries'", RESTORE),
    "entry without a field": (
        FILE.replace('"case": "refund",', ""),
        "prompts.lock: not a lock file: KeyError at 'case'",
        RESTORE,
    ),
    "line of a block too short": (
        FILE.replace("system[0] - text 2400 ", "system[0] "),
        "prompts.lock: not a lock file: ValueError at not enough values to unpack (expected 4, got 1)",
        RESTORE,
    ),
    "entries as a list": (
        '{"format": 1, "entries": []}',
        "prompts.lock: not a lock file: AttributeError at 'list' object has no attribute 'items'",
        RESTORE,
    ),
    "key of another entry": (
        FILE.replace("v1/refund", "v2/refund"),
        "prompts.lock: entry 'support/support/v2/refund' says that it is 'support/support/v1/refund'",
        RESTORE,
    ),
    "nested without end": ("[" * 200_000, "prompts.lock: not a lock file: nested too deep", RESTORE),
    "reason that is no text": (
        FILE.replace('"typo in rule 3 – ça va"', "7"),
        "prompts.lock: not a lock file: TypeError at reason is int, expected text",
        RESTORE,
    ),
    "price that is no number": (
        FILE.replace('"0.3071"', '"much"'),
        "prompts.lock: not a lock file: ValueError at usd_per_1000_calls is 'much', expected a number",
        RESTORE,
    ),
}


@pytest.mark.parametrize("name", CHANGES)
def test_what_is_no_lock_file_is_refused_in_words(name: str) -> None:
    text, message, hint = CHANGES[name]

    with pytest.raises(LockError) as caught:
        parse_lock(text, "prompts.lock")

    assert str(caught.value) == f"{message}\n  try: {hint}"


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

    why = "'utf-8' codec can't decode byte 0xff in position 2: invalid start byte"
    assert str(caught.value) == f"{path}: unreadable: {why}\n  try: {RESTORE}"


def test_folder_in_its_place_is_refused_in_words(tmp_path: Path) -> None:
    with pytest.raises(LockError) as caught:
        read_lock(tmp_path)

    assert str(caught.value) == f"{tmp_path}: unreadable: Is a directory\n  try: {RESTORE}"


@given(st.integers(0, len(FILE.encode()) - 2), st.binary(max_size=3))
def test_damaged_file_is_a_lock_error_or_another_lock_and_nothing_else(place: int, bytes_: bytes) -> None:
    data = FILE.encode()
    text = (data[:place] + bytes_ + data[place + len(bytes_) :]).decode(errors="replace")

    lock = LOCK
    with suppress(LockError):
        lock = parse_lock(text, "prompts.lock")

    assert parse_lock(format_lock(lock), "prompts.lock") == lock


# --- what a lock says ------------------------------------------------------------------------------------


def test_updated_lock_keeps_what_it_is_not_told_of() -> None:
    other = Entry(suite="support/support", version="v2", case="refund", calls=())

    assert LOCK.updated({other.key: other}, removed=frozenset({PLAIN.key})).entries == {
        ENTRY.key: ENTRY,
        other.key: other,
    }
    assert set(LOCK.entries) == {ENTRY.key, PLAIN.key}


def test_digests_are_those_of_all_blocks() -> None:
    assert LOCK.digests == {"cd" * 32}


@pytest.mark.parametrize(
    ("change", "path"),
    [
        pytest.param({"model": "claude-opus-5-5"}, "model", id="model"),
        pytest.param({"parameters": {}}, "tool_choice", id="parameter"),
        pytest.param({"parameters": {**CALL.parameters, "behind_prefix": {"images": True}}}, "images", id="image"),
        pytest.param({"blocks": (BLOCK._replace(digest="ef" * 32),)}, "system[0]", id="text"),
        pytest.param({"blocks": (BLOCK._replace(form="json"),)}, "system[0]", id="form"),
        pytest.param({"blocks": (BLOCK._replace(tokens=9),)}, "cache_control", id="nothing but figures"),
        pytest.param({"points": (POINT._replace(ttl="1h"),)}, "system[0].cache_control.ttl", id="ttl"),
        pytest.param({"points": ()}, "cache_control", id="marker"),
        pytest.param(
            {"parameters": {**CALL.parameters, "behind_prefix": {"goes_on": "nowhere"}}, "points": ()},
            "cache_control",
            id="where it goes on is no parameter",
        ),
        pytest.param(
            {"parameters": {}, "blocks": (BLOCK, BLOCK._replace(path="messages[0].content[0]", role="user"))},
            "tool_choice",
            id="parameters are rendered before the messages",
        ),
    ],
)
def test_first_difference_of_two_calls(change: dict[str, Any], path: str) -> None:
    fields = {name: getattr(CALL, name) for name in LockedCall.__slots__}

    assert CALL.differs_at(LockedCall(**{**fields, **change})) == path
