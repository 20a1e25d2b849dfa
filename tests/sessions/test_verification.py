from typing import Any

import pytest

from harness.cassettes.format import Interaction
from harness.prompt.reader import PromptReader
from harness.sessions.verification import find_changed_answers
from tests.cassettes.examples import cassette, dump, interaction, message, response
from tests.cassettes.examples import request as recorded_request

REQUEST: dict[str, Any] = {
    "model": "claude-sonnet-5-5",
    "max_tokens": 64,
    "messages": [{"role": "user", "content": "Hi"}],
}


def _answer(**usage: int) -> Interaction:
    return interaction(REQUEST, dump(message("Hello", **usage)))


STREAM = b'event: message_start\ndata: {"type":"message_start","message":{}}\n\nevent: message_stop\ndata: {}\n\n'


@pytest.mark.parametrize(
    ("old", "new", "lines"),
    [
        (_answer(), _answer(), []),
        (_answer(cache_creation_input_tokens=900), _answer(cache_read_input_tokens=900), []),
        (
            _answer(cache_creation_input_tokens=900),
            _answer(cache_creation_input_tokens=950),
            [
                "POST /v1/messages: 960 input tokens, recorded 910",
                "POST /v1/messages: 950 tokens read or written, recorded 900",
            ],
        ),
        (
            _answer(),
            Interaction(request=recorded_request(REQUEST), response=response(b"{}", status=529)),
            ["POST /v1/messages: status 529, recorded 200"],
        ),
        (
            interaction(REQUEST, b'{"content": [{"type": "text"}], "usage": {}}'),
            interaction(REQUEST, b'{"content": [{"type": "tool_use"}], "usage": {}, "container": null}'),
            [
                "POST /v1/messages: answer of the form {container, content, usage} with content [tool_use], "
                "recorded {content, usage} with content [text]"
            ],
        ),
        (interaction({**REQUEST, "max_tokens": 1}, b"{}"), _answer(), []),
    ],
    ids=["same", "warm", "more tokens", "status", "form", "not recorded"],
)
def test_a_difference_is_a_line(old: Interaction, new: Interaction, lines: list[str]) -> None:
    assert find_changed_answers(cassette(old), [new], PromptReader()) == lines


def test_equal_requests_are_compared_in_order() -> None:
    old = cassette(_answer(cache_creation_input_tokens=900), _answer(cache_read_input_tokens=800))

    assert (
        find_changed_answers(
            old, [_answer(cache_creation_input_tokens=900), _answer(cache_read_input_tokens=800)], PromptReader()
        )
        == []
    )
