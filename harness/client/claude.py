"""``ClaudeClient`` and ``AsyncClaudeClient``: static system prompt cached, dynamic user prompt not.

Both share a base that builds requests and records usage; they differ only in ``await``.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator, Mapping
from typing import TYPE_CHECKING, Any

from harness.calls.answer import merge_stream_usage
from harness.client.breakpoints import prepare_system_prompt
from harness.client.local_cache import LocalCache
from harness.client.metrics import CacheMetrics
from harness.provider.usage import Usage
from harness.settings import Settings

if TYPE_CHECKING:
    from anthropic import Anthropic, AsyncAnthropic
    from anthropic.types import Message


_KEPT_EVENTS = ("message_start", "message_delta", "message_stop")
"""Events of a stream that hold its usage or say that it is whole."""


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
        from anthropic.types import Message
        from pydantic import ValidationError

        try:
            message = Message.model_validate(stored)
        except ValidationError:
            self._local_cache.warn(request, "its response is not a message")
            return None
        self.metrics.record(Usage.from_api(_usage(message)), str(request["model"]), is_local_hit=True)
        return message

    def _keep(self, request: Mapping[str, Any], message: Message, usage: Any) -> None:
        if self.settings.use_local_cache:
            stored = message.model_dump(mode="json", exclude_unset=True)
            self._local_cache.write(request, {**stored, "usage": usage})
        self.metrics.record(Usage.from_api(usage), str(request["model"]), is_local_hit=False)

    def _close(self, request: Mapping[str, Any], message: Message, events: list[dict[str, Any]]) -> None:
        """Record a stream; one that the server cut off is billed, but must not be served again."""
        # The SDK's final message has only those keys of the usage that this version of the SDK knows.
        usage = merge_stream_usage(events)
        if events and events[-1]["type"] == "message_stop":
            self._keep(request, message, usage)
        else:
            self.metrics.record(Usage.from_api(usage), str(request["model"]), is_local_hit=False)


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
            message = self._client.messages.create(**request)
            self._keep(request, message, _usage(message))
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
            for event in stream:
                if event.type == "text":
                    yield event.text
                elif event.type in _KEPT_EVENTS:
                    events.append(event.to_dict())
            self._close(request, stream.get_final_message(), events)


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
            message = await self._client.messages.create(**request)
            self._keep(request, message, _usage(message))
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
            async for event in stream:
                if event.type == "text":
                    yield event.text
                elif event.type in _KEPT_EVENTS:
                    events.append(event.to_dict())
            self._close(request, await stream.get_final_message(), events)


def _usage(message: Message) -> Any:
    """The usage of a message as the API wrote it, with keys and values that the SDK does not know."""
    return message.to_dict(warnings=False).get("usage")


def message_text(message: Message) -> str:
    """All text of a message, without its other blocks."""
    return "".join(block.text for block in message.content if block.type == "text")
