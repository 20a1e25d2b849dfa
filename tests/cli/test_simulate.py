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
        {"at": 0, "request": make_request(), "usage": usage(written=2200)},
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


DIFFERS = (
    "differs from actual by {'input_tokens': 0, 'cache_creation_input_tokens': -2200, 'cache_read_input_tokens': 2200}."
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
        pytest.param((-400, -200), True, id="negative-seconds"),
        pytest.param((0, 301), False, id="seconds-too-late"),
        pytest.param(("2026-11-23T10:00:00", "2026-11-23T10:04:59"), True, id="iso"),
        pytest.param(("2026-11-23T10:00:00", "2026-11-23T10:05:01"), False, id="iso-too-late"),
        pytest.param(("2026-11-23T10:00:00Z", "2026-11-23T12:01:00+02:00"), True, id="iso-with-offsets"),
        pytest.param(("2026-11-23T10:00:00", "2026-11-23T10:01:00Z"), True, id="iso-without-offset-is-utc"),
        pytest.param(("1970-01-01T00:01:00", 100), True, id="iso-and-seconds"),
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


def test_empty_file_and_blank_lines_give_no_row(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert simulate(write_lines(tmp_path), capsys) == []
    assert len(simulate(write_lines(tmp_path, "", {"at": 0, "request": make_request()}, "  "), capsys)) == 1


def test_text_beyond_ascii_comes_out_as_it_went_in(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = write_lines(tmp_path, {"at": 0, "request": make_request(model="modèle")})

    (row,) = simulate(path, capsys)

    assert row["unmodelled"] == ["model: 'modèle' is not known, counted as the newest generation"]


def line(**changes: Any) -> str:
    return json.dumps({"at": 5, "request": make_request("Be kind."), **changes})


def request_with(**changes: Any) -> str:
    return line(request=make_request("Be kind.", **changes))


BAD_LINES = [
    pytest.param("{", "not JSON: unexpected end of data at column 1", id="not-json"),
    pytest.param('{"at": NaN}', "not JSON: unexpected character, expected a JSON value at column 8", id="nan"),
    pytest.param(
        '{"at": 1e400}', "not JSON: number is infinity when parsed as double at column 8", id="infinite-number"
    ),
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
    pytest.param(line(request={"model": "m"}), "messages is missing, expected a list of messages", id="no-messages"),
    pytest.param(
        request_with(messages="hi"), "messages is str, expected a list", id="messages-not-a-list"
    ),
    pytest.param(line(at=None), "at is None, expected seconds or an ISO time", id="no-time"),
    pytest.param(line(at="soon"), "at is 'soon', expected seconds or an ISO time", id="time-in-words"),
    pytest.param(line(at=True), "at is True, expected seconds or an ISO time", id="time-a-truth-value"),
    pytest.param(line(at=4), "at is 4, earlier than the line before, expected time order", id="time-going-back"),
    pytest.param(
        line(at="1970-01-01T00:00:04"),
        "at is '1970-01-01T00:00:04', earlier than the line before, expected time order",
        id="iso-time-going-back",
    ),
    pytest.param(line(usage=3), "usage is int, expected an object", id="usage-not-an-object"),
]  # fmt: skip


@pytest.mark.parametrize(("bad", "message"), BAD_LINES)
def test_bad_line_is_one_line_on_stderr_with_its_place(
    bad: str, message: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = write_lines(tmp_path, line(), "", bad)

    code = main(["simulate", path, "--format", "jsonl"])

    output = capsys.readouterr()
    assert code == 2
    assert output.err == f"{path}:3: {message}\n"
    assert [json.loads(row)["index"] for row in output.out.splitlines()] == [0]


def message_with(block: dict[str, Any]) -> str:
    return request_with(messages=[{"role": "user", "content": [block]}])


@pytest.mark.parametrize(
    "bad",
    [
        pytest.param(message_with({"type": "tool_result", "tool_use_id": "a", "content": 3}), id="tool-result"),
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


def test_line_that_is_not_utf_8_is_refused_with_its_place(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = tmp_path / "traffic.jsonl"
    path.write_bytes(b'\n{"at": "\xe9"}\n')

    assert main(["simulate", str(path)]) == 2
    assert capsys.readouterr().err == (
        f"{path}:2: not JSON: str is not valid UTF-8: surrogates not allowed at column 1\n"
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
    assert done.stderr == f"{path}:1: not JSON: unexpected end of data at column 1\n"
