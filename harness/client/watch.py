"""``harness.watch``: accounting and a log for the client that an application already has.

It uses the hooks of the SDK's HTTP client: it changes no request and no answer, and streams pass as they arrive. A call
only notes what it sent and received; reading, pricing and writing are left to a thread that works twice a second.
"""

from __future__ import annotations

import atexit
import logging
from collections import deque
from threading import Event, Lock, Thread
from time import time
from typing import TYPE_CHECKING, Any, Self

from harness.client.call_log import write_row
from harness.client.metrics import CacheMetrics
from harness.client.watched_call import Tap, WatchedCall
from harness.errors import HarnessError, UsageError
from harness.files import append_to_file

if TYPE_CHECKING:
    from pathlib import Path
    from types import TracebackType

    from anthropic import (
        Anthropic,
        AnthropicBedrock,
        AnthropicVertex,
        AsyncAnthropic,
        AsyncAnthropicBedrock,
        AsyncAnthropicVertex,
    )

    type SdkClient = (
        Anthropic | AsyncAnthropic | AnthropicBedrock | AsyncAnthropicBedrock | AnthropicVertex | AsyncAnthropicVertex
    )
    """A client of the official SDK, on any platform."""

logger = logging.getLogger("harness.client")

_STARTED = "harness.started"
_SECONDS = 0.5
"""How often the thread works."""
_ANSWERS = ("/v1/messages", "/invoke", "/invoke-with-response-stream", ":rawPredict", ":streamRawPredict")
"""How the addresses end that answer with a message."""
_READ_BY_CALLER = "x-stainless-raw-response"
"""The SDK's own header; ``stream`` where the caller reads the bytes of the answer."""


def watch(
    client: SdkClient,
    *,
    log: Path | None = None,
    prompt_version: str = "",
    metrics: CacheMetrics | None = None,
    with_text: bool = False,
) -> Watch:
    """Account for all calls of an SDK client from now on, in place; the client is used as before.

    Copies of the client, such as from ``with_options``, share its HTTP client and are watched too.
    ``log`` is a file that gets a row for each call, see `harness.client.call_log`; with ``with_text``
    the rows hold the whole requests and answers. ``metrics`` may be those of another watch or client.

    Raises:
        UsageError: ``client`` is none of the official SDK.
    """
    http = getattr(client, "_client", None)
    hooks = getattr(http, "event_hooks", None)
    if hooks is None:
        raise UsageError(
            f"{type(client).__name__} cannot be watched: it has no HTTP client of the SDK",
            hint="give an anthropic.Anthropic, AsyncAnthropic, or one of their platforms",
        )
    is_async = hasattr(http, "aclose")
    return Watch(hooks, is_async=is_async, log=log, version=prompt_version, metrics=metrics, with_text=with_text)


class Watch:
    """What a watched client has done. Close it to stop; at the end of the program it is closed by itself."""

    def __init__(
        self,
        hooks: dict[str, list[Any]],
        *,
        is_async: bool,
        log: Path | None,
        version: str,
        metrics: CacheMetrics | None,
        with_text: bool,
    ) -> None:
        self._hooks, self._log, self._version, self._with_text = hooks, log, version, with_text
        self._metrics = metrics or CacheMetrics()
        self._calls: deque[WatchedCall] = deque()
        self._lock = Lock()
        self._stop = Event()
        self._thread: Thread | None = None
        self._is_warned = False
        self._own = (self._begin_async, self._end_async) if is_async else (self._begin, self._end)
        hooks["request"].append(self._own[0])
        hooks["response"].append(self._own[1])
        atexit.register(self.close)

    @property
    def metrics(self) -> CacheMetrics:
        """What the calls cost and saved, up to now."""
        self.flush()
        return self._metrics

    def flush(self) -> None:
        """Count and log the calls that are over."""
        with self._lock:
            rows, running = [], []
            while self._calls:
                call = self._calls.popleft()
                if call.is_over:
                    rows.append(self._take(call))
                else:
                    running.append(call)
            self._calls.extend(running)
            data = b"".join(rows)
            if data and self._log is not None:
                try:
                    append_to_file(self._log, data, is_private=True)
                except HarnessError as error:
                    self._warn(error.message)

    def close(self) -> None:
        """Stop watching, and log what is left."""
        for key, hook in zip(("request", "response"), self._own, strict=True):
            if hook in self._hooks[key]:
                self._hooks[key].remove(hook)
        self._stop.set()
        atexit.unregister(self.close)
        self.flush()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    # --- during a call -----------------------------------------------------------------------------------

    def _begin(self, request: Any) -> None:
        if request.url.path.endswith(_ANSWERS):
            request.extensions[_STARTED] = time()

    def _end(self, response: Any) -> None:
        try:
            self._note(response)
        except Exception as error:  # noqa: BLE001 (such as no more threads; the application goes on)
            self._warn(f"a call cannot be watched: {error!r}")

    def _note(self, response: Any) -> None:
        started = response.request.extensions.get(_STARTED)
        if started is None or response.status_code != 200:
            return
        is_json = response.headers.get("content-type") == "application/json"
        is_read = is_json and response.request.headers.get(_READ_BY_CALLER) != "stream"
        tap = None if is_read else Tap(response)
        self._calls.append(WatchedCall(started=started, response=response, version=self._version, tap=tap))
        if self._thread is None or not self._thread.is_alive():
            self._start()

    async def _begin_async(self, request: Any) -> None:
        self._begin(request)

    async def _end_async(self, response: Any) -> None:
        self._end(response)

    # --- after it ----------------------------------------------------------------------------------------

    def _start(self) -> None:
        """Start the thread; also after a fork, which leaves it behind."""
        self._stop = Event()
        self._thread = Thread(target=self._work, args=(self._stop,), name="harness.watch", daemon=True)
        self._thread.start()

    def _work(self, stop: Event) -> None:
        while not stop.wait(_SECONDS):
            self.flush()

    def _take(self, call: WatchedCall) -> bytes:
        """Count a call; return its row."""
        try:
            self._metrics.add(call.account())
            return b"" if self._log is None else write_row(call.row(with_text=self._with_text))
        except Exception as error:  # noqa: BLE001 (whatever an answer holds, the application goes on)
            self._warn(f"a call cannot be logged: {error!r}")
            return b""

    def _warn(self, problem: str) -> None:
        if not self._is_warned:
            self._is_warned = True
            logger.warning("%s; calls may be missing from the log", problem)
