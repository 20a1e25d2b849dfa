"""``ClaudeClient`` and ``AsyncClaudeClient``: static system prompt cached, dynamic user prompt not.

Both share a base that builds requests and records usage; they differ only in ``await``.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from harness.calls.answer import assemble_message
from harness.calls.stream_usage import list_usages, read_usages
from harness.client.breakpoints import prepare_system_prompt
from harness.client.local_cache import LocalCache
from harness.client.metrics import CacheMetrics
from harness.provider.usage import Usage
from harness.settings import Settings

if TYPE_CHECKING:
    from anthropic import Anthropic, AsyncAnthropic
    from anthropic.types import Message, RawMessageStreamEvent


_NOT_KEPT = ("max_tokens", "model_context_window_exceeded", "pause_turn", "refusal")
"""Reasons to stop of answers that are not whole, or none at all: asked again, they may be.

Source: platform.claude.com/docs/en/build-with-claude/handling-stop-reasons (checked 2026-11-27).
"""


class _Base:
    """Everything that needs no network."""

    def __init__(self, settings: Settings | None, prompt_version: str, *, validate: bool) -> None:
        self.settings = settings or Settings.from_environment()
        self._validate = validate
        self.metrics = CacheMetrics()
        self._local_cache = LocalCache(
            folder=self.settings.local_cache_dir,
            prefix=self.settings.cache_prefix,
            prompt_version=prompt_version,
        )

    def _prepare_system_prompt(self, system_prompt: str) -> list[dict[str, Any]]:
        """Make blocks of the system prompt, with ``cache_control: {"type": "ephemeral"}`` if the prompt cache is on."""
        return prepare_system_prompt(system_prompt, is_cached=self.settings.use_prompt_cache)

    def _build(
        self, system_prompt: str, user_prompt: str, options: Mapping[str, Any], *, is_streamed: bool = False
    ) -> dict[str, Any]:
        request: dict[str, Any] = {"model": self.settings.model, "max_tokens": 4096}
        if system := self._prepare_system_prompt(system_prompt):
            request["system"] = system
        request["messages"] = [{"role": "user", "content": user_prompt}]
        request.update(options)
        if self._validate:
            from harness.client.validation import refuse

            refuse(request, is_streamed=is_streamed)
        return request

    def _recall(self, request: Mapping[str, Any]) -> Message | None:
        if not self.settings.use_local_cache:
            return None
        stored = self._local_cache.read(request)
        if stored is None:
            return None
        if not _is_message(stored.response):
            self._local_cache.warn(request, "its response is not a message")
            return None
        from anthropic.types import Message

        self.metrics.record(read_usages(stored.usages), str(request["model"]), is_local_hit=True)
        # Like the SDK, without validation: an answer may hold what this version does not know.
        return Message.model_construct(**stored.response)

    def _keep(self, request: Mapping[str, Any], response: Mapping[str, Any], usages: Sequence[Any]) -> None:
        is_whole = response.get("stop_reason") not in _NOT_KEPT
        if self.settings.use_local_cache and is_whole and _is_message(response):
            self._local_cache.write(request, response, usages)
        self._bill(request, read_usages(usages))

    def _bill(self, request: Mapping[str, Any], usage: Usage) -> None:
        self.metrics.record(usage, str(request["model"]), is_local_hit=False)

    def _answer(self, request: Mapping[str, Any], message: Message) -> Message:
        response = _to_dict(message)
        self._keep(request, response, [response.get("usage")])
        return message

    def _close(self, request: Mapping[str, Any], events: Sequence[Mapping[str, Any]]) -> None:
        """Record a stream; one that the server cut off is billed, but must not be served again."""
        if events and events[-1].get("type") == "message_stop":
            self._keep(request, assemble_message(events), list_usages(events))
        else:
            self._bill(request, read_usages(list_usages(events)))


class ClaudeClient(_Base):
    """Calls Claude with a cacheable system prompt, and keeps whole responses in the local cache."""

    def __init__(
        self,
        client: Anthropic | None = None,
        *,
        settings: Settings | None = None,
        prompt_version: str = "",
        validate: bool = False,
    ) -> None:
        """Wrap an ``anthropic.Anthropic``, by default a new one; settings come from the environment.

        With ``validate``, requests that the API would refuse raise `harness.errors.RefusedRequestError`
        instead of being sent; what cannot be told, such as for a model that is not known, is sent.
        """
        super().__init__(settings, prompt_version, validate=validate)
        if client is None:
            from anthropic import Anthropic

            client = Anthropic()
        self._client = client

    def create_message(self, system_prompt: str, user_prompt: str, **options: Any) -> Message:
        """Answer a static system prompt and a dynamic user prompt.

        ``options`` are parameters of the Messages API; they override ``model`` (settings) and
        ``max_tokens`` (4096). SDK errors pass through untouched.
        """
        request = self._build(system_prompt, user_prompt, options)
        message = self._recall(request)
        if message is None:
            message = self._answer(request, self._client.messages.create(**request))
        return message

    def stream_message(self, system_prompt: str, user_prompt: str, **options: Any) -> Iterator[str]:
        """Like `create_message`, but yield pieces of text as they arrive; a local hit comes whole."""
        request = self._build(system_prompt, user_prompt, options, is_streamed=True)
        message = self._recall(request)
        if message is not None:
            yield message_text(message)
            return
        with self._client.messages.stream(**request) as stream:
            events: list[dict[str, Any]] = []
            for event in _raw_events(stream):
                events.append(_to_dict(event))
                if text := _text_of(events[-1]):
                    yield text
        self._close(request, events)


class AsyncClaudeClient(_Base):
    """`ClaudeClient` for asyncio."""

    def __init__(
        self,
        client: AsyncAnthropic | None = None,
        *,
        settings: Settings | None = None,
        prompt_version: str = "",
        validate: bool = False,
    ) -> None:
        """Wrap an ``anthropic.AsyncAnthropic``, by default a new one; for ``validate`` see `ClaudeClient`."""
        super().__init__(settings, prompt_version, validate=validate)
        if client is None:
            from anthropic import AsyncAnthropic

            client = AsyncAnthropic()
        self._client = client

    async def create_message(self, system_prompt: str, user_prompt: str, **options: Any) -> Message:
        """Answer a static system prompt and a dynamic user prompt; see `ClaudeClient.create_message`."""
        request = self._build(system_prompt, user_prompt, options)
        message = self._recall(request)
        if message is None:
            message = self._answer(request, await self._client.messages.create(**request))
        return message

    async def stream_message(self, system_prompt: str, user_prompt: str, **options: Any) -> AsyncIterator[str]:
        """Like `create_message`, but yield pieces of text as they arrive; a local hit comes whole."""
        request = self._build(system_prompt, user_prompt, options, is_streamed=True)
        message = self._recall(request)
        if message is not None:
            yield message_text(message)
            return
        async with self._client.messages.stream(**request) as stream:
            events: list[dict[str, Any]] = []
            async for event in _raw_events(stream):
                events.append(_to_dict(event))
                if text := _text_of(events[-1]):
                    yield text
        self._close(request, events)


def _to_dict(answer: Message | RawMessageStreamEvent) -> dict[str, Any]:
    """A message or an event as the API wrote it, with keys that the SDK does not know."""
    # The mode "json" would make a number of `true`, and refuses what is nested deeply.
    return answer.to_dict(mode="python", warnings=False)


def _raw_events(stream: Any) -> Any:
    """The events of a stream as they arrive: the SDK's helper, which adds to them, fails where one has no usage."""
    return getattr(stream, "_raw_stream", stream)


def _text_of(event: Mapping[str, Any]) -> str:
    """The piece of text that an event brings."""
    delta = event.get("delta")
    return str(delta.get("text") or "") if isinstance(delta, dict) and delta.get("type") == "text_delta" else ""


def _is_message(response: Mapping[str, Any]) -> bool:
    content = response.get("content")
    is_list = isinstance(content, list) and all(isinstance(block, dict) and "type" in block for block in content)
    return response.get("type") == "message" and is_list


def message_text(message: Message) -> str:
    """All text of a message, without its other blocks."""
    return "".join(block.text for block in message.content if block.type == "text")
