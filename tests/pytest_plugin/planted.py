"""An API on loopback that gives secrets away, and the tests of a project that give them away too."""

import gzip
import json
from base64 import b64decode
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread

from tests.cassettes.examples import dump, message

PLACES = (
    "headers",
    "query",
    "body",
    "answer",
    "stream",
    "compressed",
    "error",
    "tool-result",
    "base64",
    "user-info",
    "multipart",
    "log",
)
TEXTS = frozenset({"body", "answer", "stream", "compressed", "error", "tool-result", "base64", "multipart"})
"""Places in the text of a prompt or answer, where secrets of others are refused instead of removed."""

TESTS = """
import base64
import json
import logging
import os
from pathlib import Path
from urllib.parse import quote

import httpx2
import pytest

PLANTS = json.loads(Path(os.environ["PLANTS"]).read_text())
MARKED = {"cache_control": {"type": "ephemeral"}}


def body(system, *content):
    return {
        "model": "claude-sonnet-5-5",
        "max_tokens": 64,
        "system": [{"type": "text", "text": system + " Be kind." * 300, **MARKED}],
        "messages": [{"role": "user", "content": list(content) or "Hi"}],
    }


@pytest.mark.parametrize("kind", PLANTS["kinds"])
@pytest.mark.parametrize("place", PLANTS["places"])
def test_plant(kind, place, harness_cassette):
    secret = PLANTS["kinds"][kind]
    line = secret.replace("\\n", "\\\\n")
    url = f"{harness_cassette.base_url}/v1/messages"
    headers = {"x-api-key": PLANTS["own"], "x-place": place, "x-payload": base64.b64encode(secret.encode()).decode()}
    sent = {"content": json.dumps(body("")).encode()}
    if place == "headers":
        headers |= {"x-other": line, "authorization": line, "cookie": f"a={line}"}
    if place == "query":
        url += f"?q={quote(secret, safe='')}&key={quote(secret, safe='')}"
    if place == "user-info":
        url = url.replace("://", f"://user:{quote(secret, safe='')}@")
    if place == "body":
        sent = {"content": json.dumps(body(f"it is\\n{secret}\\n")).encode()}
    if place == "tool-result":
        result = {"type": "tool_result", "tool_use_id": "toolu_1", "content": f"it is\\n{secret}\\n"}
        sent = {"content": json.dumps(body("", result)).encode()}
    if place == "base64":
        data = base64.b64encode(f"it is\\n{secret}\\n".encode()).decode()
        source = {"type": "base64", "media_type": "text/plain", "data": data}
        sent = {"content": json.dumps(body("", {"type": "document", "source": source})).encode()}
    if place == "multipart":
        url = url.replace("/messages", "/files")
        headers["content-type"] = "multipart/form-data; boundary=x"
        part = 'Content-Disposition: form-data; name="file"; filename="a.txt"'
        sent = {"content": f"--x\\r\\n{part}\\r\\n\\r\\n{secret}\\r\\n--x--\\r\\n".encode()}
    if place == "log":
        logging.getLogger("app").warning("the secret is %s", secret)
    answer = httpx2.post(url, headers=headers, verify=False, **sent)
    assert answer.status_code == (400 if place == "error" else 200)
    assert answer.read()
"""


def _split(text: str) -> bytes:
    """A stream that spells a text over several events."""
    third = len(text) // 3 + 1
    events = [{"type": "message_start", "message": message("") | {"content": []}}]
    events.append({"type": "content_block_start", "index": 0, "content_block": {"type": "text", "text": ""}})
    for start in range(0, len(text), third):
        delta = {"type": "text_delta", "text": text[start : start + third]}
        events.append({"type": "content_block_delta", "index": 0, "delta": delta})
    events.append({"type": "message_delta", "delta": {"stop_reason": "end_turn"}, "usage": {"output_tokens": 5}})
    return b"".join(f"event: {event['type']}\ndata: ".encode() + dump(event) + b"\n\n" for event in events)


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def do_POST(self) -> None:
        self.rfile.read(int(self.headers["content-length"]))
        place, secret = self.headers["x-place"], b64decode(self.headers["x-payload"]).decode()
        text = f"it is\n{secret}\n"
        status, kind, body, headers = 200, "application/json", dump(message("Hi")), {"request-id": "req_1"}
        if place == "answer":
            body = dump(message(text))
        if place == "stream":
            kind, body = "text/event-stream", _split(text)
        if place == "compressed":
            body, headers = gzip.compress(dump(message(text))), {"content-encoding": "gzip"}
        if place == "error":
            status, body = 400, dump({"type": "error", "error": {"type": "invalid_request_error", "message": text}})
        if place == "headers":
            value = secret.replace("\n", "\\n")
            headers = {"request-id": value, "set-cookie": f"a={value}", "anthropic-organization-id": value}
        self.send_response(status)
        for name, value in {**headers, "content-type": kind, "content-length": str(len(body))}.items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *args: object) -> None:
        """Say nothing."""


@contextmanager
def leaky_api() -> Iterator[str]:
    """Serve the API that gives secrets away; yields its URL."""
    with ThreadingHTTPServer(("127.0.0.1", 0), _Handler) as server:
        thread = Thread(target=server.serve_forever, daemon=True)
        thread.start()
        try:
            yield f"http://127.0.0.1:{server.server_port}"
        finally:
            server.shutdown()
            thread.join()


def to_json(kinds: dict[str, str], own: str) -> str:
    """The file that the tests read their secrets from, outside of the project."""
    return json.dumps({"kinds": kinds, "places": PLACES, "own": own})
