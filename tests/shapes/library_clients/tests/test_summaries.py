"""The second letter reads the system prompt from the prompt cache, with either library."""

import pytest

import with_litellm
import with_pydantic_ai
from harness.testing.assertions import assert_reads_prefix

pytestmark = pytest.mark.filterwarnings("ignore")


@pytest.mark.parametrize("library", [with_litellm, with_pydantic_ai])
def test_second_letter_reads_the_system_prompt(library, harness_cassette):
    library.summarise("The lamp in our street is broken.")
    library.summarise("Please plant more trees.")

    first, second = harness_cassette.calls
    assert_reads_prefix(second, written_by=first)
