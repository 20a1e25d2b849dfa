"""The second customer reads the system prompt from the prompt cache."""

from harness.testing.assertions import assert_reads_prefix
from support.desk import answer


def test_second_customer_reads_the_system_prompt(harness_cassette):
    answer("Where is my parcel?")
    answer("Can I return it?")

    first, second = harness_cassette.calls
    assert_reads_prefix(second, written_by=first)
