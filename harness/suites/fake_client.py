"""A client that sends nothing: it keeps the requests and answers with a fixed text.

It replaces ``anthropic.Anthropic`` where only the requests matter, to avoid importing the SDK,
which takes a second.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, NoReturn

from harness.errors import RequestError
from harness.prompt.wire import to_body

ANSWER = "This is the answer of a client that sends nothing."

_UNSET = frozenset({"citations"})
"""Fields that an answer has in the SDK but not on the wire."""


class FakeAttributeError(AttributeError):
    """The application uses a feature that only the real client has."""


class Record:
    """An object of the SDK, with what applications use of it: attributes, ``model_dump``, ``to_dict``."""

    def __init__(self, **fields: Any) -> None:
        self.__dict__.update(fields)

    def __getattr__(self, name: str) -> NoReturn:
        raise FakeAttributeError(f"the fake answer has no {name!r}")

    def model_dump(self, *, exclude_unset: bool = False, **_: Any) -> dict[str, Any]:
        """All fields as plain values; ``exclude_unset`` leaves out those that the API does not send."""
        fields = {key: _plain(value, exclude_unset) for key, value in vars(self).items()}
        return {key: value for key, value in fields.items() if not (exclude_unset and key in _UNSET)}

    def to_dict(self, *, exclude_unset: bool = True, **_: Any) -> dict[str, Any]:
        """`model_dump`, by default with only the fields that the API sends."""
        return self.model_dump(exclude_unset=exclude_unset)


class FakeClient:
    """``client.messages.create`` and ``.stream``, also under ``beta`` and after ``with_options``."""

    def __init__(self) -> None:
        self.bodies: list[bytes] = []
        """The request bodies in order, as the SDK would have sent them."""
        self.messages = _Messages(self.bodies)
        self.beta = self

    def with_options(self, **_: Any) -> FakeClient:
        """The same client: no option changes a body."""
        return self

    copy = with_options

    def __enter__(self) -> FakeClient:
        return self

    def __exit__(self, *_: object) -> None:
        """Nothing to close."""

    def __getattr__(self, name: str) -> NoReturn:
        raise FakeAttributeError(f"the fake client has no {name!r}")


class _Messages:
    def __init__(self, bodies: list[bytes]) -> None:
        self._bodies = bodies

    def create(self, **parameters: Any) -> Any:
        self._bodies.append(_body(parameters))
        message = _message(parameters)
        return iter(_events(message)) if parameters.get("stream") is True else message

    def stream(self, **parameters: Any) -> _Stream:
        self._bodies.append(_body({**parameters, "stream": True}))
        return _Stream(_message(parameters))

    def __getattr__(self, name: str) -> NoReturn:
        raise FakeAttributeError(f"the fake client.messages has no {name!r}")


class _Stream:
    def __init__(self, message: Record) -> None:
        self._message = message

    def __enter__(self) -> _Stream:
        return self

    def __exit__(self, *_: object) -> None:
        """Nothing to close."""

    def __iter__(self) -> Iterator[Record]:
        return iter(_events(self._message))

    @property
    def text_stream(self) -> Iterator[str]:
        return iter([ANSWER])

    def get_final_message(self) -> Record:
        return self._message

    def get_final_text(self) -> str:
        return ANSWER

    def until_done(self) -> None:
        """Do nothing: the stream is complete from the start."""

    def __getattr__(self, name: str) -> NoReturn:
        raise FakeAttributeError(f"the fake stream has no {name!r}")


def _body(parameters: dict[str, Any]) -> bytes:
    try:
        return to_body(parameters)
    except RequestError as error:
        # The SDK accepts more: files, classes as output formats, functions as tools.
        raise FakeAttributeError(f"the fake client cannot send this: {error.message}") from None


def _message(parameters: dict[str, Any]) -> Record:
    return Record(
        id="msg_fake",
        type="message",
        role="assistant",
        model=parameters.get("model"),
        content=[Record(type="text", text=ANSWER, citations=None)],
        stop_reason="end_turn",
        stop_sequence=None,
        usage=Record(
            input_tokens=0,
            output_tokens=0,
            cache_creation_input_tokens=0,
            cache_read_input_tokens=0,
            cache_creation=None,
        ),
    )


def _events(message: Record) -> list[Record]:
    text: Any = message.content[0]
    return [
        Record(type="message_start", message=message),
        Record(type="content_block_start", index=0, content_block=text),
        Record(type="text", text=ANSWER, snapshot=ANSWER),
        Record(type="content_block_delta", index=0, delta=Record(type="text_delta", text=ANSWER)),
        Record(type="content_block_stop", index=0, content_block=text),
        Record(type="message_delta", delta=Record(stop_reason="end_turn", stop_sequence=None), usage=message.usage),
        Record(type="message_stop", message=message),
    ]


def _plain(value: Any, exclude_unset: bool) -> Any:
    if isinstance(value, Record):
        return value.model_dump(exclude_unset=exclude_unset)
    return [_plain(item, exclude_unset) for item in value] if isinstance(value, list) else value
