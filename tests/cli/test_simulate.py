"""``harness simulate``: its output, and its messages for bad input."""

import io
import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from harness.cli import main

LONG = "".join(f"Rule {number}: be polite.\n" for number in range(200))
MARKER = {"type": "ephemeral"}


@pytest.fixture(autouse=True)
def own_cache_folder(tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path_factory.getbasetemp() / "cache"))


def make_request(prompt: str = LONG, **changes: Any) -> dict[str, Any]:
    return {
        "model": "claude-sonnet-5-5",
        "max_tokens": 100,
        "system": [{"type": "text", "text": prompt, "cache_control": MARKER}],
        "messages": [{"role": "user", "content": "Where is my parcel?"}],
        **changes,
    }


def write_lines(folder: Path, *lines: dict[str, Any] | str) -> str:
    path = folder / "traffic.jsonl"
    texts = [line if isinstance(line, str) else json.dumps(line) for line in lines]
    path.write_text("".join(f"{text}\n" for text in texts), encoding="utf-8")
    return str(path)


def simulate(path: str, capsys: pytest.CaptureFixture[str]) -> list[dict[str, Any]]:
    code = main(["simulate", path, "--format", "jsonl"])
    output = capsys.readouterr()
    assert (code, output.err) == (0, "")
    return [json.loads(line) for line in output.out.splitlines()]


def usage(*, uncached: int = 14, written: int = 0, read: int = 0, written_1h: int = 0) -> dict[str, Any]:
    return {
        "input_tokens": uncached,
        "cache_creation_input_tokens": written + written_1h,
        "cache_read_input_tokens": read,
        "cache_creation": {"ephemeral_5m_input_tokens": written, "ephemeral_1h_input_tokens": written_1h},
    }


def test_row_has_every_key_of_the_contract(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    request = make_request()
    rows = simulate(write_lines(tmp_path, {"at": 0, "request": request}, {"at": 30, "request": request}), capsys)

    assert rows == [
        {
            "index": 0,
            "usage": usage(written=2200),
            "total_input_tokens": 2214,
            "exact": True,
            "unmodelled": [],
            "error": None,
        },
        {
            "index": 1,
            "usage": usage(read=2200),
            "total_input_tokens": 2214,
            "exact": True,
            "unmodelled": [],
            "error": None,
        },
    ]


def test_table_has_a_row_for_each_request(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    tools = [{"type": "web_search_20250305", "name": "web_search"}]
    path = write_lines(
        tmp_path,
        {"at": 0, "request": make_request(), "usage": usage(written=2200) | {"output_tokens": 5}},
        {"at": 30, "request": make_request(), "usage": usage(written=2200)},
        {"at": 40, "request": make_request(messages=[])},
        {"at": 50, "request": make_request("Be kind.", tools=tools)},
    )

    assert main(["simulate", path]) == 0
    lines = [line.rstrip() for line in capsys.readouterr().out.splitlines()]
    assert lines == [
        "  index    read    written 5m    written 1h    uncached    total  note",
        f"-------  ------  ------------  ------------  ----------  -------  {'-' * len(DIFFERS)}",
        "      0       0         2,200             0          14    2,214",
        f"      1   2,200             0             0          14    2,214  {DIFFERS}",
        "      2       0             0             0           0        0  messages: at least one message is required",
        "      3       0             0             0         374      374  "
        "tools[0]: the definition of server tool 'web_search_20250305' is not public",
    ]


DIFFERS = "predicted minus reported: uncached 0, written -2,200, read +2,200; not priced: usage without output_tokens"


# Keys of a reported usage; then: what has no price, what is billed besides its tokens.
REPORTED: tuple[tuple[dict[str, Any], list[str], list[str]], ...] = (
    ({}, [], []),
    ({"speed": "fast"}, ["speed 'fast' of claude-sonnet-5-5"], ["speed: fast"]),
    ({"inference_geo": "us"}, [], ["inference_geo: us"]),
    ({"service_tier": "batch", "new_tokens": 4}, ["new_tokens"], ["service_tier: batch"]),
    ({"server_tool_use": {"web_search_requests": 4}}, [], ["server_tool_use.web_search_requests: 4"]),
    (
        {"iterations": [{"type": "compaction", "output_tokens": 5}, {"type": "message", "input_tokens": 15}]},
        [],
        ["compaction: 0 written, 0 read, 0 uncached, 5 output"],
    ),
)


@pytest.mark.parametrize(("extra", "not_priced", "also_billed"), REPORTED)
def test_row_with_usage_names_all_else_that_it_holds(
    extra: dict[str, Any],
    not_priced: list[str],
    also_billed: list[str],
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
) -> None:
    reported = {"input_tokens": 15, "output_tokens": 0, **extra}
    (row,) = simulate(write_lines(tmp_path, {"at": 0, "request": make_request(), "usage": reported}), capsys)

    assert (row["actual"], row["not_priced"], row["also_billed"]) == (usage(uncached=15), not_priced, also_billed)


def test_text_names_all_else_that_a_usage_holds(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    reported = usage(written=2200) | {"output_tokens": 0, "new_tokens": 4, "inference_geo": "us"}
    path = write_lines(tmp_path, {"at": 0, "request": make_request(), "usage": reported})

    assert main(["simulate", path]) == 0

    assert (
        capsys.readouterr()
        .out.splitlines()[-1]
        .endswith("    2,214  not priced: new_tokens; also billed: inference_geo: us")
    )


def test_five_breakpoints_are_the_apis_error_and_cost_nothing(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    system = [{"type": "text", "text": str(number), "cache_control": MARKER} for number in range(5)]
    (row,) = simulate(write_lines(tmp_path, {"at": 0, "request": make_request(system=system)}), capsys)

    assert row == {
        "index": 0,
        "usage": usage(uncached=0),
        "total_input_tokens": 0,
        "exact": True,
        "unmodelled": [],
        "error": "A maximum of 4 blocks with cache_control may be provided. Found 5.",
    }


def test_refused_request_writes_nothing(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    refused = {"at": 0, "request": make_request(model=None)}
    rows = simulate(write_lines(tmp_path, refused, {"at": 1, "request": make_request()}), capsys)

    assert [(row["error"], row["usage"]["cache_creation_input_tokens"]) for row in rows] == [
        ("model: Field required", 0),
        (None, 2200),
    ]


def test_row_with_usage_has_the_actual_and_the_difference(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    reported = {"input_tokens": 15, "cache_creation_input_tokens": 2189, "output_tokens": 3}
    (row,) = simulate(write_lines(tmp_path, {"at": 0, "request": make_request(), "usage": reported}), capsys)

    assert row["actual"] == usage(uncached=15, written=2189)
    assert row["difference"] == {
        "input_tokens": -1,
        "cache_creation_input_tokens": 11,
        "cache_read_input_tokens": 0,
    }


def test_content_that_cannot_be_counted_is_named(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    tools = [{"type": "web_search_20250305", "name": "web_search"}]
    (row,) = simulate(write_lines(tmp_path, {"at": 0, "request": make_request(tools=tools)}), capsys)

    assert row["exact"] is False
    assert row["unmodelled"] == ["tools[0]: the definition of server tool 'web_search_20250305' is not public"]


@pytest.mark.parametrize(
    ("times", "reads"),
    [
        pytest.param((0, 299.5), True, id="seconds"),
        pytest.param((0, 301), False, id="seconds-too-late"),
        pytest.param(("2026-11-23T10:00:00", "2026-11-23T10:04:59"), True, id="iso"),
        pytest.param(("2026-11-23T10:00:00", "2026-11-23T10:05:01"), False, id="iso-too-late"),
        pytest.param(("2026-11-23T10:00:00Z", "2026-11-23T12:01:00+02:00"), True, id="iso-with-offsets"),
        pytest.param(("2026-11-23T10:00:00", "2026-11-23T10:01:00Z"), True, id="iso-without-offset-is-utc"),
        pytest.param((1_764_000_000, 1_764_000_299), True, id="unix-seconds"),
        pytest.param((1_764_000_000, 1_764_000_301), False, id="unix-seconds-too-late"),
        pytest.param((1_764_000_000_000, 1_764_000_299_000), True, id="milliseconds"),
        pytest.param((1_764_000_000_000, 1_764_000_301_000), False, id="milliseconds-too-late"),
        pytest.param((1_764_000_000_000_000, 1_764_000_299_000_000), True, id="microseconds"),
        pytest.param((1_764_000_000_000_000_000, 1_764_000_301_000_000_000), False, id="nanoseconds-too-late"),
        pytest.param((1_764_000_000, 1_764_000_299_000), True, id="mixed-units"),
        pytest.param(("2025-11-24T16:00:00Z", 1_764_000_299_000), True, id="iso-and-milliseconds"),
        pytest.param(("2025-11-24 16:00:00", "2025-11-24 16:04:59.5+00:00"), True, id="iso-with-a-blank"),
        pytest.param((5, 5), False, id="same-instant-is-parallel"),
    ],
)
def test_time_is_seconds_or_iso(
    times: tuple[Any, Any], reads: bool, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    _, second = simulate(write_lines(tmp_path, *({"at": at, "request": make_request()} for at in times)), capsys)

    assert bool(second["usage"]["cache_read_input_tokens"]) is reads


def test_workspaces_share_nothing(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    lines = [{"at": number, "workspace": name, "request": make_request()} for number, name in enumerate("aba")]
    rows = simulate(write_lines(tmp_path, *lines), capsys)

    assert [row["usage"]["cache_read_input_tokens"] for row in rows] == [0, 0, 2200]


def test_hour_long_write_is_shown_apart(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    system = [{"type": "text", "text": LONG, "cache_control": {"type": "ephemeral", "ttl": "1h"}}]
    (row,) = simulate(write_lines(tmp_path, {"at": 0, "request": make_request(system=system)}), capsys)

    assert row["usage"] == usage(written_1h=2200)


def test_dash_reads_standard_input(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    data = Path(write_lines(tmp_path, {"at": 0, "request": make_request()})).read_bytes()
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(data)))

    (row,) = simulate("-", capsys)

    assert row["total_input_tokens"] == 2214


TOOL = {"name": "find", "description": "Finds.", "input_schema": {"type": "object"}}
EAGER = "tools[0].eager_input_streaming"
UNCLEAR = (
    ("a parameter that goes", {"verbosity": "low"}, {}, "verbosity"),
    ("a parameter that comes", {}, {"context_management": {"edits": []}}, "context_management"),
    ("a field of a tool", {"tools": [TOOL]}, {"tools": [{**TOOL, "cost": 1}]}, "tools[0].cost"),
    ("a field of unclear reach", {"tools": [{**TOOL, "eager_input_streaming": True}]}, {"tools": [TOOL]}, EAGER),
    ("a type of tool", {"tools": [TOOL]}, {"tools": [{"type": "telepathy_2027", "name": "t"}, TOOL]}, "tools[0].type"),
)  # fmt: skip


@pytest.mark.parametrize(("first", "second", "where"), [row[1:] for row in UNCLEAR], ids=[row[0] for row in UNCLEAR])
def test_difference_of_unknown_reach_from_an_earlier_request_is_named(
    first: dict[str, Any], second: dict[str, Any], where: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    lines = [{"at": 60 * number, "request": make_request(**row)} for number, row in enumerate((first, first, second))]

    _, same, other = simulate(write_lines(tmp_path, *lines), capsys)

    doubt = f"{where}: differs from an earlier request, and it is not known whether it is part of the prompt"
    assert doubt not in same["unmodelled"]
    assert (other["exact"], doubt in other["unmodelled"]) == (False, True)


def test_other_workspaces_are_not_compared(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    lines = [
        {"at": 0, "workspace": "a", "request": make_request(verbosity="low")},
        {"at": 60, "workspace": "b", "request": make_request()},
    ]

    assert simulate(write_lines(tmp_path, *lines), capsys)[1]["exact"]


@pytest.mark.parametrize("lines", [(), ("",), (" ", "\t"), ("\ufeff",)])
@pytest.mark.parametrize("form", ["text", "jsonl"])
def test_file_without_requests_is_no_error(
    lines: tuple[str, ...], form: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = write_lines(tmp_path, *lines)

    assert main(["simulate", path, "--format", form]) == 0

    assert capsys.readouterr().err == f"{path}: no requests\n"


def test_blank_lines_give_no_row(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert len(simulate(write_lines(tmp_path, "", {"at": 0, "request": make_request()}, "  "), capsys)) == 1


def test_text_beyond_ascii_comes_out_as_it_went_in(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = write_lines(tmp_path, {"at": 0, "request": make_request(réglage=1)})

    (row,) = simulate(path, capsys)

    assert row["unmodelled"] == ["réglage: what it adds to the prompt is not known offline"]


def line(**changes: Any) -> str:
    return json.dumps({"at": 5, "request": make_request("Be kind."), **changes})


def request_with(**changes: Any) -> str:
    return line(request=make_request("Be kind.", **changes))


EXPECTED = "expected seconds from any start, a Unix time in s, ms, µs or ns up to the year 2100, or an ISO time"

EXPECTED_TEXT = 'expected a Unix time, or an ISO time in quotes, such as "2026-11-23T10:00:00Z"'

BAD_LINES = [
    pytest.param("{", "not JSON: the line ends inside an object", id="not-json"),
    pytest.param('{"at": [', "not JSON: the line ends inside an object", id="open-within"),
    pytest.param('{"at": "2026-', "not JSON: the line ends inside an object", id="open-text"),
    pytest.param('  [{"at": 1},', "not JSON: the line ends inside a list", id="open-list"),
    pytest.param('{"at": 1,}', "not JSON: trailing comma is not allowed at column 9", id="comma"),
    pytest.param("at: 1", "not JSON: unexpected character, expected a JSON value at column 1", id="no-json"),
    pytest.param('{"at": NaN}', "not JSON: unexpected character, expected a JSON value at column 8", id="nan"),
    pytest.param('{"at": 1, "at": 2}', "key 'at' appears twice in one object", id="duplicate-key"),
    pytest.param(
        line().replace('"role":', '"role": "user", "role":'), "key 'role' appears twice in one object",
        id="duplicate-key-within",
    ),
    pytest.param('{"at": "\\ud800"}', "not JSON: no low surrogate in string at column 9", id="lone-surrogate"),
    pytest.param(
        '{"at": ' + "[" * 10_000 + "]" * 10_000 + "}", "not JSON: depth limit exceeded at column 1032",
        id="nested-too-deep",
    ),
    pytest.param("[]", "a JSON list, expected an object", id="list"),
    pytest.param("3", "a JSON int, expected an object", id="number"),
    pytest.param('{"at": 5}', "request is missing or not an object", id="no-request"),
    pytest.param(line(request=[]), "request is missing or not an object", id="request-not-an-object"),
    pytest.param(
        line(request={"model": "claude-opus-5"}), "messages is missing, expected a list of messages", id="no-messages"
    ),
    pytest.param(line(at=None), f"at is None, {EXPECTED}", id="no-time"),
    pytest.param(line(at="soon"), f"at is 'soon', {EXPECTED}", id="time-in-words"),
    pytest.param(
        line(at="1772618400"), "at is '1772618400', a text, expected a number: remove the quotes", id="time-in-quotes"
    ),
    pytest.param(
        line(first_token_at="6.5"), "first_token_at is '6.5', a text, expected a number: remove the quotes",
        id="first-token-in-quotes",
    ),
    pytest.param(line(at=20260304), f"at is 20260304, the digits of a date, {EXPECTED_TEXT}", id="date-as-a-number"),
    pytest.param(
        line(first_token_at=3606), "first_token_at is 3606, more than an hour after at, expected when its answer began",
        id="first-token-too-late",
    ),
    pytest.param(
        line(first_token_at=86_400),
        "first_token_at is 86400, more than an hour after at, expected when its answer began",
        id="first-token-a-day-later",
    ),
    pytest.param(line(at=True), f"at is True, {EXPECTED}", id="time-a-truth-value"),
    pytest.param(line(at=-1), f"at is -1, {EXPECTED}", id="time-below-zero"),
    pytest.param(line(at=5e9), f"at is 5000000000.0, {EXPECTED}", id="time-in-no-unit"),
    pytest.param(line().replace('"at": 5', '"at": 1e400'), f"at is 1e400, {EXPECTED}", id="infinite-time"),
    pytest.param(
        line(at="2026-11-23"), "at is '2026-11-23', expected a time of day too, such as 2026-11-23T10:00:00Z",
        id="date-alone",
    ),
    pytest.param(
        line(first_token_at=4),
        "first_token_at is 4, earlier than at, expected that time or a later one", id="first-token-before-the-start",
    ),
    pytest.param(line(first_token_at="soon"), f"first_token_at is 'soon', {EXPECTED}", id="first-token-in-words"),
    pytest.param(line(first_token_at=True), f"first_token_at is True, {EXPECTED}", id="first-token-a-truth-value"),
    pytest.param(line(first_token_at=-5), f"first_token_at is -5, {EXPECTED}", id="first-token-below-zero"),
    pytest.param(
        line(first_token_at="2026-11-23"),
        "first_token_at is '2026-11-23', expected a time of day too, such as 2026-11-23T10:00:00Z",
        id="first-token-a-date-alone",
    ),
    pytest.param(
        line(first_token_at=1_764_000_000),
        "first_token_at is 1764000000, a date, but FILE:1 has 5, expected times of one kind",
        id="first-token-from-another-start",
    ),
    pytest.param(
        line(at=1_764_000_000_000),
        "at is 1764000000000, a date, but FILE:1 has 5, expected times of one kind", id="another-start",
    ),
    pytest.param(line(at=4), "at is 4, earlier than the line before, expected time order", id="time-going-back"),
    pytest.param(line(usage=3), "usage is int, expected an object", id="usage-not-an-object"),
    pytest.param(
        line(usage=usage(written=5) | {"cache_creation_input_tokens": 3}),
        "usage.cache_creation adds up to 5 tokens, cache_creation_input_tokens is 3",
        id="split-above-the-total",
    ),
    pytest.param(
        line(usage=usage(written=5) | {"cache_creation_input_tokens": 9}),
        "usage.cache_creation adds up to 5 tokens, cache_creation_input_tokens is 9",
        id="split-below-the-total",
    ),
    pytest.param(
        line(usage={"input_tokens": -1}), "usage.input_tokens is -1, expected a number of tokens", id="negative"
    ),
    pytest.param(
        line(usage={"output_tokens": 2.5}), "usage.output_tokens is 2.5, expected a number of tokens", id="fraction"
    ),
    pytest.param(
        line(usage={"input_tokens": True}), "usage.input_tokens is True, expected a number of tokens", id="truth-value"
    ),
    pytest.param(
        line(usage={"server_tool_use": {"web_search_requests": "2"}}),
        "usage.server_tool_use.web_search_requests is '2', expected a number of requests",
        id="counter-in-words",
    ),
]  # fmt: skip


@pytest.mark.parametrize(("bad", "message"), BAD_LINES)
def test_bad_line_is_one_line_on_stderr_with_its_place(
    bad: str, message: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = write_lines(tmp_path, line(), "", bad)

    code = main(["simulate", path, "--format", "jsonl"])

    output = capsys.readouterr()
    assert code == 2
    assert output.err == f"{path}:3: {message.replace('FILE', path)}\n"
    assert [json.loads(row)["index"] for row in output.out.splitlines()] == [0]


def message_with(block: dict[str, Any]) -> str:
    return request_with(messages=[{"role": "user", "content": [block]}])


@pytest.mark.parametrize(
    "bad",
    [
        pytest.param(line(usage={"input_tokens": "many"}), id="usage-in-words"),
        pytest.param(line(usage={"cache_creation_input_tokens": "many"}), id="written-in-words"),
        pytest.param(line(usage={"cache_creation": 3}), id="cache-creation-a-number"),
    ],
)
def test_value_of_the_wrong_type_is_no_traceback(bad: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = write_lines(tmp_path, bad)

    code = main(["simulate", path, "--format", "jsonl"])

    errors = capsys.readouterr().err.splitlines()
    assert code == 2
    assert len(errors) == 1
    assert errors[0].startswith(f"{path}:1: ")


@pytest.mark.parametrize(
    ("bad", "error"),
    [
        (request_with(messages="hi"), "messages: Input should be a valid array"),
        (request_with(messages={}), "messages: Input should be a valid array"),
        (request_with(messages=None), "messages: Input should be a valid array"),
        (
            message_with({"type": "text", "text": 5}),
            "messages.0.content.0.text.text: Input should be a valid string",
        ),
        (
            message_with({"type": "tool_result", "tool_use_id": "a", "content": 3}),
            "(text not confirmed) messages.0.content.0.tool_result.content: Input should be a valid list",
        ),
        (
            message_with({"type": "tool_result", "tool_use_id": "a", "content": [{"type": "text", "text": []}]}),
            "messages.0.content.0.tool_result.content.0.text.text: Input should be a valid string",
        ),
    ],
)
def test_shape_that_the_api_refuses_is_a_row_with_its_answer(
    bad: str, error: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    code = main(["simulate", write_lines(tmp_path, bad), "--format", "jsonl"])

    output = capsys.readouterr()
    assert (code, output.err) == (0, "")
    assert json.loads(output.out)["error"] == error


def test_line_that_is_not_utf_8_is_refused_with_its_place(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = tmp_path / "traffic.jsonl"
    path.write_bytes(b'\n{"at": "\xe9"}\n')

    assert main(["simulate", str(path)]) == 2
    assert capsys.readouterr().err == (
        f"{path}:2: not UTF-8 text: invalid continuation byte\n"
        f"  try: if it is Windows-1252 or Latin-1: iconv -f WINDOWS-1252 -t UTF-8 {path} > {path}.new\n"
    )


# The form of a whole file; then: what is wrong with its first line, the filter that makes lines of it.
WHOLE_FILES = (
    ("an object", '{\n  "at": 1\n}\n', "not JSON: the line ends inside an object", "."),
    ("an object behind a blank line", '\n{"at": 1,\n "b": 2}', "not JSON: the line ends inside an object", "."),
    ("a list", '[\n {"at": 1}\n]', "not JSON: the line ends inside a list", "'.[]'"),
    ("a list with its first object", '[{"at": 1},\n {"at": 2}]', "not JSON: the line ends inside a list", "'.[]'"),
    ("a list in one line", '[{"at": 1}]', "a JSON list, expected an object", "'.[]'"),
    ("a list behind a mark", '\ufeff[{"at": 1}]', "a JSON list, expected an object", "'.[]'"),
)


@pytest.mark.parametrize(
    ("text", "what", "items"), [row[1:] for row in WHOLE_FILES], ids=[row[0] for row in WHOLE_FILES]
)
def test_file_of_another_form_says_how_to_make_lines_of_it(
    text: str, what: str, items: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "my traffic.json"
    path.write_text(text, encoding="utf-8")

    assert main(["simulate", str(path)]) == 2

    number = 2 if text.startswith("\n") else 1
    assert capsys.readouterr().err == (
        f"{path}:{number}: {what}\n  try: write one object a line: jq -c {items} '{path}' > '{path}.new'\n"
    )


def test_standard_input_of_another_form_names_only_the_filter(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(b"[]")))

    assert main(["simulate", "-"]) == 2

    assert capsys.readouterr().err == (
        "-:1: a JSON list, expected an object\n  try: write one object a line: jq -c '.[]'\n"
    )


@pytest.mark.parametrize(("name", "reason"), [("gone.jsonl", "No such file or directory"), (".", "Is a directory")])
def test_unreadable_file_is_refused_by_name(
    name: str, reason: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / name

    assert main(["simulate", str(path)]) == 2
    assert capsys.readouterr().err == f"{path}: unreadable: {reason}\n"


def test_help_shows_an_example(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as caught:
        main(["simulate", "--help"])

    assert caught.value.code == 0
    assert "example:\n  harness simulate traffic.jsonl --format jsonl\n" in capsys.readouterr().out


def test_command_as_installed_prints_no_traceback(tmp_path: Path) -> None:
    path = write_lines(tmp_path, "{")
    command = [str(Path(sys.executable).parent / "harness"), "simulate", path]

    done = subprocess.run(command, capture_output=True, text=True, check=False)

    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr == (
        f"{path}:1: not JSON: the line ends inside an object\n"
        f"  try: write one object a line: jq -c . {path} > {path}.new\n"
    )


EARLY = "an entry is readable only once the answer that wrote it has begun"


@pytest.mark.parametrize(
    ("first", "second", "read", "doubt"),
    [
        pytest.param({"at": 0}, {"at": 1}, 2200, "1 s", id="soon"),
        pytest.param({"at": 0}, {"at": 1.2}, 2200, "1.2 s", id="fraction"),
        pytest.param({"at": 1_764_000_000_000}, {"at": 1_764_000_001_250}, 2200, "1.25 s", id="milliseconds"),
        pytest.param({"at": "2026-11-23T10:00:00Z"}, {"at": "2026-11-23T10:00:02.5Z"}, 2200, "2.5 s", id="iso"),
        pytest.param({"at": 0}, {"at": 3}, 2200, None, id="late-enough"),
        pytest.param({"at": 0}, {"at": 0}, 0, None, id="parallel"),
        pytest.param({"at": 0, "first_token_at": None}, {"at": 1}, 2200, "1 s", id="first-token-unknown"),
        pytest.param({"at": 0, "first_token_at": 0.8}, {"at": 1}, 2200, None, id="begun"),
        pytest.param({"at": 0, "first_token_at": 0}, {"at": 1}, 2200, None, id="begun-at-once"),
        pytest.param({"at": 0, "first_token_at": 1.5}, {"at": 1}, 0, None, id="not-begun"),
        pytest.param(
            {"at": 1_764_000_000_000, "first_token_at": "2025-11-24T16:00:00.8Z"}, {"at": 1_764_000_001}, 2200, None,
            id="begun-in-another-unit",
        ),
        pytest.param(
            {"at": "2025-11-24 16:00:00", "first_token_at": 1_764_000_005_000}, {"at": "2025-11-24 16:00:04"}, 0, None,
            id="not-begun-in-another-unit",
        ),
    ],
)  # fmt: skip
def test_entry_is_readable_once_its_answer_has_begun(
    first: dict[str, Any], second: dict[str, Any], read: int, doubt: str | None, tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
) -> None:  # fmt: skip
    lines = [{**line, "request": make_request()} for line in (first, second)]

    _, row = simulate(write_lines(tmp_path, *lines), capsys)

    assert row["usage"]["cache_read_input_tokens"] == read
    expected = [] if doubt is None else [f"reads what was written {doubt} earlier; {EARLY}"]
    assert (row["unmodelled"], row["exact"]) == (expected, not expected)


# Times at which a request starts and its answer begins; then: whether the last one reads, and in what doubt.
SEVERAL_WRITERS = (
    ("the second writer begins first", ((0, 5), (1, 2), (3, None)), True, None),
    ("the first writer begins late", ((0, 10), (0, 1), (2, None)), True, None),
    ("the first writer begins early", ((0, 1), (0, 10), (2, None)), True, None),
    ("no writer has begun", ((0, 5), (1, 4), (3, None)), False, None),
    ("three writers", ((0, 9), (0, 8), (0, 1), (2, None)), True, None),
    ("the first one is not timed", ((0, None), (0, 0.5), (1, None)), True, None),
    ("the second one is not timed", ((0, 0.5), (0, None), (1, None)), True, None),
    ("a reader begins", ((0, None), (0.2, 0.5), (1, None)), True, None),
    ("a reader begins later", ((0, None), (0.2, 0.9), (0.5, None)), True, "0.5 s"),
    ("none is timed", ((0, None), (0, None), (1, None)), True, "1 s"),
    ("readers do not make it certain", ((0, None), (1, None), (2, None)), True, "2 s"),
    ("one millisecond", ((0, None), (0.001, None)), True, "0.001 s"),
    ("less than a millisecond", ((0, None), (0.0009, None)), True, "less than 0.001 s"),
    ("one microsecond", ((1_764_000_000, None), (1_764_000_000.000001, None)), True, "less than 0.001 s"),
)


@pytest.mark.parametrize(
    ("times", "is_read", "doubt"), [row[1:] for row in SEVERAL_WRITERS], ids=[row[0] for row in SEVERAL_WRITERS]
)
def test_entry_is_readable_once_the_first_of_its_answers_has_begun(
    times: tuple[tuple[float, float | None], ...],
    is_read: bool,
    doubt: str | None,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
) -> None:
    lines = [{"at": at, "first_token_at": begins, "request": make_request()} for at, begins in times]

    *_, row = simulate(write_lines(tmp_path, *lines), capsys)

    assert bool(row["usage"]["cache_read_input_tokens"]) is is_read
    expected = [] if doubt is None else [f"reads what was written {doubt} earlier; {EARLY}"]
    assert (row["unmodelled"], row["exact"]) == (expected, not expected)


def test_table_notes_what_is_in_doubt(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = write_lines(tmp_path, *({"at": at, "request": make_request()} for at in (0, 1.2)))

    assert main(["simulate", path]) == 0
    assert capsys.readouterr().out.splitlines()[-1] == (
        "      1   2,200             0             0          14    2,214  "
        f"reads what was written 1.2 s earlier; {EARLY}"
    )


@pytest.mark.parametrize(
    ("options", "reads"),
    [
        ((), False),
        (("--assume", "tool-key-order=yes"), False),
        (("--assume", "tool-key-order=no"), True),
        (("--assume", "ttl-in-key=no"), False),
        (("--assume", "tool-key-order=no", "--assume", "client-tool-ids=yes"), True),
    ],
)
def test_order_of_keys_in_tools_is_assumed_to_matter(
    options: tuple[str, ...], reads: bool, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    schemas = {"type": "object", "title": "Place"}, {"title": "Place", "type": "object"}
    requests = [make_request(tools=[{"name": "look_up", "input_schema": schema}]) for schema in schemas]
    path = write_lines(tmp_path, *({"at": 30 * number, "request": body} for number, body in enumerate(requests)))

    assert main(["simulate", path, "--format", "jsonl", *options]) == 0

    _, row = (json.loads(line) for line in capsys.readouterr().out.splitlines())
    usage = row["usage"]
    assert (usage["cache_read_input_tokens"] > 0, usage["cache_creation_input_tokens"] > 0) == (reads, not reads)


@pytest.mark.parametrize(("times", "is_exact"), [({}, False), ({"ended_at": 1.5}, True), ({"ended_at": 2.5}, False)])
def test_what_a_call_wrote_is_surely_readable_when_its_answer_has_ended(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], times: dict[str, float], is_exact: bool
) -> None:
    path = tmp_path / "traffic.jsonl"
    first, second = {"at": 1, "request": WRITING, **times}, {"at": 2, "request": WRITING}
    path.write_text(f"{json.dumps(first)}\n{json.dumps(second)}\n")
    assert main(["simulate", str(path), "--format", "jsonl"]) == 0
    row = json.loads(capsys.readouterr().out.splitlines()[1])
    assert row["usage"]["cache_read_input_tokens"] > 0
    assert row["exact"] == is_exact


WRITING = {
    "model": "claude-sonnet-4-6",
    "max_tokens": 9,
    "system": [{"type": "text", "text": "Be brief. " * 1500, "cache_control": {"type": "ephemeral"}}],
    "messages": [{"role": "user", "content": "Hi"}],
}
