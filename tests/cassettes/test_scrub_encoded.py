"""Keys in every form: encoded, in a URL, under a name that says what they are, and the run's own."""

import base64
import gzip
import json
import quopri
import zlib
from collections.abc import Callable
from urllib.parse import quote

import pytest
from hypothesis import given
from hypothesis import strategies as st

from harness.cassettes.credentials import read_credentials
from harness.cassettes.format import Failure, RecordedRequest, RecordedResponse
from harness.cassettes.scrub import Scrubber
from harness.settings import read_keys
from tests.cassettes.examples import dump, request, response

KEY = "sk-ant-api03-QQQQ7777-zzzz_9999"
OWN = "gateway/Key+QQQQ7777=="


def escape(text: str) -> str:
    return "".join(f"\\u{ord(letter):04x}" for letter in text)


def spell(text: str) -> str:
    """Spell every character in quoted-printable."""
    return "".join(f"={ord(letter):02X}" for letter in text)


def b64(text: str) -> str:
    return base64.b64encode(text.encode()).decode()


ENCODE: dict[str, Callable[[str], str]] = {
    "plain": str,
    "base64": b64,
    "base64-of-a-pair": lambda text: b64(f"user:{text}"),
    "base64-within-a-word": lambda text: f"x{b64(f'a {text} b')}",
    "base64-for-urls": lambda text: base64.urlsafe_b64encode(f"???>>>{text}".encode()).decode(),
    "base64-in-lines": lambda text: base64.encodebytes(("text before " * 6 + text).encode()).decode(),
    "base64-twice": lambda text: b64(b64(text)),
    "base64-of-gzip": lambda text: base64.b64encode(gzip.compress(text.encode(), mtime=0)).decode(),
    "base64-of-zlib": lambda text: base64.b64encode(zlib.compress(text.encode())).decode(),
    "base64-of-utf-16": lambda text: base64.b64encode(text.encode("utf-16-le")).decode(),
    "hex": lambda text: text.encode().hex(),
    "HEX": lambda text: text.encode().hex().upper(),
    "url": lambda text: quote(text, safe=""),
    "url-throughout": lambda text: "".join(f"%{ord(letter):02x}" for letter in text),
    "url-twice": lambda text: quote(quote(text, safe=""), safe="").replace("-", "%2D"),
    "json": escape,
    "json-in-json": lambda text: json.dumps(escape(text))[1:-1],
    "slashes": lambda text: text.replace("/", "\\/"),
    "html": lambda text: "".join(f"&#{ord(letter)};" for letter in text),
    "quoted-printable": spell,
    "quoted-printable-lines": lambda text: quopri.encodestring(("word " * 13 + text).encode(), quotetabs=True).decode(),
}


@pytest.mark.parametrize("encode", ENCODE.values(), ids=ENCODE)
@pytest.mark.parametrize("key", [KEY, OWN], ids=["pattern", "own"])
def test_encoded_key_is_taken_out_and_the_rest_stays(encode: Callable[[str], str], key: str) -> None:
    scrubber = Scrubber(values=frozenset({OWN}))
    body = f'{{"a":"before {encode(key)} after"}}'.encode()

    sent, answer = scrubber.request(request(body)), scrubber.response(response(body))

    for changed in (sent.body, answer.body):
        assert encode(key).encode() not in changed
        assert changed.startswith(b'{"a":"before ')
        assert changed.endswith(b' after"}')
    assert scrubber.request(sent) is sent
    assert scrubber.response(answer) is answer


@given(st.binary(max_size=400))
def test_base64_without_a_key_stays(data: bytes) -> None:
    sent = request({"data": base64.b64encode(data).decode(), "hex": data.hex()})

    assert Scrubber(values=frozenset({OWN})).request(sent) is sent


@pytest.mark.parametrize(
    ("body", "scrubbed"),
    [
        (b'{"mcp_servers":[{"authorization_token":"abc"}]}', b'{"mcp_servers":[{"authorization_token":"<secret>"}]}'),
        (b'{"api_key" : "a\\"b", "x":1}', b'{"api_key" : "<secret>", "x":1}'),
        (b'{"my_api_key":""}', b'{"my_api_key":""}'),
        (b'{"text":"set \\"api_key\\": \\"...\\""}', b'{"text":"set \\"api_key\\": \\"...\\""}'),
        (b'{"properties":{"api_key":{"type":"string"}}}', b'{"properties":{"api_key":{"type":"string"}}}'),
        (b"model=x&api_key=abcdef&n=1", b"model=x&api_key=<secret>&n=1"),
        (b'see "https://a.example/?n=1&access_token=abcdef"', b'see "https://a.example/?n=1&access_token=<secret>"'),
        (
            b'--x\r\nContent-Disposition: form-data; name="api_key"\r\n\r\nabc\r\n--x--',
            b'--x\r\nContent-Disposition: form-data; name="api_key"\r\n\r\n<secret>\r\n--x--',
        ),
        (b'{"headers":"x-api-key: abcd1234abcd1234"}', b'{"headers":"x-api-key: <api-key>"}'),
        (b"Authorization: Basic dXNlcjpwYXNz.", b"Authorization: Basic <token>."),
    ],
)
def test_values_whose_name_says_that_they_are_secret(body: bytes, scrubbed: bytes) -> None:
    assert Scrubber().request(request(body)).body == scrubbed


@pytest.mark.parametrize(
    ("path", "scrubbed"),
    [
        ("/v1/messages?api_key=abc&beta=true", "/v1/messages?api_key=<secret>&beta=true"),
        ("/v1/messages?key=abc", "/v1/messages?key=<secret>"),
        ("/v1/messages?X-Amz-Signature=abc&X-Amz-Date=1", "/v1/messages?X-Amz-Signature=<secret>&X-Amz-Date=1"),
        ("/v1/messages?q=sk%2Dant-abc%20d", "/v1/messages?q=<api-key>%20d"),
        ("/v1/messages?q=gateway%2FKey%2BQQQQ7777%3D%3D", "/v1/messages?q=<api-key>"),
        ("/bot/sk-ant-abc/x", "/bot/<api-key>/x"),
        ("/proxy/AKIAQYLPMN5HHHFPZAM2/v1", "/proxy/<secret>/v1"),
        ("/v1/messages?key", "/v1/messages?key"),
        ("/v1/messages?beta=true", "/v1/messages?beta=true"),
        ("/v1/messages/batches/msgbatch_013Zva2CMHLNnXjNJJKqJ2EF/results", None),
        ("/v1/files?limit=20&after_id=file_011CNha8iCJcU1wXNR6q4V8w", None),
        ("/a%20b?c=%C3%A9", None),
    ],
)
def test_keys_in_a_path_or_query(path: str, scrubbed: str | None) -> None:
    scrubber = Scrubber(values=frozenset({OWN}))

    once = scrubber.request(RecordedRequest.from_body("POST", path, b"{}"))

    assert once.path == (path if scrubbed is None else scrubbed)
    assert scrubber.request(once) is once


@pytest.mark.parametrize(
    ("message", "scrubbed"),
    [
        ("GET https://user:pass@host/x failed", "GET https://<secret>@host/x failed"),
        ("401 for https://host/x?key=abc&n=1", "401 for https://host/x?key=<secret>&n=1"),
        (f"no such key: {OWN}", "no such key: <api-key>"),
        ("bad token ghp_" + "a1B2" * 9, "bad token <secret>"),
    ],
)
def test_error_that_quotes_a_key(message: str, scrubbed: str) -> None:
    broken = RecordedResponse(status=None, headers={}, chunks=(), failure=Failure("ConnectError", message))

    once = Scrubber(values=frozenset({OWN})).response(broken)

    assert once.failure == Failure("ConnectError", scrubbed)
    assert Scrubber().response(once) is once


def test_headers_that_are_kept_are_scrubbed() -> None:
    answer = RecordedResponse(
        status=200, headers={"request-id": KEY, "content-type": "text/html; x=AKIAQYLPMN5HHHFPZAM2"}, chunks=()
    )

    assert Scrubber().response(answer).headers == {"request-id": "<api-key>", "content-type": "text/html; x=<secret>"}


@pytest.mark.parametrize(
    ("headers", "url", "found"),
    [
        ({"authorization": "Bearer abcdefgh"}, "https://host/", {"abcdefgh"}),
        ({"X-Api-Key": "abcdefgh", "anthropic-version": "2023-06-01"}, "https://host/", {"abcdefgh"}),
        ({"authorization": f"Basic {b64('user:password1')}"}, "https://host/", {b64("user:password1"), "password1"}),
        ({"cookie": "a=abcdefgh; b=1"}, "https://host/", {"abcdefgh"}),
        ({"x-api-key": "offline", "idempotency-key": "abcdefgh"}, "https://host/", set()),
        ({}, "https://me:pass%20word@host/?key=abcdefgh&n=12345678", {"abcdefgh"}),
        ({}, "https://me:passw%2Frd1@host/", {"passw/rd1"}),
        ({}, "https://[", set()),
    ],
)
def test_keys_of_a_request_are_read_from_headers_and_url(headers: dict[str, str], url: str, found: set[str]) -> None:
    assert read_credentials(headers.items(), url) == found


def test_keys_of_the_environment_are_those_of_anthropic_and_what_looks_random() -> None:
    assert read_keys(
        {
            "ANTHROPIC_API_KEY": "my-own-gateway",
            "ANTHROPIC_AUTH_TOKEN": "short",
            "ANTHROPIC_CUSTOM_HEADERS": "x-proxy: Bearer abcdefgh\nx-other: 1",
            "ANTHROPIC_BASE_URL": "https://me:password1@gateway.example/v1",
            "https_proxy": "http://me:password2@proxy:8080",
            "AWS_SECRET_ACCESS_KEY": "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY",
            "GH_TOKEN": "ghp_a1B2a1B2a1B2a1B2",
            "PRIMARY_KEY": "customer_id",
            "SSH_KEY": "/home/me/.ssh/id_ed25519",
            "PATH": "/usr/bin:/usr/local/bin1",
        }
    ) == {
        "my-own-gateway",
        "abcdefgh",
        "password1",
        "password2",
        "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY",
        "ghp_a1B2a1B2a1B2a1B2",
    }


def test_own_key_that_a_stream_spells_in_base64_is_taken_out() -> None:
    packed = b64(f"key {OWN}")
    events = [
        b"data: " + dump({"type": "content_block_delta", "index": 0, "delta": {"type": "text_delta", "text": text}})
        for text in (packed[:9], packed[9:20], packed[20:])
    ]
    answer = response(b"\n\n".join(events), content_type="text/event-stream")

    once = Scrubber(values=frozenset({OWN})).response(answer)

    texts = [json.loads(line[6:])["delta"]["text"] for line in once.body.splitlines() if line]
    assert "".join(texts) == b64("key <api-key>")
