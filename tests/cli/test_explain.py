"""`harness explain`: its output, its exit codes, and its messages for input that cannot be judged."""

import json
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from harness.cli import main
from tests.promptcache.pairs.build import STATIC, chat, full, marked_blocks, system, text


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


def test_text_counts_dropped_messages_and_lists_other_changed_places(run: Any) -> None:
    before, after = chat(5), chat(7)
    after[4]["content"] = [text("Turn four.")]
    code, out, _ = run(
        system(STATIC.rstrip(), messages=before), system(STATIC.rstrip(), messages=after[:1] + after[3:])
    )

    lines = out.splitlines()
    assert code == 1
    assert lines[0] == (
        "PARTIAL: a shorter prefix is read, the longer one is lost at messages[1].content[0], character 5"
    )
    assert lines[1:3] == ["  before: 'Turn 1.'", "  after:  'Turn 3.'"]
    assert lines[3] == "  cause: history_drop: earlier messages, or blocks of them, were dropped"
    assert lines[5] == "  fix:   drop many messages at once and rarely, or keep the first ones and compact the rest"
    assert lines[9:] == [
        "  note:  2 messages were dropped after messages[0]",
        "  note:  also changed: messages[2].content[0]",
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


@pytest.mark.parametrize(
    ("changes", "path", "error"),
    [
        ({"messages": {}}, "messages", "messages: Input should be a valid array"),
        ({"messages": "Hi"}, "messages", "messages: Input should be a valid array"),
        (
            {"messages": [{"role": "user", "content": [{"type": "text", "text": 5}]}]},
            "messages[0].content[0]",
            "messages.0.content.0.text.text: Input should be a valid string",
        ),
        (
            {"messages": [{"role": "user", "content": [{"type": "tool_result", "tool_use_id": "a", "content": 5}]}]},
            "messages[0].content[0]",
            "(text not confirmed) messages.0.content.0.tool_result.content: Input should be a valid list",
        ),
        ({"cache_control": {}}, "cache_control", "cache_control.type: Field required"),
        (
            {"diagnostics": {"previous_message_id": "req_1"}},
            "diagnostics",
            "diagnostics.previous_message_id: must be the `id` from a prior /v1/messages response (starts with `msg_`)",
        ),
    ],
)
def test_shape_that_the_api_refuses_is_rejected(run: Any, changes: Any, path: str, error: str) -> None:
    code, out, _ = run(full(), full(**changes))

    assert code == 1
    assert out.splitlines()[:2] == [
        f"REJECTED: the API refuses the request at {path}",
        f"  the API answers 400: {error}",
    ]


BAD: list[tuple[str, Any, str]] = [
    ("not JSON", b"{", "FOLDER/after.json:1: not JSON: the file ends inside an object"),
    ("empty", b"", "FOLDER/after.json:1: the file is empty"),
    ("no object", b"[1]", "FOLDER/after.json: a JSON list, expected an object"),
    ("no request", b"{}", "FOLDER/after.json: messages is missing, expected a list of messages"),
    ("NaN", b'{\n"temperature": NaN}', "FOLDER/after.json:2: not JSON: "),
    ("duplicate key", b'{"a": 1, "a": 2}', "FOLDER/after.json: key 'a' appears twice in one object"),
    ("lone surrogate", b'{"messages": [], "system": "\\ud800"}', "FOLDER/after.json:1: not JSON: "),
    ("not UTF-8", b'{"system": "\xff"}', "FOLDER/after.json:1: not UTF-8 text: invalid start byte"),
    ("nested deep", b"[" * 10_000, "FOLDER/after.json:1: not JSON: "),
    ("closed and nested deep", b'{"a": ' + b"[" * 10_000 + b"]" * 10_000 + b"}", "FOLDER/after.json:1: not JSON: "),
    ("50 MB", b" " * 50_000_000, "FOLDER/after.json: larger than 33,554,432 bytes, the most that the API accepts"),
    ("content a number", b'{"messages": [{"role": "user", "content": 5}]}', "FOLDER/after.json: messages[0].content"),
]  # fmt: skip


@pytest.mark.parametrize(("name", "body", "message"), BAD, ids=[row[0] for row in BAD])
def test_input_that_cannot_be_judged_is_named_and_exit_code_2(name: str, body: bytes, message: str, run: Any) -> None:
    code, out, err = run(system(), body)

    assert (code, out) == (2, "")
    assert err.startswith(message)
    assert err.count("\n") == (2 if "\n  try: " in err else 1)


def test_a_missing_file_is_named(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    missing = str(tmp_path / "none.json")

    assert main(["explain", missing, missing]) == 2
    assert capsys.readouterr().err == f"{missing}: unreadable: No such file or directory\n"


@pytest.mark.parametrize("seconds", ["-1", "nan", "inf"])
def test_a_gap_that_is_none_is_refused(seconds: str, run: Any) -> None:
    code, _, err = run(system(), system(), f"--gap-seconds={seconds}")

    assert code == 2
    assert err.startswith(f"--gap-seconds is {float(seconds)}, expected 0 or more seconds")


NUMBERS = (
    ("ids of 128 bits", "340282366920938463463374607431768211455", "340282366920938463463374607431768211456"),
    ("zeros", "0", "-0"),
    ("beyond a float", "1e400", "1e401"),
    ("a decimal and a whole number", "1.0", "1"),
    ("trailing zero", "1.10", "1.1"),
    ("exponent", "1e2", "100.0"),
)


@pytest.mark.parametrize(("one", "other"), [row[1:] for row in NUMBERS], ids=[row[0] for row in NUMBERS])
def test_numbers_are_judged_as_they_were_sent(one: str, other: str, run: Any) -> None:
    tool = {"name": "look_up", "input_schema": {"type": "object", "const": "NUMBER"}}
    bodies = [json.dumps(system(tools=[tool])).replace('"NUMBER"', number).encode() for number in (one, other)]

    assert run(bodies[0], bodies[0])[0] == 0
    code, out, err = run(*bodies, "--format", "json")
    assert (code, err) == (1, "")
    assert (json.loads(out)["cause"], json.loads(out)["path"]) == ("tool_changed", "tools[0]")
    assert json.loads(out)["excerpt"]["before"].endswith(f"{one[-20:]}}}}}")
    assert json.loads(out)["excerpt"]["after"].endswith(f"{other[-20:]}}}}}")


EARLY = "an entry is readable only once the answer that wrote it has begun"


@pytest.mark.parametrize(
    ("seconds", "notes"),
    [
        ("0.5", [f"reads what was written 0.5 s earlier; {EARLY}"]),
        ("1", [f"reads what was written 1 s earlier; {EARLY}"]),
        ("1.2", [f"reads what was written 1.2 s earlier; {EARLY}"]),
        ("2.9", [f"reads what was written 2.9 s earlier; {EARLY}"]),
        ("3", []),
        ("30", []),
    ],
)
def test_read_soon_after_the_write_has_a_note(seconds: str, notes: list[str], run: Any) -> None:
    body = system(STATIC.rstrip())
    code, out, _ = run(body, body, "--gap-seconds", seconds, "--format", "json")

    assert (code, json.loads(out)["verdict"], json.loads(out)["notes"]) == (0, "hit", notes)


@pytest.mark.parametrize(
    ("before", "after", "verdict"),
    [
        (full(), full(tool_choice={"type": "any"}), "partial"),
        (system(), system(STATIC + "More."), "miss"),
        (marked_blocks(4), marked_blocks(5), "rejected"),
        (system(), system("Short."), "never_cached"),
    ],
)
def test_only_a_read_is_in_doubt(before: Any, after: Any, verdict: str, run: Any) -> None:
    code, out, _ = run(before, after, "--gap-seconds", "1", "--format", "json")

    assert (code, json.loads(out)["verdict"]) == (1, verdict)
    assert any(EARLY in note for note in json.loads(out)["notes"]) == (verdict == "partial")


def test_note_is_in_the_text_too(run: Any) -> None:
    body = system(STATIC.rstrip())

    assert run(body, body, "--gap-seconds", "1")[1].endswith(f"  note:  reads what was written 1 s earlier; {EARLY}\n")


TOOL_KEY_ORDER = (
    "that the order of keys inside a tool definition matters is assumed, not documented; "
    "--assume tool-key-order=no judges without it"
)


def with_schema(schema: dict[str, Any]) -> dict[str, Any]:
    return system(STATIC.rstrip(), tools=[{"name": "look_up", "input_schema": schema}])


BY_SCHEMA = with_schema({"type": "object", "title": "Place"}), with_schema({"title": "Place", "type": "object"})


@pytest.mark.parametrize(
    ("options", "code", "cause", "notes"),
    [
        ((), 1, "key_order", [TOOL_KEY_ORDER]),
        (("--assume", "tool-key-order=yes"), 1, "key_order", [TOOL_KEY_ORDER]),
        (("--assume", "tool-key-order=no"), 0, None, []),
        (("--assume", "ttl-in-key=no", "--assume", "tool-key-order=no"), 0, None, []),
        (("--assume", "tool-key-order=no", "--assume", "tool-key-order=yes"), 1, "key_order", [TOOL_KEY_ORDER]),
    ],
)
def test_order_of_keys_in_tools_is_assumed_to_matter(
    options: tuple[str, ...], code: int, cause: str | None, notes: list[str], run: Any
) -> None:
    found, out, err = run(*BY_SCHEMA, *options, "--format", "json")

    result = json.loads(out)
    assert (found, err, result["cause"], result["notes"]) == (code, "", cause, notes)
    assert result["path"] == ("tools[0]" if cause else None)


def test_text_states_the_assumption(run: Any) -> None:
    assert f"\n  note:  {TOOL_KEY_ORDER}\n" in run(*BY_SCHEMA)[1]


@pytest.mark.parametrize("word", ["tool-key-order", "tool-key-order=", "tool-key-order=maybe", "key-order=no", "=no"])
def test_other_words_are_refused_with_the_names(word: str, run: Any, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as caught:
        run(*BY_SCHEMA, "--assume", word)

    assert caught.value.code == 2
    assert capsys.readouterr().err.endswith(
        f"argument --assume: {word!r}, expected one of ttl-in-key, client-tool-ids, tool-key-order, thinking-first "
        "with =yes or =no\n"
    )
