import json
from typing import Any

import pytest

from harness.cassettes.format import RecordedRequest
from harness.prompt.reader import PromptReader
from harness.sessions.miss import find_miss
from tests.cassettes.examples import cassette, interaction, request
from tests.promptcache.refusal_examples import EXAMPLES
from tests.recordings import counter

BASE: dict[str, Any] = {
    "model": "claude-sonnet-5-5",
    "max_tokens": 64,
    "system": [{"type": "text", "text": "Be brief."}],
    "messages": [{"role": "user", "content": "Hello"}],
}
HEADLINE = "cassette 'suite/case' does not hold this POST /v1/messages"


def miss(sent: RecordedRequest, *recorded: Any) -> str:
    recording = cassette(*(interaction(body) for body in recorded))
    return str(find_miss(sent, recording, "suite/case", reader=PromptReader(counter()), count_sharing=lambda _: 0))


def system(text: str) -> dict[str, Any]:
    return BASE | {"system": [{"type": "text", "text": text}]}


def test_a_cassette_that_was_never_recorded_is_named() -> None:
    finding = find_miss(request(BASE), None, "suite/case", reader=PromptReader(counter()), count_sharing=lambda _: 0)

    assert str(finding) == "no cassette 'suite/case': nothing was recorded for POST /v1/messages"


@pytest.mark.parametrize(("times", "words"), [(1, "once"), (2, "2 times")])
def test_a_request_sent_more_often_than_recorded_says_how_often(times: int, words: str) -> None:
    assert miss(request(BASE), *[BASE] * times) == (
        f"cassette 'suite/case' holds POST /v1/messages {words}, but it was sent once more"
    )


# The recorded request, the sent request, the lines below the headline.
DIFFERENCES: tuple[tuple[str, tuple[dict[str, Any], ...], dict[str, Any], str], ...] = (
    (
        "one character",
        (BASE,),
        system("Be grief."),
        "\n  first difference: system[0] at character 3\n    recorded: 'Be brief.'\n    now:      'Be grief.'",
    ),
    (
        "the closest of several",
        (system("Something else."), BASE, BASE | {"model": "claude-opus-5-5"}),
        system("Be brief!"),
        "\n  first difference: system[0] at character 8\n    recorded: 'Be brief.'\n    now:      'Be brief!'",
    ),
    (
        "the model",
        (BASE,),
        BASE | {"model": "claude-opus-5-5"},
        "\n  first difference: model\n    recorded: '\"claude-sonnet-5-5\"'\n    now:      '\"claude-opus-5-5\"'",
    ),
    (
        "a message more",
        (BASE,),
        BASE | {"messages": [*BASE["messages"], {"role": "user", "content": "Hi"}]},
        "\n  first difference: messages[1].content[0]\n    recorded: ''\n    now:      'Hi'",
    ),
    (
        "a tool more",
        (BASE,),
        BASE | {"tools": [{"name": "a", "input_schema": {"type": "object"}}]},
        '\n  first difference: tools[0]\n    recorded: \'\'\n    now:      \'{"name":"a","input_schem…\'',
    ),
    (
        "only a parameter outside the prompt",
        (BASE,),
        BASE | {"max_tokens": 65},
        ": max_tokens is 65 (recorded: 64)\n  max_tokens: recorded 64, now 65",
    ),
    (
        "only the order of keys",
        (BASE,),
        dict(reversed(BASE.items())),
        ": its JSON is written in another way\n"
        "  the order of its keys, its spaces or its escapes changed, so its bytes are not the recorded ones",
    ),
    (
        "a parameter that is text, and one that is gone",
        (BASE | {"stream": True},),
        BASE | {"metadata": {"user_id": "ann"}},
        ": stream is not set (recorded: true), metadata changed\n"
        '  stream: recorded true, now not set\n  metadata: recorded not set, now {"user_id":"ann"}',
    ),
    (
        "the closest of several with the same prompt",
        (BASE | {"max_tokens": 9, "stream": True}, BASE | {"max_tokens": 65}),
        BASE,
        ": max_tokens is 64 (recorded: 65)\n  max_tokens: recorded 65, now 64",
    ),
    (
        "not a Messages request",
        (BASE,),
        {"jobs": []},
        ": messages is missing, expected a list of messages",
    ),
)


@pytest.mark.parametrize(
    ("recorded", "sent", "expected"), [row[1:] for row in DIFFERENCES], ids=[row[0] for row in DIFFERENCES]
)
def test_a_miss_says_where_the_request_parts_from_the_closest_recorded(
    recorded: tuple[dict[str, Any], ...], sent: dict[str, Any], expected: str
) -> None:
    assert miss(request(sent), *recorded) == HEADLINE + expected


def test_a_recorded_request_that_parts_later_in_a_parameter_is_closer_than_one_with_another_system_prompt() -> None:
    sent = BASE | {"thinking": {"type": "between_tools"}}
    assert miss(request(sent), system("Something else."), BASE) == (
        f'{HEADLINE}\n  first difference: thinking\n    recorded: \'{{"type":"adaptive"}}\'\n'
        '    now:      \'{"type":"between_tools"}\''
    )


def test_a_recorded_request_with_a_message_more_is_closer_than_one_with_another_system_prompt() -> None:
    longer = BASE | {"messages": [*BASE["messages"], {"role": "assistant", "content": "Hi"}]}
    assert miss(request(BASE), system("Something else."), longer) == (
        f"{HEADLINE}\n  first difference: messages[1].content[0]\n    recorded: 'Hi'\n    now:      ''"
    )


def test_one_recorded_request_of_another_kind_does_not_hide_the_closest() -> None:
    expected = "\n  first difference: system[0] at character 3\n    recorded: 'Be brief.'\n    now:      'Be grief.'"
    assert miss(request(system("Be grief.")), {"jobs": []}, BASE) == HEADLINE + expected


@pytest.mark.parametrize(
    "body", [b"", b"{", b"[]", b"\xff", b"[" * 200_000], ids=["none", "cut", "list", "bytes", "deep"]
)
def test_a_body_that_is_no_object_gets_the_headline_alone(body: bytes) -> None:
    assert miss(request(body), BASE) == HEADLINE
    assert miss(request(BASE), body) == HEADLINE


def test_an_empty_cassette_gets_the_headline_alone() -> None:
    assert miss(request(BASE)) == HEADLINE


@pytest.mark.parametrize(
    "change",
    [{"tool_choice": "auto"}, {"thinking": "on"}, {"output_config": "high"}, {"output_format": 3}],
    ids=lambda change: next(iter(change)),
)
def test_a_body_of_a_shape_that_the_api_refuses_is_still_described(change: dict[str, Any]) -> None:
    assert miss(request(BASE | change), BASE).startswith(HEADLINE)


# Changes of what is no part of the prompt, each refused by Claude Sonnet 5.5: the place and the words of the API.
REFUSED = (
    ({"max_tokens": 200_000}, "max_tokens", EXAMPLES["output of 128k"].message),
    ({"temperature": 0}, "temperature", EXAMPLES["temperature on 5.1 and later"].message),
    ({"top_p": 0.5}, "top_p", EXAMPLES["top_p on 5.1 and later"].message),
    ({"top_k": 5}, "top_k", EXAMPLES["top_k on 5.1 and later"].message),
)


@pytest.mark.parametrize(("change", "path", "message"), REFUSED, ids=[row[1] for row in REFUSED])
def test_a_request_that_the_api_refuses_is_told_with_its_words(change: dict[str, Any], path: str, message: str) -> None:
    words = message.replace("128001", "200000").replace("claude-opus-5", "claude-sonnet-5-5")
    recorded, now = (json.dumps(body[path]) if path in body else "not set" for body in (BASE, change))
    assert miss(request(BASE | change), BASE) == (
        f"{HEADLINE}: {path} is {now} (recorded: {recorded})"
        f"\n  the API answers 400: {words}\n  place: {path}\n  {path}: recorded {recorded}, now {now}"
    )


def test_a_refused_value_against_the_default_shows_both() -> None:
    assert miss(request(BASE | {"thinking": {"type": "disabled"}}), BASE).splitlines() == [
        HEADLINE,
        f"  the API answers 400: {EXAMPLES['thinking disabled on sonnet-5-5'].message}",
        "  first difference: thinking",
        """    recorded: '{"type":"adaptive"}'""",
        """    now:      '{"type":"disabled"}'""",
    ]


def test_a_refused_request_with_another_prompt_shows_the_difference_too() -> None:
    assert miss(request(system("Be grief.") | {"thinking": {"type": "disabled"}}), BASE).splitlines() == [
        HEADLINE,
        f"  the API answers 400: {EXAMPLES['thinking disabled on sonnet-5-5'].message}",
        "  first difference: system[0] at character 3",
        "    recorded: 'Be brief.'",
        "    now:      'Be grief.'",
    ]
