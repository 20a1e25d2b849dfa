from dataclasses import replace
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from harness.client.log_lines import CallLine, parse_line, write_line

COUNTS = st.integers(0, 10**12)
AMOUNTS = st.none() | st.decimals(allow_nan=False, allow_infinity=False, places=8)
NAMES = st.lists(st.text(max_size=20), max_size=3).map(tuple)

LINES = st.builds(
    CallLine,
    model=st.text(max_size=40),
    version=st.text(max_size=20),
    read=COUNTS,
    written_5m=COUNTS,
    written_1h=COUNTS,
    uncached=COUNTS,
    output=COUNTS,
    cost=AMOUNTS,
    saved=AMOUNTS,
    is_local_hit=st.booleans(),
    message_id=st.text(max_size=20),
    not_priced=NAMES,
    also_billed=NAMES,
    is_partial=st.booleans(),
)

CALL = CallLine(model="claude-sonnet-5-5", version="v2", read=5, cost=Decimal("0.1"), message_id="msg_1")


@given(LINES)
def test_a_line_is_read_as_it_was_written(call: CallLine) -> None:
    line = write_line(call)

    assert line.isprintable()
    assert parse_line(line) == call


@given(LINES)
def test_what_a_handler_writes_in_front_of_it_does_not_matter(call: CallLine) -> None:
    assert parse_line(f"2026-11-27 13:03:16,123 INFO harness.client: {write_line(call)}") == call


def test_the_whole_line() -> None:
    assert write_line(replace(CALL, version="v 2", not_priced=('model "x"',), is_partial=True)) == (
        'call model=claude-sonnet-5-5 version="v 2" read=5 written_5m=0 written_1h=0 uncached=0 output=0 cost_usd=0.1 '
        'saved_usd=unknown local=miss message_id=msg_1 not_priced="[\\"model \\\\\\"x\\\\\\"\\"]" ended=early'
    )


def test_a_key_that_was_added_later_is_passed_over() -> None:
    assert parse_line(f"{write_line(CALL)} region=eu") == CALL


@pytest.mark.parametrize(
    "line",
    ["", "call", "left unmarked: system[0]", "call model=x", write_line(CALL).replace("read=5", "read=many")],
)
def test_another_line_is_none(line: str) -> None:
    assert parse_line(line) is None
