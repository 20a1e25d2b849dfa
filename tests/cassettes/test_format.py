import json
import re
from hashlib import sha256
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from harness.cassettes.format import (
    BLOB_CHARACTERS,
    Cassette,
    Chunk,
    Header,
    Interaction,
    RecordedRequest,
    RecordedResponse,
    decode,
    encode,
    sign,
)
from harness.errors import CassetteError
from tests.cassettes.examples import cassette, dump, interaction, request, response
from tests.test_numbers import PAIRS

LONG = "x" * BLOB_CHARACTERS
CHANGED = "changed since it was recorded (its sha256 differs): edited by hand, or with other line endings"

TEXTS = st.text(st.characters(exclude_categories=["Cs"]))
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | TEXTS | st.just(LONG) | st.just("$blob"),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(TEXTS | st.just("$blob"), inner, max_size=4),
    max_leaves=12,
)
BODIES = (
    st.binary(max_size=200)
    | TEXTS.map(str.encode)
    | JSON.map(dump)
    | JSON.map(lambda value: json.dumps(value, indent=2).encode())
)
CHUNKS = st.lists(st.builds(Chunk, BODIES, st.integers(0, 5000)), min_size=1, max_size=5).map(tuple)
CASSETTES = st.builds(
    Cassette,
    header=st.builds(Header, origin=st.sampled_from(["anthropic", "emulator"]), recorded_at=TEXTS, sdk=TEXTS),
    interactions=st.lists(
        st.builds(
            Interaction,
            request=st.builds(RecordedRequest.from_body, st.sampled_from(["GET", "POST"]), TEXTS, BODIES),
            response=st.builds(
                RecordedResponse,
                status=st.integers(100, 599),
                headers=st.dictionaries(TEXTS, TEXTS, max_size=3),
                chunks=CHUNKS,
            ),
        ),
        max_size=3,
    ).map(tuple),
)


class Blobs(dict[str, str]):
    """Keep blobs in memory, under arbitrary names."""

    def put(self, text: str) -> str:
        digest = f"blob{len(self)}"
        self[digest] = text
        return digest

    def get_blob(self, digest: str) -> str:
        return self[digest]


def round_trip(recorded: Cassette) -> Cassette:
    blobs = Blobs()
    return decode(encode(recorded, blobs.put), blobs.get_blob)


def key(method: str, path: str, body: bytes) -> tuple[str, str, str]:
    return RecordedRequest.from_body(method, path, body).key


def document(*interactions: Interaction) -> Any:
    return json.loads(encode(cassette(*interactions), Blobs().put))


def load(changed: Any) -> Cassette:
    """Decode a document that was changed and signed again, including its bodies."""
    content = {key: value for key, value in changed.items() if key not in ("format", "sha256")}
    loaded = decode(sign(content).replace('"format": 1', f'"format": {changed["format"]}', 1), Blobs().get_blob)
    for recorded in loaded.interactions:
        assert recorded.request.body is not None
    return loaded


@given(CASSETTES)
def test_a_cassette_comes_back_with_every_byte(recorded: Cassette) -> None:
    assert round_trip(recorded) == recorded


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"null",
        b"\xff\xfe",
        b'{"a":1}',
        b'{"a": 1}',
        b'{"a":1,"a":2}',
        b'{"b":1,"a":2}',
        b'{"a":1.0}',
        b'{"a":1e5}',
        b'{"a":-0}',
        b'{"a":1e999}',
        b'{"a":NaN}',
        b'"\\ud800"',
        b'"\\u00e9"',
        '"é\u2028"'.encode(),
        b'{"$blob":"x"}',
        b"\xef\xbb\xbf{}",
        b"line\r\nline",
        b"9" * 5_000,
        b"[" * 500 + b"]" * 500,
        b"[" * 2_000 + b"]" * 2_000,
        b"[" * 200_000,
    ],
    ids=lambda body: repr(body[:16]),
)
def test_a_body_that_is_hard_to_keep_as_json_comes_back_to_the_byte(body: bytes) -> None:
    recorded = cassette(interaction(body, body))
    assert round_trip(recorded) == recorded


def test_the_pieces_of_a_stream_are_kept_apart_even_in_the_middle_of_a_character() -> None:
    euro = "€".encode()
    recorded = cassette(interaction({}, b"a", euro[:1], euro[1:], b""))
    assert round_trip(recorded) == recorded


@given(st.lists(st.binary(max_size=20), max_size=5).map(tuple))
def test_no_piece_at_all_is_an_empty_body(chunks: tuple[bytes, ...]) -> None:
    recorded = cassette(Interaction(request=request({}), response=response(*chunks)))
    assert round_trip(recorded).interactions[0].response.body == b"".join(chunks)


def test_a_cassette_reads_as_json_with_long_texts_by_name() -> None:
    blobs = Blobs()
    text = encode(cassette(interaction({"system": LONG, "max_tokens": 5}, b"{}")), blobs.put)
    assert text.endswith("}\n")
    digest = sha256(text.split("\n", 3)[3].encode()).hexdigest()
    assert json.loads(text) == {
        "format": 1,
        "sha256": digest,
        "recorded": {"from": "emulator", "at": "2026-11-23T10:00:00Z", "sdk": "anthropic 2.12.0"},
        "interactions": [
            {
                "request": {
                    "method": "POST",
                    "path": "/v1/messages",
                    "sha256": "21089ebe3887ff5395d46d422f11de87fe8062cab03a580f260cfafff908b135",
                    "json": {"system": {"$blob": "blob0"}, "max_tokens": 5},
                },
                "response": {
                    "status": 200,
                    "headers": {"content-type": "application/json"},
                    "sha256": "44136fa355b3678a1146ad16f7e8649e94fb4fc21fe77e8310c060f61caaff8a",
                    "json": {},
                },
            }
        ],
    }
    assert blobs == {"blob0": LONG}


@pytest.mark.parametrize(("length", "blobs"), [(BLOB_CHARACTERS - 1, 0), (BLOB_CHARACTERS, 1)])
def test_a_text_becomes_a_blob_from_a_thousand_characters_on(length: int, blobs: int) -> None:
    put = Blobs()
    encode(cassette(interaction({"a": ["é" * length]})), put.put)
    assert len(put) == blobs


def test_text_stays_readable_in_a_pull_request() -> None:
    assert "Grüße 🌍" in encode(cassette(interaction({"system": "Grüße 🌍"})), Blobs().put)


# --- tampering -----------------------------------------------------------------------------------------------

BODY_CHANGES: tuple[tuple[str, str, Any], ...] = (
    ("request", "json", {"model": "b"}),
    ("request", "json", {"model": "a", "extra": 1}),
    ("request", "text", '{"model": "a"}'),
    ("request", "sha256", "0" * 64),
    ("response", "json", {"answer": 2}),
    ("response", "chunks", [[0, "{}"], [0, ""]]),
    ("response", "sha256", "0" * 64),
)


@pytest.mark.parametrize(("side", "field", "value"), BODY_CHANGES)
def test_a_body_that_was_edited_is_detected(side: str, field: str, value: Any) -> None:
    changed = document(interaction({}), interaction({"model": "a"}, b'{"answer":1}'))
    if field != "sha256":
        changed["interactions"][1][side].pop("json")
    changed["interactions"][1][side][field] = value
    message = f"interactions[1].{side}: the body is not the one that was recorded (its sha256 differs)"
    with pytest.raises(CassetteError, match=f"^{re.escape(message)}$"):
        load(changed)


def test_a_blob_of_another_text_is_detected() -> None:
    text = encode(cassette(interaction({"system": LONG})), Blobs().put)
    (loaded,) = decode(text, lambda _: LONG + "x").interactions
    with pytest.raises(CassetteError, match="the body is not the one that was recorded"):
        _ = loaded.request.body


@given(place=st.integers(min_value=0), replacement=st.characters(exclude_categories=["Cs"]))
def test_one_changed_character_gives_an_error_or_the_recorded_bodies(place: int, replacement: str) -> None:
    recorded = cassette(interaction({"model": "a", "n": [1, 2.5, None]}, b"a", b"\xff"), interaction(b"\xfe", b"text"))
    text = encode(recorded, Blobs().put)
    place %= len(text)
    try:
        changed = decode(text[:place] + replacement + text[place + 1 :], Blobs().get_blob)
    except CassetteError:
        return
    for old, new in zip(recorded.interactions, changed.interactions, strict=True):
        assert old.request.body == new.request.body
        assert old.response.body == new.response.body


@given(length=st.integers(min_value=0))
def test_a_text_that_was_cut_off_is_an_error(length: int) -> None:
    text = encode(cassette(interaction({"model": "a"}, b"a", b"b")), Blobs().put).rstrip()
    with pytest.raises(CassetteError):
        decode(text[: length % len(text)], Blobs().get_blob)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "not a cassette: Expecting value: line 1 column 1 (char 0)"),
        ("[]", "cassette format is None, expected 1"),
        ("{}", "cassette format is None, expected 1"),
        ('{"format": 2}', "cassette format is 2, expected 1"),
        ('{"format": "1"}', "cassette format is '1', expected 1"),
        ('{"format": 1}', CHANGED),
        (sign({"recorded": {}}).replace("{}", "{ }"), CHANGED),
        (sign({"interactions": []}), "not a cassette: KeyError at 'recorded'"),
        (sign({"recorded": {"from": "elsewhere"}}), "recorded from 'elsewhere', expected anthropic or emulator"),
        (
            sign({"recorded": {"from": "emulator", "at": "", "sdk": ""}}),
            "not a cassette: KeyError at 'interactions'",
        ),
    ],
)
def test_what_is_no_cassette_of_this_version_is_an_error_that_says_why(text: str, message: str) -> None:
    with pytest.raises(CassetteError, match=f"^{re.escape(message)}$"):
        decode(text, Blobs().get_blob)


# A field of an interaction and a value of the wrong type or form for it.
WRONG_VALUES: tuple[tuple[str, str, Any], ...] = (
    ("request", "sha256", None),
    ("request", "json", "\ud800"),
    ("request", "text", "\ud800"),
    ("request", "base64", "é"),
    ("request", "base64", "a"),
    ("request", "base64", 5),
    ("response", "status", "ok"),
    ("response", "status", None),
    ("response", "headers", []),
    ("response", "headers", None),
    ("response", "chunks", 5),
    ("response", "chunks", [5]),
    ("response", "chunks", ["{}"]),
    ("response", "chunks", [[0, "\ud800"]]),
    ("response", "chunks", [[0, {"base64": "é"}]]),
    ("response", "chunks", [["soon", "{}"]]),
    ("response", "failure", "ReadTimeout"),
    ("response", "failure", {"kind": "ReadTimeout"}),
)


@pytest.mark.parametrize(("side", "field", "value"), WRONG_VALUES)
def test_a_field_of_the_wrong_kind_is_a_cassette_error(side: str, field: str, value: Any) -> None:
    changed = document(interaction({"model": "a"}))
    if field in ("text", "base64", "json", "chunks"):
        changed["interactions"][0][side].pop("json")
    changed["interactions"][0][side][field] = value
    with pytest.raises(CassetteError):
        load(changed)


@pytest.mark.parametrize("interactions", [None, 5, [5], [None], [{}], {"a": 1}])
def test_interactions_of_the_wrong_kind_are_a_cassette_error(interactions: Any) -> None:
    with pytest.raises(CassetteError):
        load(document() | {"interactions": interactions})


# --- keys ----------------------------------------------------------------------------------------------------


def test_the_key_covers_method_path_and_the_exact_bytes() -> None:
    keys = {
        key("POST", "/v1/messages", b'{"a":1,"b":2}'),
        key("POST", "/v1/messages", b'{"b":2,"a":1}'),
        key("POST", "/v1/messages", b'{"a":1,"b":2} '),
        key("POST", "/v1/messages", b'{"a":1,"b":true}'),
        key("POST", "/v1/messages?beta=true", b'{"a":1,"b":2}'),
        key("GET", "/v1/messages", b'{"a":1,"b":2}'),
    }
    assert len(keys) == 6


def test_a_recorded_request_has_the_key_of_what_it_was() -> None:
    recorded = request({"a": 1})
    assert recorded.key == key("POST", "/v1/messages", b'{"a":1}')


@pytest.mark.parametrize("number", dict.fromkeys(text for pair in PAIRS for text in pair), ids="{:.20}".format)
def test_number_comes_back_as_it_was_sent(number: str) -> None:
    body = f'{{"tools":[{{"a":{number}}}]}}'.encode()
    request = RecordedRequest.from_body("POST", "/v1/messages", body)
    response = RecordedResponse(status=200, headers={}, chunks=(Chunk(body),))
    header = Header(origin="emulator", recorded_at="2026-11-23T10:00:00Z", sdk="anthropic 2.12.0")

    (kept,) = round_trip(
        Cassette(header=header, interactions=(Interaction(request=request, response=response),))
    ).interactions

    assert (kept.request.body, kept.response.body) == (body, body)
