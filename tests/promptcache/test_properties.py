"""What must hold of any requests: the prompt cache never reads what was not written, and markers are not content."""

from copy import deepcopy
from typing import Any

from hypothesis import assume, given
from hypothesis import strategies as st

from harness.prompt.assumptions import Assumptions
from harness.prompt.blocks import find_breakpoints, read_blocks
from harness.prompt.fingerprint import fingerprints
from harness.promptcache.prepared import prepare
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
        prepared = prepare(request, _count)
        usage = simulator.send(prepared, at=at, workspace=workspace).usage

        assert usage.total_input_tokens == prepared.count.total
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
        prepared = prepare(request, _count)
        outcome = simulator.send(prepared, at=at, workspace=workspace)
        if outcome.read_index is not None:
            tokens = written[workspace, prepared.fingerprints[outcome.read_index]]
            assert outcome.usage.cache_read_input_tokens == tokens
        for rung in prepared.rungs:
            written[workspace, rung.fingerprint] = rung.tokens


@given(requests())
def test_a_second_request_reads_all_that_the_first_wrote(request: dict[str, Any]) -> None:
    simulator, prepared = Simulator(), prepare(request, _count)

    first = simulator.send(prepared, at=0).usage
    second = simulator.send(prepared, at=30).usage

    assert second.cache_read_input_tokens == first.cache_creation_input_tokens
    assert second.cache_creation_input_tokens == 0


@given(requests())
def test_requests_of_the_same_instant_each_pay_the_write(request: dict[str, Any]) -> None:
    simulator, prepared = Simulator(), prepare(request, _count)

    assert simulator.send(prepared, at=0).usage == simulator.send(prepared, at=0).usage


@given(requests())
def test_a_request_is_readable_once_the_first_response_begins(request: dict[str, Any]) -> None:
    simulator, prepared = Simulator(), prepare(request, _count)
    assume(prepared.rungs)
    simulator.send(prepared, at=0, begins_at=2)

    assert simulator.send(prepared, at=1, begins_at=3).read_index is None
    assert simulator.send(prepared, at=2).read_index is not None


@given(requests())
def test_markers_never_change_a_fingerprint(request: dict[str, Any]) -> None:
    bare = _without_markers(request)

    assert fingerprints(bare, read_blocks(bare)) == fingerprints(request, read_blocks(request))


@given(requests(), st.data())
def test_any_changed_character_before_a_breakpoint_changes_its_fingerprint(
    request: dict[str, Any], data: st.DataObject
) -> None:
    old = read_blocks(request)
    points = find_breakpoints(request, old)
    assume(points)
    point = data.draw(st.sampled_from(points))
    texts = [index for index in range(point.block_index + 1) if old[index].type == "text"]
    assume(texts)
    target = old[data.draw(st.sampled_from(texts))]
    changed = deepcopy(request)
    block = next(block for block in read_blocks(changed) if block.path == target.path).content
    offset = data.draw(st.integers(0, len(block["text"]) - 1))
    block["text"] = f"{block['text'][:offset]}\N{SNOWMAN}{block['text'][offset + 1 :]}"

    before = fingerprints(request, old)[point.block_index]
    after = fingerprints(changed, read_blocks(changed))[point.block_index]

    assert before != after


@given(requests())
def test_a_miss_rate_of_one_reads_less_and_never_more(request: dict[str, Any]) -> None:
    prepared = prepare(request, _count)
    sure, unsure = Simulator(), Simulator(Assumptions(miss_rate=1.0))
    for simulator in (sure, unsure):
        simulator.send(prepared, at=0)

    expected = sure.send(prepared, at=30).usage
    found = unsure.send(prepared, at=30).usage

    assert found.cache_read_input_tokens <= expected.cache_read_input_tokens
    assert found.total_input_tokens == expected.total_input_tokens
