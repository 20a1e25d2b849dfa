"""Properties of all requests: the prompt cache never reads what was not written, and markers are not content."""

from copy import deepcopy
from typing import Any

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
