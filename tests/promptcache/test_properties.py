"""Properties of all requests: the prompt cache never reads what was not written, and markers are not content."""

from copy import deepcopy
from typing import Any

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from harness.prompt import read
from harness.prompt.assumptions import Assumptions
from harness.promptcache.simulator import Simulator

MARKS = st.sampled_from([None, None, {"type": "ephemeral"}, {"type": "ephemeral", "ttl": "1h"}])
TEXTS = st.sampled_from(["a", "b", "c d", "Ünïcode ", "long " * 600, "longer " * 900])


def _count(text: str, _: str) -> int:
    return len(text)


@st.composite
def blocks(draw: st.DrawFn) -> dict[str, Any]:
    block: dict[str, Any] = {"type": "text", "text": draw(TEXTS)}
    mark = draw(MARKS)
    return {**block, "cache_control": mark} if mark else block


@st.composite
def requests(draw: st.DrawFn) -> dict[str, Any]:
    roles = ["user", "assistant"]
    messages = draw(st.lists(st.lists(blocks(), min_size=1, max_size=3), min_size=1, max_size=4))
    tools = draw(st.lists(st.sampled_from(["alpha", "beta"]), max_size=2))
    return {
        "model": draw(st.sampled_from(["claude-sonnet-4-6", "claude-haiku-4-5", "claude-sonnet-5-5"])),
        "max_tokens": 100,
        "tools": [{"name": name, "input_schema": {"type": "object"}} for name in tools],
        "system": draw(st.lists(blocks(), max_size=3)),
        "messages": [{"role": roles[number % 2], "content": content} for number, content in enumerate(messages)],
    }


SEQUENCES = st.lists(
    st.tuples(requests(), st.floats(0, 4000), st.sampled_from(["", "other"])), min_size=1, max_size=6
)  # fmt: skip


def _without_markers(request: dict[str, Any]) -> dict[str, Any]:
    bare = deepcopy(request)
    bare.pop("cache_control", None)
    for block in [*bare["system"], *(block for message in bare["messages"] for block in message["content"])]:
        block.pop("cache_control", None)
    return bare


@given(SEQUENCES)
def test_classes_add_up_to_the_total_and_none_is_negative(sequence: list[tuple[dict[str, Any], float, str]]) -> None:
    simulator, at = Simulator(), 0.0
    for request, gap, workspace in sequence:
        at += gap
        prompt = read(request, _count)
        usage = simulator.send(prompt.record, at=at, workspace=workspace).usage

        assert usage.total_input_tokens == prompt.count.total
        assert min(
            usage.input_tokens,
            usage.cache_read_input_tokens,
            usage.ephemeral_5m_input_tokens,
            usage.ephemeral_1h_input_tokens,
        ) >= 0  # fmt: skip


@given(SEQUENCES, st.booleans())
def test_nothing_is_read_that_was_not_written_there_before(
    sequence: list[tuple[dict[str, Any], float, str]], is_ttl_in_key: bool
) -> None:
    simulator, at = Simulator(Assumptions(is_ttl_in_key=is_ttl_in_key)), 0.0
    written: dict[tuple[str, bytes], int] = {}
    for request, gap, workspace in sequence:
        at += gap
        prompt = read(request, _count)
        outcome = simulator.send(prompt.record, at=at, workspace=workspace)
        if outcome.read_index is not None:
            tokens = written[workspace, prompt.fingerprints[outcome.read_index]]
            assert outcome.usage.cache_read_input_tokens == tokens
        for point in prompt.active_breakpoints:
            written[workspace, point.fingerprint] = point.tokens


@given(requests())
def test_a_second_request_reads_all_that_the_first_wrote(request: dict[str, Any]) -> None:
    simulator, prompt = Simulator(), read(request, _count)

    first = simulator.send(prompt.record, at=0).usage
    second = simulator.send(prompt.record, at=30).usage

    assert second.cache_read_input_tokens == first.cache_creation_input_tokens
    assert second.cache_creation_input_tokens == 0


@given(requests())
def test_requests_of_the_same_instant_each_pay_the_write(request: dict[str, Any]) -> None:
    simulator, prompt = Simulator(), read(request, _count)

    assert simulator.send(prompt.record, at=0).usage == simulator.send(prompt.record, at=0).usage


@given(requests())
def test_a_request_is_readable_once_the_first_response_begins(request: dict[str, Any]) -> None:
    simulator, prompt = Simulator(), read(request, _count)
    assume(prompt.active_breakpoints)
    simulator.send(prompt.record, at=0, begins_at=2)

    assert simulator.send(prompt.record, at=1, begins_at=3).read_index is None
    assert simulator.send(prompt.record, at=2).read_index is not None


@given(requests())
def test_markers_never_change_a_fingerprint(request: dict[str, Any]) -> None:
    bare = _without_markers(request)

    assert read(bare).fingerprints == read(request).fingerprints


@given(requests(), st.data())
def test_any_changed_character_before_a_breakpoint_changes_its_fingerprint(
    request: dict[str, Any], data: st.DataObject
) -> None:
    prompt = read(request)
    old, points = prompt.blocks, prompt.breakpoints
    assume(points)
    point = data.draw(st.sampled_from(points))
    texts = [index for index in range(point.block_index + 1) if old[index].type == "text"]
    assume(texts)
    target = old[data.draw(st.sampled_from(texts))]
    changed = deepcopy(request)
    block = next(block for block in read(changed).blocks if block.path == target.path).content
    offset = data.draw(st.integers(0, len(block["text"]) - 1))
    block["text"] = f"{block['text'][:offset]}\N{SNOWMAN}{block['text'][offset + 1 :]}"

    before = prompt.fingerprints[point.block_index]
    after = read(changed).fingerprints[point.block_index]

    assert before != after


@given(requests())
def test_a_miss_rate_of_one_reads_less_and_never_more(request: dict[str, Any]) -> None:
    prompt = read(request, _count)
    sure, unsure = Simulator(), Simulator(miss_rate=1.0)
    for simulator in (sure, unsure):
        simulator.send(prompt.record, at=0)

    expected = sure.send(prompt.record, at=30).usage
    found = unsure.send(prompt.record, at=30).usage

    assert found.cache_read_input_tokens <= expected.cache_read_input_tokens
    assert found.total_input_tokens == expected.total_input_tokens


def seconds_in_doubt(*moments: tuple[float, float | None]) -> list[float | None]:
    """The doubt on each of several equal requests, by when they start and when their answers begin."""
    marked = {"type": "text", "text": "long " * 600, "cache_control": {"type": "ephemeral"}}
    body = {"model": "claude-sonnet-5-5", "max_tokens": 9, "system": [marked], "messages": []}
    simulator, record = Simulator(), read(body, _count).record
    return [simulator.send(record, at=at, begins_at=begins_at).early_read_seconds for at, begins_at in moments]


@pytest.mark.parametrize(
    ("moments", "doubts"),
    [
        pytest.param([(0, None), (1.25, None)], [None, 1.25], id="soon"),
        pytest.param([(0, None), (0.001, None)], [None, pytest.approx(0.001)], id="at-once"),
        pytest.param([(0, None), (2.999, None)], [None, pytest.approx(2.999)], id="just-too-soon"),
        pytest.param([(0, None), (3, None)], [None, None], id="late-enough"),
        pytest.param([(0, None), (0, None)], [None, None], id="parallel-and-not-read"),
        pytest.param([(0, None), (1, None), (2, None), (3.5, None)], [None, 1, 2, None], id="counted-from-the-write"),
        pytest.param([(0, 0.5), (1, None)], [None, None], id="begun"),
        pytest.param([(0, 5), (4, None), (5, None)], [None, None, None], id="not-begun-and-not-read"),
        pytest.param([(0, None), (400, None), (401, None)], [None, None, 1], id="written-again"),
        pytest.param([(1.8e9, None), (1.8e9 + 1.5, None)], [None, pytest.approx(1.5)], id="dates"),
    ],
)
def test_early_read_is_in_doubt(moments: list[tuple[float, float | None]], doubts: list[float | None]) -> None:
    assert seconds_in_doubt(*moments) == doubts


@given(requests(), requests(), st.floats(0.01, 10), st.booleans())
def test_doubt_says_how_long_ago_what_is_read_was_written(
    first: dict[str, Any], second: dict[str, Any], gap: float, is_known: bool
) -> None:
    simulator = Simulator()
    simulator.send(read(first, _count).record, at=100, begins_at=100 if is_known else None)

    outcome = simulator.send(read(second, _count).record, at=100 + gap)

    if outcome.read_index is None or is_known or gap > 3.001:
        assert outcome.doubt is None
    elif gap < 2.999:
        assert outcome.early_read_seconds == pytest.approx(gap)
        assert outcome.doubt == (
            f"reads what was written {gap:.3g} s earlier; "
            "an entry is readable only once the answer that wrote it has begun"
        )
