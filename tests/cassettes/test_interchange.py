"""Import and export of vcrpy's YAML: every byte of a body, and no credential."""

import gzip
from pathlib import Path
from typing import Any

import httpx2
import pytest
import vcr
import yaml
from hypothesis import given
from hypothesis import strategies as st

from harness.cassettes.format import Cassette, Chunk, Failure, Interaction, RecordedRequest, RecordedResponse
from harness.cassettes.interchange import read_vcr, split_events, write_vcr
from harness.errors import CassetteError
from tests.cassettes.examples import HEADER, cassette, dump, interaction, message

URL = "https://api.anthropic.com/v1/messages"
ANSWER = dump(message("Hi"))


def vcr_file(folder: Path, *items: dict[str, Any]) -> Path:
    path = folder / "vcr.yaml"
    path.write_bytes(yaml.dump({"version": 1, "interactions": list(items)}).encode())
    return path


def item(body: Any = '{"a":1}', response: Any = None, *, uri: str = URL, **headers: str) -> dict[str, Any]:
    return {
        "request": {"method": "POST", "uri": uri, "body": body, "headers": {"x-api-key": ["sk-ant-secret"]}},
        "response": {
            "status": {"code": 200, "message": "OK"},
            "headers": {name.replace("_", "-"): [value] for name, value in headers.items()},
            "body": {"string": ANSWER if response is None else response},
        },
    }


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        pytest.param('{"a": "é"}', '{"a": "é"}'.encode(), id="text"),
        pytest.param(b"\xff\x00", b"\xff\x00", id="binary"),
        pytest.param({"b": "é", "a": [1, None]}, '{"b":"é","a":[1,null]}'.encode(), id="parsed-json"),
        pytest.param(None, b"", id="none"),
    ],
)
def test_request_bodies_of_every_kind(body: Any, expected: bytes, tmp_path: Path) -> None:
    path = tmp_path / "vcr.yaml"
    text = yaml.dump({"version": 1, "interactions": [item(body)]}, sort_keys=False)
    path.write_bytes(text.encode())

    (read,) = read_vcr(path).interactions

    assert (read.request.method, read.request.path, read.request.body) == ("POST", "/v1/messages", expected)
    assert read.response.body == ANSWER


def test_bodies_that_a_project_keeps_parsed_under_a_name_of_its_own(tmp_path: Path) -> None:
    one = item(content_encoding="gzip")
    one["request"]["parsed_body"] = {"a": 1}
    one["response"]["parsed_body"] = {"b": 2}
    del one["request"]["body"], one["response"]["body"]

    (read,) = read_vcr(vcr_file(tmp_path, one)).interactions

    assert (read.request.body, read.response.body) == (b'{"a":1}', b'{"b":2}')


def test_response_of_an_older_vcrpy(tmp_path: Path) -> None:
    one = item()
    one["response"] = {"status_code": 429, "headers": {"Retry-After": "1"}, "content": "slow down"}

    (read,) = read_vcr(vcr_file(tmp_path, one)).interactions

    assert (read.response.status, dict(read.response.headers)) == (429, {"retry-after": "1"})
    assert read.response.body == b"slow down"


def test_foreign_metadata_is_passed_over(tmp_path: Path) -> None:
    path = tmp_path / "vcr.yaml"
    path.write_bytes(yaml.dump({"version": 1, "interactions": [item()], "metadata": [1]}).encode())

    assert read_vcr(path).header.origin == "anthropic"


def test_compressed_response_of_a_file_is_decoded_and_loses_the_header(tmp_path: Path) -> None:
    one = item(response=gzip.compress(ANSWER), content_encoding="gzip", content_type="application/json")

    (read,) = read_vcr(vcr_file(tmp_path, one)).interactions

    assert read.response.body == ANSWER
    assert dict(read.response.headers) == {"content-type": "application/json"}


def test_credentials_and_organisation_stay_behind(tmp_path: Path) -> None:
    one = item(anthropic_organization_id="org-secret", set_cookie="secret", request_id="req_1")

    read = read_vcr(vcr_file(tmp_path, one))

    assert dict(read.interactions[0].response.headers) == {"request-id": "req_1"}
    assert "secret" not in repr(read)


@pytest.mark.parametrize(
    ("uri", "origin"),
    [
        (URL, "anthropic"),
        ("http://127.0.0.1:80/x", "emulator"),
        ("http://[::1]/x", "emulator"),
        ("http://LOCALHOST/x", "emulator"),
        ("http://127.0.0.1.evil.example/x", "anthropic"),
    ],
)
def test_header_tells_who_answered_and_when(uri: str, origin: str, tmp_path: Path) -> None:
    path = vcr_file(tmp_path, item(uri=uri, date="Mon, 23 Nov 2026 10:00:00 GMT"))

    header = read_vcr(path).header

    assert (header.origin, header.recorded_at) == (origin, "2026-11-23T10:00:00Z")
    assert header.sdk == "imported from vcrpy"


@pytest.mark.parametrize(
    ("content", "message"),
    [
        pytest.param(b"a: [", "not YAML: ", id="not-yaml"),
        pytest.param(b"a: \xff", "not UTF-8 text: invalid start byte", id="not-utf-8"),
        pytest.param(b"", "the file is empty", id="empty"),
        pytest.param(b"interactions: 3", "not a vcrpy cassette: it has no list of interactions", id="no-list"),
        pytest.param(
            b"interactions: [{}]", "interactions\\[0\\]: not in vcrpy's form: KeyError at 'request'", id="bare"
        ),
        pytest.param(b"interactions: [7]", "interactions\\[0\\]: not in vcrpy's form: TypeError at ", id="number"),
        pytest.param(b"a: !!python/object/apply:os.getcwd []", "not YAML: ", id="code"),
    ],
)
def test_file_that_is_no_cassette_is_named(content: bytes, message: str, tmp_path: Path) -> None:
    path = tmp_path / "vcr.yaml"
    path.write_bytes(content)

    with pytest.raises(CassetteError, match=f"vcr.yaml:(1:)? {message}"):
        read_vcr(path)


def round_trip(old: Cassette, folder: Path) -> Cassette:
    write_vcr(old, folder / "out.yaml")
    return read_vcr(folder / "out.yaml")


BODIES = (
    st.binary(max_size=60) | st.text(max_size=60).map(str.encode) | st.sampled_from([b"\r\n", "\x85\u2028".encode()])
)


@given(bodies=st.lists(st.tuples(BODIES, BODIES, st.booleans()), min_size=1, max_size=4))
def test_round_trip_keeps_every_byte(
    bodies: list[tuple[bytes, bytes, bool]], tmp_path_factory: pytest.TempPathFactory
) -> None:
    answers = [
        Interaction(
            request=RecordedRequest.from_body("POST", "/v1/messages?beta=true", request),
            response=RecordedResponse(
                status=200,
                headers={"content-type": "text/event-stream"} if is_stream else {},
                chunks=tuple(map(Chunk, split_events(response, is_stream))),
            ),
        )
        for request, response, is_stream in bodies
    ]
    old = cassette(*answers)

    new = round_trip(old, tmp_path_factory.getbasetemp())

    assert new == old
    assert new.header == HEADER
    assert [one.request.body for one in new.interactions] == [request for request, _, _ in bodies]


@given(body=st.binary(max_size=80) | st.lists(st.sampled_from([b"\n", b"\r\n", b"data: 1"]), max_size=9).map(b"".join))
def test_split_events_keep_every_byte(body: bytes) -> None:
    assert b"".join(split_events(body, True)) == body


def test_stock_vcrpy_plays_an_export(tmp_path: Path) -> None:
    write_vcr(cassette(interaction({"a": 1}, ANSWER), interaction({"a": 2}, b"\xff\xfe")), tmp_path / "out.yaml")

    with vcr.use_cassette(tmp_path / "out.yaml", record_mode="none", match_on=["method", "path", "raw_body"]) as played:
        answers = [httpx2.post(URL, content=dump({"a": number})).content for number in (2, 1)]

        assert played.all_played
    assert answers == [b"\xff\xfe", ANSWER]


def test_call_that_broke_off_cannot_be_exported(tmp_path: Path) -> None:
    broken = RecordedResponse(status=None, headers={}, chunks=(), failure=Failure("ReadTimeout", "late"))
    one = Interaction(request=interaction({}).request, response=broken)

    with pytest.raises(CassetteError, match=r"interactions\[0\] broke off with ReadTimeout"):
        write_vcr(cassette(one), tmp_path / "out.yaml")
    assert list(tmp_path.iterdir()) == []
