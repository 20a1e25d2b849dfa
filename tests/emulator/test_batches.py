"""Message Batches through the unchanged SDK."""

from typing import Any

import httpx2
import pytest
from anthropic import Anthropic, BadRequestError, NotFoundError

from harness.emulator.core import Emulator
from harness.emulator.transport import EmulatorTransport
from tests.conftest import BASE_URL, Clock
from tests.emulator.test_transport import REQUEST


@pytest.fixture
def batches(anthropic: Anthropic) -> Any:
    return anthropic.messages.batches


def item(name: str, **changes: Any) -> Any:
    return {"custom_id": name, "params": REQUEST | changes}


def test_a_batch_ends_and_gives_results_by_custom_id(batches: Any) -> None:
    created = batches.create(requests=[item("a"), item("b", model="claude-unknown"), item("c", max_tokens=0)])
    assert (created.processing_status, created.request_counts.processing) == ("in_progress", 3)
    ended = batches.retrieve(created.id)
    assert (ended.processing_status, ended.request_counts.succeeded, ended.request_counts.errored) == ("ended", 1, 2)
    results = {result.custom_id: result.result for result in batches.results(created.id)}
    assert results["a"].message.usage.service_tier == "batch"
    assert results["b"].error.error.message == "model: claude-unknown"
    assert results["c"].error.error.message == "max_tokens: Input should be greater than or equal to 1"


def test_a_batch_reads_what_was_written_before_it_but_not_what_it_writes_itself(
    anthropic: Anthropic, batches: Any
) -> None:
    alone = batches.create(requests=[item("a"), item("b")])
    reads = [result.result.message.usage.cache_read_input_tokens for result in batches.results(alone.id)]
    assert reads == [0, 0]
    written = anthropic.messages.create(**REQUEST).usage.cache_read_input_tokens
    assert written > 1_000
    later = batches.create(requests=[item("a"), item("b")])
    reads = [result.result.message.usage.cache_read_input_tokens for result in batches.results(later.id)]
    assert reads == [written, written]


def test_a_batch_that_is_cancelled_in_time_answers_nothing(batches: Any) -> None:
    created = batches.create(requests=[item("a")])
    assert batches.cancel(created.id).processing_status == "canceling"
    ended = batches.retrieve(created.id)
    assert (ended.processing_status, ended.request_counts.canceled) == ("ended", 1)
    with pytest.raises(BadRequestError, match="already ended"):
        batches.cancel(created.id)


def test_a_batch_expires_after_a_day(batches: Any, emulator: Emulator) -> None:
    created = batches.create(requests=[item("a")])
    emulator.time.advance(24 * 60 * 60 + 1)
    assert batches.retrieve(created.id).request_counts.expired == 1


def test_batches_are_listed_page_by_page_and_deleted(batches: Any) -> None:
    ids = [batches.create(requests=[item("a")]).id for _ in range(5)]
    assert [batch.id for batch in batches.list(limit=2)] == ids[::-1]
    assert batches.list(before_id=ids[0], limit=2).data[-1].id == ids[1]
    assert batches.delete(ids[0]).id == ids[0]
    with pytest.raises(NotFoundError):
        batches.retrieve(ids[0])


def test_a_batch_that_has_not_ended_cannot_be_deleted(batches: Any) -> None:
    created = batches.create(requests=[item("a")])
    with pytest.raises(BadRequestError, match="has not ended"):
        batches.delete(created.id)


BAD: tuple[tuple[list[Any], str], ...] = (
    ([], "expected 1 to 100000 items, not 0"),
    (["a"], "requests.0: Input should be an object"),
    ([{"custom_id": "a"}], "requests.0.params: Field required"),
    ([item("a b")], "requests.0.custom_id: String should match pattern"),
    ([item("a"), item("a")], "requests.1.custom_id: a is not unique"),
)


@pytest.mark.parametrize(("requests", "message"), BAD)
def test_a_batch_of_a_wrong_shape_is_refused(batches: Any, requests: list[Any], message: str) -> None:
    with pytest.raises(BadRequestError, match=message):
        batches.create(requests=requests)


def test_results_are_found_at_the_address_that_the_client_knows(emulator: Emulator, clock: Clock) -> None:
    transport = EmulatorTransport(emulator)
    url = "http://127.0.0.1:8788/gateway"
    with Anthropic(api_key="test", base_url=url, http_client=httpx2.Client(transport=transport)) as client:
        created = client.messages.batches.create(requests=[item("a")])
        ended = client.messages.batches.retrieve(created.id)
        assert ended.results_url == f"{url}/v1/messages/batches/{created.id}/results"
        assert len(list(client.messages.batches.results(created.id))) == 1
    assert BASE_URL not in str(ended.results_url)
