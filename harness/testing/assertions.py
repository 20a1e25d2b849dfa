"""Assertions on calls, with messages that say what to look at."""

from harness.errors import CheckError
from harness.prompt.call import Call
from harness.suites.checks import check_second_call


def assert_reads_prefix(call: Call, *, written_by: Call) -> None:
    """That a call read all that an earlier one had read from or written to the prompt cache.

    Raises:
        CheckError: it read less, or the earlier call wrote nothing.
    """
    if fault := check_second_call(written_by, call):
        raise CheckError(str(fault))
