"""The assertions for users' own tests."""

import pytest

from harness.errors import CheckError
from harness.prompt.call import Call
from harness.provider.usage import Usage
from harness.testing.assertions import assert_reads_prefix


def make_call(*, written: int = 0, read: int = 0) -> Call:
    usage = Usage(input_tokens=9, cache_read_input_tokens=read, ephemeral_5m_input_tokens=written)
    return Call(body=b'{"model": "claude-sonnet-5-5"}', usage=usage, status=200, origin="emulator")


def test_call_that_reads_what_an_earlier_one_wrote_passes() -> None:
    assert_reads_prefix(make_call(read=2000), written_by=make_call(written=2000))


@pytest.mark.parametrize(
    ("call", "written_by", "message"),
    [
        pytest.param(
            make_call(read=1999),
            make_call(written=2000),
            "the second call did not read the prefix that the first one wrote\n"
            "  first call: 2,000 written, 0 read, 9 uncached\n"
            "  second call: 0 written, 1,999 read, 9 uncached\n"
            "  expected of the second: 2,000 read",
            id="reads-less",
        ),
        pytest.param(
            make_call(read=2000),
            make_call(),
            "the first call wrote nothing to the prompt cache\n  first call: 0 written, 0 read, 9 uncached",
            id="nothing-was-written",
        ),
    ],
)
def test_call_that_reads_less_fails_with_both_usages(call: Call, written_by: Call, message: str) -> None:
    with pytest.raises(CheckError) as caught:
        assert_reads_prefix(call, written_by=written_by)

    assert str(caught.value) == message


def test_failed_assertion_is_an_assertion_error() -> None:
    with pytest.raises(AssertionError):
        assert_reads_prefix(make_call(), written_by=make_call(written=1))
