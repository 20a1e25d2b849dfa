"""`harness explain`: its output, its exit codes, and its messages for input that cannot be judged."""

import json
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from harness.cli import main
from tests.promptcache.pairs.build import STATIC, full, marked_blocks, system


def _write(folder: Path, name: str, body: Any) -> str:
    path = folder / name
    path.write_bytes(body if isinstance(body, bytes) else json.dumps(body).encode())
    return str(path)


@pytest.fixture
def run(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> Any:
    def call(before: Any, after: Any, *options: str) -> tuple[int, str, str]:
        paths = _write(tmp_path, "before.json", before), _write(tmp_path, "after.json", after)
        code = main(["explain", *paths, *options])
        out, err = capsys.readouterr()
        return code, out, err.replace(str(tmp_path), "FOLDER")

    return call


def test_json_has_the_keys_of_the_contract_in_order(run: Any) -> None:
    static = STATIC.rstrip()
    code, out, err = run(system(static), system("Today is 2026-11-23. " + static), "--format", "json")

    result = json.loads(out)
    assert (code, err) == (1, "")
    assert list(result) == [
        "bust",
        "verdict",
        "levels",
        "cause",
        "path",
        "offset",
        "excerpt",
        "tokens_lost",
        "cost_usd",
        "error",
        "notes",
    ]
    assert result == {
        "bust": True,
        "verdict": "miss",
        "levels": {"tools": "n/a", "system": "miss", "messages": "n/a"},
        "cause": "timestamp",
        "path": "system[0]",
        "offset": 0,
        "excerpt": {"before": STATIC[:24] + "…", "after": "Today is 2026-11-23. Rul…"},
        "tokens_lost": result["tokens_lost"],
        "cost_usd": str(result["tokens_lost"] * Decimal("3.45") / 1_000_000),
        "error": None,
        "notes": [],
    }


def test_text_says_what_where_why_how_much_and_what_to_do(run: Any) -> None:
    code, out, _ = run(full(), full(tool_choice={"type": "any"}))

    lines = out.splitlines()
    assert code == 1
    assert lines[0] == "PARTIAL: a shorter prefix is read, the longer one is lost at tool_choice"
    assert lines[1:3] == ["""  before: '{"type":"auto"}'""", """  after:  '{"type":"any"}'"""]
    assert lines[3] == "  cause: tool_choice_changed: tool_choice is rendered before the messages"
    assert lines[4].startswith("  cost:  ")
    assert lines[5:] == [
        "  fix:   keep it fixed, and ask for the tool in the user message",
        "  tools: hit  system: hit  messages: miss",
        "  breakpoint tools[1]: hit",
        "  breakpoint system[0]: hit",
        "  breakpoint messages[0].content[0]: miss",
    ]


def test_a_hit_exits_with_0(run: Any) -> None:
    static = STATIC.rstrip()

    assert run(system(static), system(static)) == (
        0,
        "HIT: everything that was written is read\n"
        "  tools: n/a  system: hit  messages: n/a\n"
        "  breakpoint system[0]: hit\n",
        "",
    )


def test_a_request_that_the_api_rejects_shows_its_words(run: Any) -> None:
    code, out, _ = run(marked_blocks(4), marked_blocks(5))

    assert code == 1
    assert out.splitlines()[:2] == [
        "REJECTED: the API refuses the request at system[4]",
        "  the API answers 400: A maximum of 4 blocks with cache_control may be provided. Found 5.",
    ]


@pytest.mark.parametrize(("seconds", "code"), [("300", 0), ("301", 1)])
def test_gap_seconds_decide_over_the_ttl(seconds: str, code: int, run: Any) -> None:
    assert run(system(), system(), "--gap-seconds", seconds)[0] == code


BAD: list[tuple[str, Any, str]] = [
    ("not JSON", b"{", "FOLDER/after.json:1: not JSON: unexpected end of data at column 2"),
    ("empty", b"", "FOLDER/after.json:1: not JSON: "),
    ("no object", b"[1]", "FOLDER/after.json: a JSON list, expected an object"),
    ("no request", b"{}", "FOLDER/after.json: messages is missing, expected a list of messages"),
    ("NaN", b'{\n"temperature": NaN}', "FOLDER/after.json:2: not JSON: "),
    ("duplicate key", b'{"a": 1, "a": 2}', "FOLDER/after.json: key 'a' appears twice in one object"),
    ("lone surrogate", b'{"messages": [], "system": "\\ud800"}', "FOLDER/after.json:1: not JSON: "),
    ("not UTF-8", b'{"system": "\xff"}', "FOLDER/after.json:1: not JSON: "),
    ("nested deep", b"[" * 10_000, "FOLDER/after.json:1: not JSON: "),
    ("closed and nested deep", b'{"a": ' + b"[" * 10_000 + b"]" * 10_000 + b"}", "FOLDER/after.json:1: not JSON: "),
    ("50 MB", b" " * 50_000_000, "FOLDER/after.json: larger than 33,554,432 bytes, the most that the API accepts"),
    ("content a number", b'{"messages": [{"role": "user", "content": 5}]}', "FOLDER/after.json: messages[0].content"),
]  # fmt: skip


@pytest.mark.parametrize(("name", "body", "message"), BAD, ids=[row[0] for row in BAD])
def test_input_that_cannot_be_judged_is_one_line_and_exit_code_2(
    name: str, body: bytes, message: str, run: Any
) -> None:
    code, out, err = run(system(), body)

    assert (code, out) == (2, "")
    assert err.startswith(message)
    assert err.count("\n") == 1


def test_a_missing_file_is_named(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    missing = str(tmp_path / "none.json")

    assert main(["explain", missing, missing]) == 2
    assert capsys.readouterr().err == f"{missing}: unreadable: No such file or directory\n"


@pytest.mark.parametrize("seconds", ["-1", "nan", "inf"])
def test_a_gap_that_is_none_is_refused(seconds: str, run: Any) -> None:
    code, _, err = run(system(), system(), f"--gap-seconds={seconds}")

    assert code == 2
    assert err.startswith(f"--gap-seconds is {float(seconds)}, expected 0 or more seconds")
