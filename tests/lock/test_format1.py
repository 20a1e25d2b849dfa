"""Lock files in format 1: still compared, and rewritten in format 2 by an update."""

import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from harness.errors import LockError
from harness.lock.format2 import format_lock
from harness.lock.lockfile import parse_lock, read_lock, write_lock
from tests.lock.locks import LOCK

RESTORE = "restore the file from version control, or accept today's prompts: pytest --harness-update-lock"
MERGE = "keep the lines of one side, or restore the file; then accept what changed: pytest --harness-update-lock"

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


@pytest.mark.parametrize(
    "layout",
    [
        pytest.param({"indent": 1}, id="as it was written"),
        pytest.param({"indent": 8}, id="indented"),
        pytest.param({"separators": (",", ":")}, id="on one line"),
        pytest.param({"ensure_ascii": True}, id="ascii"),
    ],
)
def test_first_format_is_read_and_replaced(layout: dict[str, Any], tmp_path: Path) -> None:
    path = tmp_path / "prompts.lock"
    path.write_text(json.dumps(json.loads(FILE), **layout).replace("\n", "\r\n"), encoding="utf-8")

    assert read_lock(path) == LOCK
    assert write_lock(path, LOCK)
    assert path.read_text(encoding="utf-8") == format_lock(LOCK)
    assert not write_lock(path, LOCK)


CALL = "prompts.lock: entry 'support/support/v1/refund':"

CHANGES = {
    "truncated": (FILE[:40], "prompts.lock:3: not a lock file: Unterminated string starting at", RESTORE),
    "empty": ("", "prompts.lock:1: not a lock file: Expecting value", RESTORE),
    "merge conflict": (
        FILE.replace(' "entries"', "<<<<<<< HEAD\n entries"),
        "prompts.lock:2: an unresolved merge conflict",
        MERGE,
    ),
    "both formats in one file": (
        f"{FILE}{format_lock(LOCK)}",
        f"prompts.lock:{FILE.count(chr(10)) + 1}: not a lock file: Extra data",
        RESTORE,
    ),
    "both formats, the second first": (
        f"{format_lock(LOCK)}{FILE}",
        f"prompts.lock:{format_lock(LOCK).count(chr(10)) + 1}: not a line of a lock file: "
        "Expecting property name enclosed in double quotes",
        RESTORE,
    ),
    "no object": ("[]", "prompts.lock: the format is None, expected 1 or 2", RESTORE),
    "no format": ("{}", "prompts.lock: the format is None, expected 1 or 2", RESTORE),
    "format of other lines": (
        FILE.replace('"format": 1', '"format": 2'),
        "prompts.lock: the format is 2, expected 1 or 2",
        RESTORE,
    ),
    "later format": (
        FILE.replace('"format": 1', '"format": 3'),
        "prompts.lock: the format is 3, expected 1 or 2",
        "pip install --upgrade prompt-cache-harness",
    ),
    "format as a word": (
        FILE.replace('"format": 1', '"format": "1"'),
        "prompts.lock: the format is '1', expected 1 or 2",
        RESTORE,
    ),
    "format true": (
        FILE.replace('"format": 1', '"format": true'),
        "prompts.lock: the format is True, expected 1 or 2",
        RESTORE,
    ),
    "no entries": ('{"format": 1}', "prompts.lock: not a lock file: 'entries' is missing", RESTORE),
    "entry without a field": (FILE.replace('"case": "refund",', ""), f"{CALL} 'case' is missing", RESTORE),
    "entry with an unknown field": (
        FILE.replace('"case": "refund",', '"case": "refund", "casa": 1,'),
        f"{CALL} 'casa' is not a key of a lock file",
        RESTORE,
    ),
    "line of a block too short": (
        FILE.replace("system[0] - text 2400 ", "system[0] "),
        f"{CALL} 'system[0] {'cd' * 24}c is not a block",
        RESTORE,
    ),
    "entries as a list": (
        '{"format": 1, "entries": []}',
        "prompts.lock: not a lock file: entries is [], expected an object",
        RESTORE,
    ),
    "key of another entry": (
        FILE.replace("v1/refund", "v2/refund"),
        "prompts.lock: entry 'support/support/v2/refund' says that it is 'support/support/v1/refund'",
        RESTORE,
    ),
    "nested without end": ("[" * 200_000, "prompts.lock: not a lock file: nested too deeply", RESTORE),
    "reason that is no text": (
        FILE.replace('"typo in rule 3 – ça va"', "7"),
        "prompts.lock: entry 'tests/test_app/test_ask': reason is 7, expected text",
        RESTORE,
    ),
    "price that is no number": (
        FILE.replace('"0.3071"', '"much"'),
        f"{CALL} usd_per_1000_calls is 'much', expected an amount",
        RESTORE,
    ),
    "breakpoint after other tokens than its blocks have": (
        FILE.replace("5m 2400", "5m 2401"),
        f"{CALL} a breakpoint is at 'system[0]' after 2401 tokens, but no block ends there",
        RESTORE,
    ),
    "figures that contradict each other": (
        FILE.replace('"input_tokens": 4', '"input_tokens": 5', 1),
        f"{CALL} the tokens of its two calls contradict each other, or its prefix",
        RESTORE,
    ),
}


@pytest.mark.parametrize("name", CHANGES)
def test_what_is_not_a_lock_file_is_refused_in_words(name: str) -> None:
    text, message, hint = CHANGES[name]

    with pytest.raises(LockError) as caught:
        parse_lock(text, "prompts.lock")

    assert str(caught.value) == f"{message}\n  try: {hint}"


@given(st.integers(0, len(FILE.encode()) - 2), st.binary(max_size=3))
def test_damaged_file_is_a_lock_error_or_another_lock_and_nothing_else(place: int, bytes_: bytes) -> None:
    data = FILE.encode()
    text = (data[:place] + bytes_ + data[place + len(bytes_) :]).decode(errors="replace")

    try:
        lock = parse_lock(text, "prompts.lock")
    except LockError as error:
        message = error.message
    else:
        assert parse_lock(format_lock(lock), "prompts.lock") == lock
        return
    assert message.startswith("prompts.lock:")
