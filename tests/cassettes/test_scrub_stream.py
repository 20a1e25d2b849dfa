"""Secrets that span several events of an answer are found, and nothing else is changed."""

import json
from collections.abc import Callable
from dataclasses import replace
from itertools import pairwise
from typing import Any

import httpx2
import pytest
from anthropic import Stream
from hypothesis import given
from hypothesis import strategies as st

from harness.cassettes.format import Cassette, Chunk, Interaction, RecordedResponse
from harness.cassettes.scrub import BUILT_IN, Scrubber, read_rules, scrub
from harness.cassettes.scrub_stream import Edit, splice
from harness.emulator.pieces import Pieces
from tests.cassettes.examples import HEADER, dump, request, response
from tests.cassettes.wire import REQUEST, STREAM, async_stream, replay, sync_stream

FIELDS = {"text_delta": "text", "thinking_delta": "thinking", "input_json_delta": "partial_json"}
# Nothing else in these streams has a Q or a 7.
SECRET = "sk-ant-api03-QQ_7Q-QQQQQQQQ77"

# An event, up to its text.
BEGINNING = '{"type":"content_block_delta","index":0,"delta":{"type":"text_delta","text":'
START = '{"type":"content_block_start","index":0,"content_block":'
NO_JSON = (
    b"data: [DONE] content_block_\n\n",
    b'data: {"content_block_\n\n',
    b"data: content_block_\xff\n\n",
    b": sk-\n",
)

Encode = Callable[[Any], bytes]


def escape(value: Any) -> bytes:
    """Write JSON with every non-ASCII character escaped."""
    return json.dumps(value).encode()


def escape_all(value: Any) -> bytes:
    """Write JSON with every character of its texts escaped, except keys and types."""
    text = dump(value).decode()
    name = next(name for name in FIELDS if name in text)
    spelled = value["delta"][FIELDS[name]].encode("utf-16-be", "surrogatepass")
    codes = "".join(f"\\u{high:02x}{low:02x}" for high, low in zip(spelled[::2], spelled[1::2], strict=True))
    return dump({**value, "delta": {**value["delta"], FIELDS[name]: "PLACE"}}).replace(b"PLACE", codes.encode())


ENCODINGS: tuple[Encode, ...] = (dump, escape, escape_all)


def event(value: dict[str, Any], *, encode: Encode = dump, end: str = "\n") -> bytes:
    return f"event: {value['type']}{end}data: ".encode() + encode(value) + (end * 2).encode()


def delta(text: str, *, index: int = 0, kind: str = "text_delta", encode: Encode = dump, end: str = "\n") -> bytes:
    value = {"type": "content_block_delta", "index": index, "delta": {"type": kind, FIELDS[kind]: text}}
    return event(value, encode=encode, end=end)


def line(data: str, end: str = "\n\n") -> bytes:
    return f"data: {data}{end}".encode()


def stream(*chunks: bytes) -> RecordedResponse:
    recorded = response(*chunks, content_type="text/event-stream; charset=utf-8")
    return replace(recorded, chunks=tuple(Chunk(data, 10 * number) for number, data in enumerate(chunks)))


def cut(whole: Any, places: list[int]) -> list[Any]:
    """Cut a text or bytes at some places."""
    return [whole[start:end] for start, end in pairwise([0, *sorted(places), len(whole)])]


def spell(recorded: RecordedResponse) -> dict[tuple[int, str], str]:
    """Join the deltas as a client of the SDK does: one text per block."""
    texts: dict[tuple[int, str], str] = {}
    pieces = tuple(chunk.data for chunk in recorded.chunks)
    for sse in Stream.raw_events(httpx2.Response(200, stream=Pieces(pieces))):
        if sse.event == "content_block_delta":
            value = sse.json()
            field = FIELDS[value["delta"]["type"]]
            place = value["index"], field
            texts[place] = texts.get(place, "") + value["delta"][field]
    return texts


# --- every way to cut ----------------------------------------------------------------------------------------

PROSE = st.text(st.characters(codec="utf-8", exclude_characters="Q7"), max_size=20)


@given(
    before=PROSE.map(lambda text: text + " "),
    after=PROSE.map(lambda text: " " + text),
    other=st.lists(PROSE, max_size=4),
    data=st.data(),
    encode=st.sampled_from(ENCODINGS),
    end=st.sampled_from(["\n", "\r\n"]),
)
def test_a_key_cut_anywhere_is_taken_out_and_nothing_else(
    before: str, after: str, other: list[str], data: st.DataObject, encode: Encode, end: str
) -> None:
    def draw_places(whole: str | bytes) -> list[int]:
        return data.draw(st.lists(st.integers(0, len(whole)), max_size=8))

    text = before + SECRET + after
    kinds = data.draw(st.permutations(list(FIELDS)))
    events = [delta(piece, kind=kinds[0], encode=encode, end=end) for piece in cut(text, draw_places(text))]
    for piece in other:
        place = data.draw(st.integers(0, len(events)))
        events.insert(place, delta(piece, index=1, kind=kinds[1], encode=encode, end=end))
    body = b"".join(events)
    recorded = stream(*cut(body, draw_places(body)))
    seen = spell(recorded)
    assert seen[0, FIELDS[kinds[0]]] == text

    once = Scrubber().response(recorded)

    assert spell(once) == seen | {(0, FIELDS[kinds[0]]): before + "<api-key>" + after}
    assert [chunk.after_ms for chunk in once.chunks] == [chunk.after_ms for chunk in recorded.chunks]
    assert Scrubber().response(once) is once


@given(
    places=st.lists(st.integers(0, len(SECRET) + 4), max_size=8),
    end=st.integers(0),
    encode=st.sampled_from(ENCODINGS),
    data=st.data(),
)
def test_of_a_stream_that_broke_off_no_part_of_the_key_stays(
    places: list[int], end: int, encode: Encode, data: st.DataObject
) -> None:
    whole = b"".join(delta(piece, encode=encode) for piece in cut(f"é {SECRET} ü", places))
    body = whole[: end % (len(whole) + 1)]
    recorded = stream(*cut(body, data.draw(st.lists(st.integers(0, len(body)), max_size=4))))

    once = Scrubber().response(recorded)

    assert [part for part in (b"Q", rb"\u0051") if part in once.body] == []
    assert len(once.chunks) == len(recorded.chunks)
    assert Scrubber().response(once) is once


@given(st.lists(st.binary(max_size=6) | st.sampled_from([b"data: ", b"\n", delta("sk-a"), delta("nt-b")]), max_size=8))
def test_any_bytes_survive_and_twice_is_once(parts: list[bytes]) -> None:
    recorded = stream(*parts)

    once = Scrubber().response(recorded)

    assert len(once.chunks) == len(parts)
    assert Scrubber().response(once) == once


@given(st.lists(PROSE, max_size=8), st.sampled_from(ENCODINGS))
def test_a_stream_without_a_secret_keeps_its_bytes(texts: list[str], encode: Encode) -> None:
    recorded = stream(*(delta(text, encode=encode) for text in texts))

    assert Scrubber().response(recorded) is recorded


# --- one by one ----------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("events", "scrubbed"),
    [
        pytest.param([delta("a sk-a"), delta("nt-b c")], [delta("a <api-key>"), delta(" c")], id="cut-in-its-prefix"),
        pytest.param(
            [delta("sk-ant-a"), delta("pi03"), delta("-b c")],
            [delta("<api-key>"), delta(""), delta(" c")],
            id="of-which-the-beginning-alone-would-match",
        ),
        pytest.param(
            [delta("sk-a"), event({"type": "ping"}), delta("sk-a", index=1), delta("nt-b"), delta("nt c", index=1)],
            [delta("<api-key>"), event({"type": "ping"}), delta("sk-a", index=1), delta(""), delta("nt c", index=1)],
            id="among-events-of-others",
        ),
        pytest.param(
            [delta('{"key": "sk-a', kind="input_json_delta"), delta('nt-b"}', kind="input_json_delta")],
            [delta('{"key": "<api-key>', kind="input_json_delta"), delta('"}', kind="input_json_delta")],
            id="in-the-input-of-a-tool",
        ),
        pytest.param(
            [delta("Bearer", kind="thinking_delta"), delta(" abcdefgh12345678", kind="thinking_delta")],
            [delta("Bearer <token>", kind="thinking_delta"), delta("", kind="thinking_delta")],
            id="in-thinking",
        ),
        pytest.param(
            [
                line(START + '{"type":"text","text":"sk-"}}'),
                delta("ant-b"),
            ],
            [
                line(START + '{"type":"text","text":"<api-key>"}}'),
                delta(""),
            ],
            id="from-the-start-of-a-block",
        ),
        pytest.param(
            [line(START + '{"type":"thinking","thinking":"sk-"}}'), delta("ant-b", kind="thinking_delta")],
            [line(START + '{"type":"thinking","thinking":"<api-key>"}}'), delta("", kind="thinking_delta")],
            id="from-the-start-of-thinking",
        ),
        pytest.param(
            [delta("key:\n"), delta("sk-ant-b")], [delta("key:\n"), delta("<api-key>")], id="after-an-escaped-line-end"
        ),
        pytest.param(
            [delta("é sk-a", encode=escape), delta("nt-b ü")],
            [delta("é <api-key>", encode=escape), delta(" ü")],
            id="each-escaped-as-it-was",
        ),
        pytest.param(
            [
                line(BEGINNING.replace(":", " : ") + '"sk-a" } }'),
                delta("nt-b", end="\r\n").replace(b"data: ", b"data:"),
            ],
            [
                line(BEGINNING.replace(":", " : ") + '"<api-key>" } }'),
                delta("", end="\r\n").replace(b"data: ", b"data:"),
            ],
            id="written-otherwise",
        ),
        pytest.param(
            [line('{"text":"sk-a",' + BEGINNING[1:] + '"sk-a"}}'), delta("nt-b")],
            [line('{"text":"sk-a",' + BEGINNING[1:] + '"<api-key>"}}'), delta("")],
            id="beside-a-string-of-the-same-name",
        ),
        pytest.param(
            [line(BEGINNING.replace('"text":', r'"t\u0065xt":') + '"sk-a"}}'), delta("nt-b")],
            [line(BEGINNING + '"<api-key>"}}'), delta("")],
            id="under-an-escaped-key",
        ),
        pytest.param(
            [delta("sk-a"), line(BEGINNING + '"nt-b', end="")],
            [delta("<api-key>"), line(BEGINNING + '"', end="")],
            id="in-a-line-that-broke-off",
        ),
        pytest.param(
            [delta("sk-a"), line(BEGINNING + '"nt-b', end="\\u00")],
            [delta("<api-key>"), line(BEGINNING + '"', end="\\u00")],
            id="before-an-escape-that-broke-off",
        ),
        pytest.param(
            [delta("sk-a"), line(BEGINNING + '"nt-b \\\\', end="")],
            [delta("<api-key>"), line(BEGINNING + '" \\\\', end="")],
            id="before-a-backslash-that-is-whole",
        ),
        pytest.param(
            [delta("sk-a"), line(BEGINNING + '"nt-b"', end="")],
            [delta("<api-key>"), line(BEGINNING + '""', end="")],
            id="in-a-line-that-broke-off-at-its-end",
        ),
        pytest.param(
            [delta("sk-a"), line(BEGINNING + '"nt-b"}', end="")],
            [delta("<api-key>"), line(BEGINNING + '""}', end="")],
            id="in-a-line-that-broke-off-behind-it",
        ),
        pytest.param(
            [delta("sk-a"), *NO_JSON, delta("nt-b")],
            [delta("<api-key>"), *NO_JSON, delta("")],
            id="around-lines-that-are-no-json",
        ),
    ],
)
def test_a_key_is_taken_out(events: list[bytes], scrubbed: list[bytes]) -> None:
    once = Scrubber().response(stream(*events))

    assert once.chunks == stream(*scrubbed).chunks
    assert Scrubber().response(once) is once


def test_half_of_a_surrogate_pair_stays_what_it_was() -> None:
    first, second = line(BEGINNING + r'"\ud83d"}}'), line(BEGINNING + r'"\ude00 ü sk-a"}}')

    once = Scrubber().response(stream(first, second, delta("nt-b")))

    assert once.chunks == stream(first, line(BEGINNING + r'"\ude00 \u00fc <api-key>"}}'), delta("")).chunks


@pytest.mark.parametrize(
    "data",
    [
        '{"type":"content_block_delta"}',
        '{"type":"content_block_delta","delta":null}',
        '{"type":"content_block_delta","index":0,"delta":{"type":["text_delta"],"text":"nt-b"}}',
        '{"type":"content_block_delta","index":0,"delta":{"type":"text_delta","text":7}}',
        '{"type":"content_block_delta","index":0,"delta":{"type":"thinking_delta","thinking":"nt-b"}}',
        '{"type":"content_block_delta","index":{"a":[0]},"delta":{"type":"text_delta","text":"nt-b"}}',
        '{"type":["content_block_delta"],"index":0,"delta":{"type":"text_delta","text":"nt-b"}}',
        '["content_block_delta"]',
        pytest.param('{"content_block_delta":' + "[" * 100_000, id="too-deep"),
    ],
)
def test_events_of_other_forms_are_passed_over(data: str) -> None:
    recorded = stream(delta("sk-a"), line(data))

    assert Scrubber().response(recorded) is recorded


def test_a_body_that_is_no_stream_is_taken_as_it_stands() -> None:
    recorded = response(delta("sk-a"), delta("nt-b"))

    assert Scrubber().response(recorded) is recorded


def test_edges_of_chunks_move_no_further_than_they_must() -> None:
    first, second = delta("é sk-a", end="\r\n"), delta("nt-b über", end="\r\n")
    at, to = first.index(b"\xc3") + 1, second.index(b"\xc3") + 1

    once = Scrubber().response(stream(first[:at], first[at:] + second[:9], second[9:to], second[to:]))

    rest, tail = delta("é <api-key>", end="\r\n"), delta(" über", end="\r\n")
    to -= len("nt-b")
    assert once.chunks == stream(rest[:at], rest[at:] + tail[:9], tail[9:to], tail[to:]).chunks


@pytest.mark.parametrize(
    ("lines", "scrubbed"),
    [
        pytest.param([r"[\w.]+@[\w.]+ => <email>"], ["I am <email>", " of sk"], id="a-users-own"),
        pytest.param([r"\S+@\S+ => <email>", "<email> of => <nobody>"], ["I am <nobody>", " sk"], id="in-their-order"),
        pytest.param([r'("text":")I [^"]* => \1<gone>'], ["<gone>", "xample.com of sk"], id="as-it-is-sent"),
    ],
)
def test_a_users_rules_see_what_the_events_add_up_to(lines: list[str], scrubbed: list[str]) -> None:
    recorded = stream(delta("I am ana@e"), delta("xample.com of sk"))

    assert Scrubber(rules=read_rules(lines)).response(recorded).chunks == stream(*map(delta, scrubbed)).chunks


def test_a_users_rules_for_the_body_come_before_the_built_in_ones_for_the_text() -> None:
    rules = read_rules([r'("text":")sk-ant[^"]* => \1<mine>'])

    once = Scrubber(rules=rules).response(stream(delta("sk-ant-b, and more"), delta(" of it")))

    assert once.chunks == stream(delta("<mine>"), delta(" of it")).chunks


@pytest.mark.parametrize("ask", [sync_stream, async_stream])
def test_the_sdk_reads_what_was_scrubbed(ask: Callable[..., str]) -> None:
    events = [*STREAM[:2], delta("Take sk-a"), delta("nt-api03-b"), delta(", friend."), *STREAM[3:]]
    once = Scrubber().response(stream(*events))
    sent = request(dump(REQUEST | {"stream": True}))

    answer = ask(replay(Cassette(header=HEADER, interactions=(Interaction(request=sent, response=once),))))

    assert answer == "Take <api-key>, friend."


# --- edges ---------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("edits", "edges", "whole", "moved"),
    [
        ([], (0, 6), "abcdef", (0, 6)),
        ([Edit(1, 3, "-")], (0, 1, 2, 3, 6), "a-def", (0, 1, 2, 2, 5)),
        ([Edit(0, 2, "123"), Edit(2, 4, "")], (1, 2, 3, 4, 5, 6), "123ef", (3, 3, 3, 3, 4, 5)),
        ([Edit(3, 3, "-"), Edit(6, 6, "!")], (3, 6), "abc-def!", (4, 8)),
        ([Edit(0, 6, "")], (2, 2, 6, 6), "", (0, 0, 0, 0)),
    ],
)
def test_edges_stay_with_what_they_stood_between(
    edits: list[Edit[str]], edges: tuple[int, ...], whole: str, moved: tuple[int, ...]
) -> None:
    assert splice("abcdef", edits, edges) == (whole, moved)


@given(st.text(), st.text("Qa b-", max_size=9))
def test_a_stream_of_one_event_loses_what_a_plain_body_loses(before: str, after: str) -> None:
    text = f"{before} sk-ant-{after}"

    once = Scrubber().response(stream(delta(text)))

    assert spell(once) == {(0, "text"): scrub(text.encode(), BUILT_IN)[0].decode()}
