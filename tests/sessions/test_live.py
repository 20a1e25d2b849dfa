"""Additions to requests for the real API, and what is read from its answers."""

import asyncio
import json
from collections.abc import Callable
from contextlib import suppress
from decimal import Decimal
from pathlib import Path
from typing import Any

import httpx2
import pytest
from anthropic import BadRequestError

from harness.calls.call import NO_DIVERGENCE, PENDING, Call
from harness.cassettes.store import CassetteStore
from harness.emulator.core import Emulator
from harness.emulator.pieces import Pieces
from harness.emulator.server import EmulatorServer
from harness.emulator.transport import EmulatorTransport
from harness.prompt.reader import PromptReader
from harness.sessions.budget import Budget, NotSentError
from harness.sessions.live import LiveRoute, add_prefix, add_question
from harness.sessions.record import RecordTransport
from harness.sessions.session import CallSession, SessionOptions
from tests.cassettes.examples import dump, message, request
from tests.cassettes.wire import REQUEST, STREAM, URL, WAYS, Upstream, async_sdk, sync_create, sync_sdk
from tests.conftest import Wire
from tests.recordings import counter

COUNT = counter()
TEXT = {"type": "text", "text": "Hello"}
MARKED = {"type": "text", "text": "Be kind.", "cache_control": {"type": "ephemeral"}}
IMAGE = {"type": "image", "source": {"type": "url", "url": "https://example.com/a.png"}}


def send_on(route: LiveRoute, upstream: httpx2.BaseTransport, calls: list[Call] | None = None) -> RecordTransport:
    return RecordTransport(upstream, origin="anthropic", on_call=([] if calls is None else calls).append, route=route)


# --- unique prefix -------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("before", "after"),
    [
        pytest.param({"system": "Be kind."}, {"system": "Run 1.\nBe kind."}, id="system-text"),
        pytest.param({"system": ""}, {"system": "Run 1.\n"}, id="empty-system-text"),
        pytest.param(
            {"system": [MARKED, TEXT]}, {"system": [MARKED | {"text": "Run 1.\nBe kind."}, TEXT]}, id="system-blocks"
        ),
        pytest.param(
            {"system": [], "messages": [{"role": "user", "content": "Hello"}]},
            {"system": [], "messages": [{"role": "user", "content": "Run 1.\nHello"}]},
            id="no-system-block",
        ),
        pytest.param(
            {"messages": [{"role": "user", "content": [IMAGE, TEXT, TEXT]}]},
            {"messages": [{"role": "user", "content": [IMAGE, TEXT | {"text": "Run 1.\nHello"}, TEXT]}]},
            id="first-text-of-a-message",
        ),
        pytest.param(
            {"messages": [{"role": "user", "content": [IMAGE]}, {"role": "assistant", "content": "Hello"}]},
            {"messages": [{"role": "user", "content": [IMAGE]}, {"role": "assistant", "content": "Run 1.\nHello"}]},
            id="first-text-of-all-messages",
        ),
        pytest.param(
            {"tools": [{"name": "look"}], "system": "Be kind."},
            {"tools": [{"name": "look"}], "system": "Run 1.\nBe kind."},
            id="tools-stay",
        ),
        pytest.param({"messages": [{"role": "user", "content": [IMAGE]}]}, None, id="no-text"),
        pytest.param({"messages": [None]}, None, id="no-message"),
        pytest.param({}, None, id="empty"),
    ],
)
def test_prefix_stands_before_the_first_text(before: dict[str, Any], after: dict[str, Any] | None) -> None:
    changed = add_prefix(dump(before), "Run 1.\n")

    assert (None if changed is None else json.loads(changed)) == after


def test_prefix_leaves_lone_surrogates_as_they_were() -> None:
    changed = add_prefix(b'{"system":"\\ud83d"}', "Run 1.\n")

    assert changed == b'{"system":"Run 1.\\n\\ud83d"}'


def test_request_without_room_for_the_prefix_is_not_sent() -> None:
    upstream, route = Upstream(b"{}"), LiveRoute(prefix="Run 1.\n")
    with sync_sdk(send_on(route, upstream)) as client, pytest.raises(NotSentError) as caught:
        client.messages.create(**REQUEST | {"messages": [{"role": "user", "content": [IMAGE]}]})

    assert upstream.seen == []
    assert route.refused == [caught.value]
    assert str(caught.value) == (
        "a request without any text has no place for a unique prefix, so it was not sent\n"
        "  fix:   omit --harness-unique-prefix for this test"
    )


def test_call_holds_what_the_application_sent(wire: Wire) -> None:
    calls: list[Call] = []

    sync_create(send_on(LiveRoute(prefix="Run 1.\n", is_asking=True), wire, calls))

    assert calls[0].request == REQUEST
    sent = json.loads(wire.sent[0].content)
    assert sent["messages"][0]["content"] == "Run 1.\nHello"
    assert sent["diagnostics"] == {"previous_message_id": None}
    assert wire.sent[0].headers["content-length"] == str(len(wire.sent[0].content))


def test_usage_is_of_the_call_as_billed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ANTHROPIC_API_KEY", "test-only")
    with EmulatorServer(Emulator(reader=PromptReader(COUNT), clock=lambda: 0.0)) as server:
        options = SessionOptions(
            mode="live",
            upstream="anthropic",
            store=CassetteStore(tmp_path),
            reader=PromptReader(COUNT),
            base_url=server.url,
            unique_prefix="Run 1.\n",
        )
        session = CallSession(options, "case")
        with session.anthropic() as client:
            client.messages.create(**REQUEST)

    assert session.calls[0].request == REQUEST
    assert session.as_billed(session.calls[0]).request["messages"][0]["content"] == "Run 1.\nHello"


# --- diagnostics ---------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("body", "previous", "asking"),
    [
        (b'{"model":"m"}', None, b'{"diagnostics":{"previous_message_id":null},"model":"m"}'),
        (b' {"a": 1e22, "a": 2}', "msg_1", b' {"diagnostics":{"previous_message_id":"msg_1"},"a": 1e22, "a": 2}'),
        (b"{}", None, b'{"diagnostics":{"previous_message_id":null}}'),
        (b'{"diagnostics":null}', None, None),
        (b"[]", None, None),
        (b"{", None, None),
    ],
)
def test_question_changes_no_other_byte(body: bytes, previous: str | None, asking: bytes | None) -> None:
    assert add_question(body, previous) == asking


@WAYS
def test_second_call_is_compared_with_the_first_in_every_way_to_ask(
    ask: Callable[[Any], str], emulator: Emulator
) -> None:
    calls: list[Call] = []
    transport = send_on(LiveRoute(is_asking=True), EmulatorTransport(emulator), calls)

    for _ in range(2):
        ask(transport)

    assert [call.diagnostics for call in calls] == [None, NO_DIVERGENCE]
    assert all("diagnostics" not in call.request for call in calls)


def test_change_is_named_and_equal_requests_are_compared_with_each_other(wire: Wire) -> None:
    calls: list[Call] = []
    other = REQUEST | {"system": "Be kind."}
    with sync_sdk(send_on(LiveRoute(is_asking=True), wire, calls)) as client:
        for asked in (REQUEST, other, REQUEST, other):
            client.messages.create(**asked)

    assert [call.diagnostics for call in calls] == [None, "system_changed", NO_DIVERGENCE, NO_DIVERGENCE]


@pytest.mark.parametrize(
    ("answered", "diagnostics"),
    [
        ({}, None),
        ({"diagnostics": None}, NO_DIVERGENCE),
        ({"diagnostics": {"cache_miss_reason": None}}, PENDING),
        ({"diagnostics": {"cache_miss_reason": {"type": "unavailable"}}}, "unavailable"),
    ],
)
def test_word_of_the_diagnostics(answered: dict[str, Any], diagnostics: str | None) -> None:
    calls: list[Call] = []
    transport = send_on(LiveRoute(is_asking=True), Upstream(dump(message("Hi") | answered)), calls)

    for _ in range(2):
        sync_create(transport)

    assert [call.diagnostics for call in calls] == [None, diagnostics]


def test_counting_asks_nothing(wire: Wire) -> None:
    with sync_sdk(send_on(LiveRoute(is_asking=True, prefix="Run 1.\n"), wire)) as client:
        client.messages.count_tokens(messages=REQUEST["messages"], model=REQUEST["model"])

    assert b"diagnostics" not in wire.sent[0].content
    assert b"Run 1" not in wire.sent[0].content


class Refusing(Upstream):
    """Rejects a request that holds ``parameter``, and answers any other."""

    def __init__(self, parameter: str) -> None:
        super().__init__(dump(message("Hi")))
        self._parameter = parameter

    def _answer(self, request: httpx2.Request) -> httpx2.Response:
        answer = super()._answer(request)
        if self._parameter.encode() not in request.content:
            return answer
        error = {"type": "invalid_request_error", "message": f"{self._parameter}: Extra inputs are not permitted"}
        content = dump({"type": "error", "error": error})
        return httpx2.Response(400, headers={"content-type": "application/json"}, stream=Pieces((content,)))


def ask_async(transport: RecordTransport) -> None:
    async def run() -> None:
        async with async_sdk(transport) as client:
            await client.messages.create(**REQUEST)

    asyncio.run(run())


ASKS = pytest.mark.parametrize("ask", [sync_create, ask_async])


@ASKS
def test_question_that_is_refused_is_not_asked_again(ask: Callable[[RecordTransport], Any]) -> None:
    calls: list[Call] = []
    upstream = Refusing("diagnostics")
    transport = send_on(LiveRoute(is_asking=True), upstream, calls)

    for _ in range(2):
        ask(transport)

    assert [b"diagnostics" in sent.content for sent in upstream.seen] == [True, False, False]
    assert [call.diagnostics for call in calls] == [None, None]
    assert len(transport.interactions) == 2


@ASKS
def test_refusal_of_something_else_reaches_the_application(ask: Callable[[RecordTransport], Any]) -> None:
    upstream = Refusing("max_tokens")

    with pytest.raises(BadRequestError, match=r"max_tokens: Extra inputs are not permitted"):
        ask(send_on(LiveRoute(is_asking=True), upstream))

    assert len(upstream.seen) == 1


# --- budget --------------------------------------------------------------------------------------------------


class Broken(httpx2.BaseTransport):
    """Fails before it answers."""

    def __init__(self, error: httpx2.TransportError) -> None:
        self._error = error

    def handle_request(self, request: httpx2.Request) -> httpx2.Response:
        raise self._error


def make_budget() -> tuple[Budget, LiveRoute]:
    budget = Budget(Decimal(1), reader=PromptReader(COUNT))
    return budget, LiveRoute(budget=budget)


PAID = Decimal("0.00007")
"""Price of 10 input and 5 output tokens."""
STREAMED = Decimal("0.00009")
"""Price of 10 input and 7 output tokens."""
# Price of 64 output tokens alone.
AT_LEAST_HIGHEST = Decimal("0.00064")


@pytest.mark.parametrize(
    ("upstream", "is_stream", "spent"),
    [
        pytest.param(Upstream(dump(message("Hi"))), False, PAID, id="whole"),
        pytest.param(Upstream(*STREAM, content_type="text/event-stream"), True, STREAMED, id="stream"),
        pytest.param(Upstream(dump({"error": {}}), status=400), False, Decimal(0), id="refused-by-the-api"),
        pytest.param(Broken(httpx2.ConnectError("refused")), False, Decimal(0), id="never-sent"),
    ],
)
def test_what_a_call_cost_is_booked(upstream: httpx2.BaseTransport, is_stream: bool, spent: Decimal) -> None:
    budget, route = make_budget()

    post_once(send_on(route, upstream), is_stream=is_stream)

    assert budget.spent == spent


@pytest.mark.parametrize(
    "upstream",
    [
        pytest.param(Upstream(*STREAM[:3], content_type="text/event-stream"), id="stream-without-its-end"),
        pytest.param(Upstream(b"{"), id="no-message"),
        pytest.param(Broken(httpx2.ReadTimeout("late")), id="no-answer"),
    ],
)
def test_call_that_may_have_cost_anything_is_booked_in_full(upstream: httpx2.BaseTransport) -> None:
    budget, route = make_budget()

    post_once(send_on(route, upstream), is_stream=True)

    assert budget.spent > AT_LEAST_HIGHEST


def test_stream_that_is_left_early_is_booked_in_full() -> None:
    budget, route = make_budget()
    upstream = Upstream(*STREAM, content_type="text/event-stream")

    with sync_sdk(send_on(route, upstream)) as client, client.messages.stream(**REQUEST) as stream:
        next(iter(stream))

    assert budget.spent > AT_LEAST_HIGHEST


def post_once(transport: RecordTransport, *, is_stream: bool = False) -> None:
    """Make one attempt, whatever its result: the SDK would make three."""
    body = dump(REQUEST | {"stream": is_stream})
    with suppress(httpx2.TransportError):
        transport.handle_request(httpx2.Request("POST", URL, content=body)).read()


@ASKS
def test_refusal_for_the_budget_reaches_the_application_at_once(ask: Callable[[RecordTransport], Any]) -> None:
    route = LiveRoute(budget=Budget(Decimal("0.0001"), reader=PromptReader(COUNT)))
    upstream = Upstream(dump(message("Hi")))

    with pytest.raises(NotSentError, match=r"^this call could exceed the budget"):
        ask(send_on(route, upstream))

    assert upstream.seen == []
    assert len(route.refused) == 1


# --- a gateway -----------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("base_path", "path", "localised"),
    [
        ("", "/v1/messages", "/v1/messages"),
        ("/", "/v1/messages", "/v1/messages"),
        ("/gateway/", "/gateway/v1/messages?beta=true", "/v1/messages?beta=true"),
        ("/gateway", "/gatewayed/v1/messages", "/gatewayed/v1/messages"),
    ],
)
def test_path_of_a_gateway_is_no_part_of_a_request(base_path: str, path: str, localised: str) -> None:
    assert LiveRoute(base_path=base_path).localise(request({}, path)).path == localised


def test_call_through_a_gateway_is_noted_and_recorded_like_any_other(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("ANTHROPIC_API_KEY", "test-only")

    class Gateway(Emulator):
        def handle(self, method: str, path: str, body: bytes, headers: Any = None) -> Any:
            return super().handle(method, path.removeprefix("/gateway"), body, headers)

    with EmulatorServer(Gateway(reader=PromptReader(COUNT), clock=lambda: 0.0)) as server:
        recording = open_session("record", tmp_path, base_url=f"{server.url}/gateway")
        with recording.anthropic() as client:
            client.messages.create(**REQUEST)
        recording.save()

    replaying = open_session("replay", tmp_path, base_url="https://not-read.example")
    with replaying.anthropic() as client:
        client.messages.create(**REQUEST)
    assert replaying.calls == recording.calls
    assert len(replaying.calls) == 1


def open_session(mode: Any, folder: Path, **options: Any) -> CallSession:
    shared = SessionOptions(
        mode=mode, upstream="anthropic", store=CassetteStore(folder), reader=PromptReader(COUNT), **options
    )
    return CallSession(shared, "case")


def test_connections_are_closed_with_the_session(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ANTHROPIC_API_KEY", "test-only")
    with EmulatorServer(Emulator(reader=PromptReader(COUNT), clock=lambda: 0.0)) as server:
        session = open_session("live", tmp_path, base_url=server.url)
        for _ in range(2):
            session.anthropic().messages.create(**REQUEST)
            # The next request opens new connections.
            session.close()

    assert len(session.calls) == 2


@pytest.mark.parametrize("number", ["1e400", "-0", "1.10", "340282366920938463463374607431768211456", "1E5", "1e-07"])
def test_prefix_leaves_numbers_as_they_were_sent(number: str) -> None:
    changed = add_prefix(b'{"system":"","tools":[{"a":%b}]}' % number.encode(), "Run 1.\n")

    assert changed == b'{"system":"Run 1.\\n","tools":[{"a":%b}]}' % number.encode()
