"""``ClaudeClient`` and ``AsyncClaudeClient``: a static system prompt that is cached, and what is asked of it.

Both share a base that builds requests and reads answers; they differ only in ``await``.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from harness.client.answers import message_text
from harness.client.base import Base
from harness.client.streams import AsyncTextStream, TextStream

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from anthropic import Anthropic, AsyncAnthropic
    from anthropic.types import Message, MessageTokensCount

    from harness.client.misses import Compared, Sent
    from harness.client.requests import SystemPrompt, UserPrompt
    from harness.client.strategies import Breakpoints
    from harness.settings import Settings

__all__ = ["AsyncClaudeClient", "ClaudeClient", "message_text"]


class ClaudeClient(Base):
    """Calls Claude with a cacheable prompt, and keeps whole responses in the local cache.

    ``metrics`` says what the two caches save.
    """

    def __init__(
        self,
        client: Anthropic | None = None,
        *,
        settings: Settings | None = None,
        prompt_version: str = "",
        validate: bool = False,
        breakpoints: Breakpoints = "system",
        explain_misses: bool = False,
    ) -> None:
        """Wrap an ``anthropic.Anthropic``, by default a new one; settings come from the environment.

        With ``validate``, requests that the API would refuse raise `harness.errors.RefusedRequestError`
        instead of being sent; what cannot be told, such as for a model that is not known, is sent.
        ``breakpoints`` says what is marked for the prompt cache, see `harness.client.strategies`. With
        ``explain_misses``, each call asks the API why it could not read what the one before wrote, and a
        lost prefix is logged as a warning.

        Raises:
            UsageError: ``breakpoints`` names what is no strategy and no path.
            SettingsError: a variable of the environment is not allowed.
        """
        refuse = _find_check() if validate else None
        compare = _find_comparison() if explain_misses else None
        super().__init__(settings, prompt_version, breakpoints, refuse=refuse, compare=compare)
        if client is None:
            from anthropic import Anthropic

            client = Anthropic()
        self._client = client

    def create_message(
        self,
        system_prompt: SystemPrompt,
        user_prompt: UserPrompt,
        *,
        breakpoints: Breakpoints | None = None,
        prompt_version: str | None = None,
        **options: Any,
    ) -> Message:
        """Answer a static system prompt and a dynamic user prompt, or the messages of a conversation.

        ``options`` are parameters of the SDK's ``messages.create``; they override ``model`` (settings) and
        ``max_tokens`` (4096). SDK errors pass through untouched.
        """
        call = self.prepare(system_prompt, user_prompt, options, breakpoints=breakpoints, prompt_version=prompt_version)
        message = self.recall_message(call)
        if message is None:
            message = self.keep(call, self._client.messages.create(**call.request))
        return message

    def stream_message(
        self,
        system_prompt: SystemPrompt,
        user_prompt: UserPrompt,
        *,
        breakpoints: Breakpoints | None = None,
        prompt_version: str | None = None,
        **options: Any,
    ) -> TextStream:
        """Like `create_message`, but give the pieces of text as they arrive; a local hit comes in the same pieces."""
        call = self.prepare(
            system_prompt,
            user_prompt,
            options,
            breakpoints=breakpoints,
            prompt_version=prompt_version,
            is_streamed=True,
        )
        return TextStream(self, call, self._client.messages.stream)

    def count_tokens(self, system_prompt: SystemPrompt, user_prompt: UserPrompt, **options: Any) -> MessageTokensCount:
        """Count the input tokens of a call, by the API; parameters that do not count are left out."""
        return self._client.messages.count_tokens(**self.prepare_count(system_prompt, user_prompt, options))

    def prewarm(
        self,
        system_prompt: SystemPrompt,
        *,
        breakpoints: Breakpoints | None = None,
        prompt_version: str | None = None,
        **options: Any,
    ) -> Message:
        """Write tools and system prompt to the prompt cache, by a call with ``max_tokens: 0`` that answers nothing.

        ``options`` are those of the calls to come. Thinking and a forced tool are left out, which the API
        refuses here and which leave tools and system prompt as they are.

        Raises:
            UsageError: there is an output format, which changes the system prompt and which the API refuses here.
        """
        call = self.prepare_warming(system_prompt, options, breakpoints=breakpoints, prompt_version=prompt_version)
        return self.keep(call, self._client.messages.create(**call.request))


class AsyncClaudeClient(Base):
    """`ClaudeClient` for asyncio."""

    def __init__(
        self,
        client: AsyncAnthropic | None = None,
        *,
        settings: Settings | None = None,
        prompt_version: str = "",
        validate: bool = False,
        breakpoints: Breakpoints = "system",
        explain_misses: bool = False,
    ) -> None:
        """Wrap an ``anthropic.AsyncAnthropic``, by default a new one; for the options see `ClaudeClient`."""
        refuse = _find_check() if validate else None
        compare = _find_comparison() if explain_misses else None
        super().__init__(settings, prompt_version, breakpoints, refuse=refuse, compare=compare)
        if client is None:
            from anthropic import AsyncAnthropic

            client = AsyncAnthropic()
        self._client = client

    async def create_message(
        self,
        system_prompt: SystemPrompt,
        user_prompt: UserPrompt,
        *,
        breakpoints: Breakpoints | None = None,
        prompt_version: str | None = None,
        **options: Any,
    ) -> Message:
        """Answer a system prompt and a user prompt or conversation; see `ClaudeClient.create_message`."""
        call = self.prepare(system_prompt, user_prompt, options, breakpoints=breakpoints, prompt_version=prompt_version)
        message = self.recall_message(call)
        if message is None:
            message = self.keep(call, await self._client.messages.create(**call.request))
        return message

    def stream_message(
        self,
        system_prompt: SystemPrompt,
        user_prompt: UserPrompt,
        *,
        breakpoints: Breakpoints | None = None,
        prompt_version: str | None = None,
        **options: Any,
    ) -> AsyncTextStream:
        """Like `create_message`, but give the pieces of text as they arrive; a local hit comes in the same pieces."""
        call = self.prepare(
            system_prompt,
            user_prompt,
            options,
            breakpoints=breakpoints,
            prompt_version=prompt_version,
            is_streamed=True,
        )
        return AsyncTextStream(self, call, self._client.messages.stream)

    async def count_tokens(
        self, system_prompt: SystemPrompt, user_prompt: UserPrompt, **options: Any
    ) -> MessageTokensCount:
        """Count the input tokens of a call; see `ClaudeClient.count_tokens`."""
        return await self._client.messages.count_tokens(**self.prepare_count(system_prompt, user_prompt, options))

    async def prewarm(
        self,
        system_prompt: SystemPrompt,
        *,
        breakpoints: Breakpoints | None = None,
        prompt_version: str | None = None,
        **options: Any,
    ) -> Message:
        """Write tools and system prompt to the prompt cache; see `ClaudeClient.prewarm`."""
        call = self.prepare_warming(system_prompt, options, breakpoints=breakpoints, prompt_version=prompt_version)
        return self.keep(call, await self._client.messages.create(**call.request))


def _find_check() -> Callable[[Mapping[str, Any], bool], None]:
    from harness.client.validation import refuse

    return lambda request, is_streamed: refuse(request, is_streamed=is_streamed)


def _find_comparison() -> Callable[[Sent, Sent], Compared]:
    from harness.client.comparison import compare

    return compare
