"""What both clients share: all that needs no network."""

from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime
from functools import partial
from typing import TYPE_CHECKING, Any, NamedTuple

from harness.calls.answer import assemble_message
from harness.calls.stream_usage import read_usages
from harness.client.answers import is_message, is_whole, to_dict, to_message, usage_of, usage_so_far, usages_of
from harness.client.cache_limits import Limits
from harness.client.entry import StoredAnswer
from harness.client.local_cache import LocalCache
from harness.client.metrics import Answered, CacheMetrics
from harness.client.misses import Compared, Misses, Sent
from harness.client.open_telemetry import describe_on_span, find_span
from harness.client.requests import (
    PLACEHOLDER,
    SystemPrompt,
    UserPrompt,
    build_request,
    countable,
    mark_request,
    warming_options,
)
from harness.client.strategies import Breakpoints, read_targets, without_messages
from harness.errors import UsageError
from harness.provider.usage import Usage
from harness.settings import Settings

if TYPE_CHECKING:
    from anthropic.types import Message


class Prepared(NamedTuple):
    """A request, ready to be sent."""

    request: dict[str, Any]
    """Arguments of the SDK."""
    version: str
    """Prompt version."""
    at: datetime
    span: Any
    """The application's OpenTelemetry span, if it has one."""

    @property
    def model(self) -> str:
        """The requested model."""
        return str(self.request["model"])


class Base:
    """Builds requests and reads answers; the clients send and receive them."""

    def __init__(
        self,
        settings: Settings | None,
        prompt_version: str,
        breakpoints: Breakpoints,
        *,
        refuse: Callable[[Mapping[str, Any], bool], None] | None,
        compare: Callable[[Sent, Sent], Compared] | None,
    ) -> None:
        """Keep the options of a client; ``refuse`` checks requests, and ``compare`` explains lost prefixes.

        Raises:
            UsageError: ``breakpoints`` names what is no strategy and no path.
            SettingsError: a variable of the environment is not allowed.
        """
        self.settings = settings or Settings.from_environment()
        self.metrics = CacheMetrics()
        self._version = prompt_version
        self._targets = read_targets(breakpoints)
        self._refuse = refuse
        self._misses = Misses(self.metrics, compare) if compare is not None else None
        self._local_cache = LocalCache(
            folder=self.settings.local_cache_dir,
            prefix=self.settings.cache_prefix,
            prompt_version=prompt_version,
            limits=Limits(self.settings.local_cache_max_size, self.settings.local_cache_max_age),
        )

    # --- requests ----------------------------------------------------------------------------------------

    def prepare(
        self,
        system_prompt: SystemPrompt,
        user_prompt: UserPrompt,
        options: Mapping[str, Any],
        *,
        breakpoints: Breakpoints | None = None,
        prompt_version: str | None = None,
        is_streamed: bool = False,
    ) -> Prepared:
        """Prepare a call; ``breakpoints`` and ``prompt_version`` stand for those of the client.

        Raises:
            UsageError: ``breakpoints`` names what is no strategy and no path, or a whole answer is to be a stream.
            RefusedRequestError: the API would refuse it, and the client validates.
        """
        if options.get("stream"):
            if not is_streamed:
                raise UsageError("create_message() gives whole answers", hint="call stream_message() for a stream")
            options = {key: value for key, value in options.items() if key != "stream"}
        targets = self._targets if breakpoints is None else read_targets(breakpoints)
        request = build_request(system_prompt, user_prompt, options, model=self.settings.model)
        if self.settings.use_prompt_cache:
            request = mark_request(request, targets)
        if self._refuse is not None:
            self._refuse(request, is_streamed)
        version = self._version if prompt_version is None else prompt_version
        if self._misses is not None:
            request = self._misses.ask(request, version)
        return Prepared(request=request, version=version, at=datetime.now(UTC), span=find_span())

    def prepare_warming(
        self,
        system_prompt: SystemPrompt,
        options: Mapping[str, Any],
        *,
        breakpoints: Breakpoints | None,
        prompt_version: str | None,
    ) -> Prepared:
        """Prepare a request that only writes the prompt cache: its tools and system prompt.

        Raises:
            UsageError: the options have what the API refuses with ``max_tokens: 0`` and the prompt needs.
        """
        targets = without_messages(self._targets if breakpoints is None else read_targets(breakpoints))
        return self.prepare(
            system_prompt,
            PLACEHOLDER,
            warming_options(options),
            breakpoints={target.name: target.ttl for target in targets},
            prompt_version=prompt_version,
        )

    def prepare_count(
        self, system_prompt: SystemPrompt, user_prompt: UserPrompt, options: Mapping[str, Any]
    ) -> dict[str, Any]:
        """Prepare the arguments of ``messages.count_tokens``; markers do not change the count."""
        return countable(build_request(system_prompt, user_prompt, options, model=self.settings.model))

    # --- answers -----------------------------------------------------------------------------------------

    def recall(self, call: Prepared) -> StoredAnswer | None:
        """Find the answer in the local cache, and count it; ``None`` if the API must be asked."""
        if not self.settings.use_local_cache:
            return None
        stored = self._local_cache.read(call.request, call.version)
        if stored is None:
            return None
        if not is_message(stored.response):
            self._local_cache.warn(call.request, "its response is not a message", call.version)
            return None
        message_id = str(stored.response.get("id") or "")
        load_usage = partial(read_usages, stored.usages)
        self.metrics.add(Answered(load_usage, call.model, call.version, message_id, call.at, is_local_hit=True))
        return stored

    def recall_message(self, call: Prepared) -> "Message | None":
        """Do the same, as the SDK's message."""
        stored = self.recall(call)
        return None if stored is None else to_message(stored.response)

    def keep(self, call: Prepared, message: "Message") -> "Message":
        """Bill and store an answer; return it."""
        if self.settings.use_local_cache:
            response = to_dict(message)
            if is_whole(response):
                self._local_cache.write(call.request, response, [response.get("usage")], version=call.version)
        self._bill(call, [usage_of(message)], message)
        return message

    def keep_stream(self, call: Prepared, events: Sequence[Any], pieces: Sequence[int]) -> None:
        """Bill and store a stream that has ended."""
        usages = usages_of(events)
        if self.settings.use_local_cache:
            response = assemble_message([to_dict(event) for event in events])
            if is_whole(response):
                self._local_cache.write(call.request, response, usages, pieces=pieces, version=call.version)
        self._bill(call, usages, _start_of(events), _stop_of(events))

    def keep_part(self, call: Prepared, events: Sequence[Any]) -> None:
        """Bill a stream that ended early, if its answer had begun; it must not be served again."""
        start = _start_of(events)
        if start is not None:
            deltas = sum(event.type == "content_block_delta" for event in events)
            load_usage = partial(usage_so_far, usages_of(events), deltas)
            self._count(call, load_usage, start, None, is_partial=True)

    def _bill(self, call: Prepared, usages: Sequence[Any], message: Any, stop_reason: str | None = None) -> None:
        self._count(call, partial(read_usages, usages), message, stop_reason)

    def _count(
        self,
        call: Prepared,
        load_usage: "partial[Usage]",
        message: Any,
        stop_reason: str | None,
        *,
        is_partial: bool = False,
    ) -> None:
        message_id = str(getattr(message, "id", None) or "")
        self.metrics.add(Answered(load_usage, call.model, call.version, message_id, call.at, is_partial=is_partial))
        if call.span is not None:
            describe_on_span(
                call.span,
                load_usage,
                request_model=call.model,
                response_model=str(getattr(message, "model", None) or ""),
                message_id=message_id,
                stop_reason=stop_reason or getattr(message, "stop_reason", None),
            )
        if self._misses is not None:
            self._misses.report(call.request, call.version, message, load_usage(), call.at)


def _start_of(events: Sequence[Any]) -> Any:
    """The message with which a stream began; ``None`` if it did not."""
    return next((getattr(event, "message", None) for event in events if event.type == "message_start"), None)


def _stop_of(events: Sequence[Any]) -> str | None:
    stops = (getattr(getattr(event, "delta", None), "stop_reason", None) for event in reversed(events[-3:]))
    return next((stop for stop in stops if stop), None)
