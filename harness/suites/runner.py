"""Call a suite's function for one case with one prompt version."""

from __future__ import annotations

import asyncio
import inspect
from collections import deque
from collections.abc import Callable, Iterator, Mapping
from copy import deepcopy
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import Any

from harness.client.claude import ClaudeClient
from harness.files.names import portable_name
from harness.prompt.wire import to_body
from harness.settings import Settings
from harness.suites.model import Case, PromptVersion, Suite

SuiteFunction = Callable[..., Any]
"""A suite's function: ``function([client], [prompt], **inputs)``."""


@dataclass(frozen=True, slots=True, kw_only=True)
class CaseRun:
    """One case with one prompt version."""

    suite: Suite
    version: PromptVersion
    case: Case

    @property
    def name(self) -> str:
        """The last part of the test id: ``analysis[v1-backend-engineer-mid]``."""
        return f"{self.suite.name}[{self.version.name}-{self.case.name}]"

    @property
    def title(self) -> str:
        """The name in messages: ``analysis v1, case backend-engineer-mid``."""
        return f"{self.suite.name} {self.version.name}, case {self.case.name}"

    def cassette(self, root: Path) -> str:
        """The name of its cassette, relative to ``root``: ``suites/analysis/v1/backend-engineer-mid``."""
        folder = PurePosixPath(self.suite.path.parent.relative_to(root, walk_up=True).as_posix())
        suite = portable_name(self.suite.name, others=self.suite.siblings)
        version = portable_name(self.version.name, others=[version.name for version in self.suite.versions])
        case = portable_name(self.case.name, others=[case.name for case in self.suite.cases])
        return str(folder / suite / version / case)

    def invoke(self, function: SuiteFunction, sdk: Any = None, *, inputs: Mapping[str, Any] | None = None) -> Any:
        """Call the function to completion: await a coroutine, exhaust an iterator.

        ``sdk`` is an ``anthropic.Anthropic`` or a replacement; suites that need none ignore it.
        ``inputs`` default to those of the case's first round.
        """
        arguments = [] if self.version.text is None else [self.version.text]
        if not self.suite.is_build and self.suite.client != "http":
            arguments.insert(0, self._client(sdk))
        return _exhaust(function(*arguments, **deepcopy(dict(self.case.inputs if inputs is None else inputs))))

    def build(self, function: SuiteFunction, *, inputs: Mapping[str, Any] | None = None) -> list[bytes]:
        """Call a function that builds requests, and return their bodies; it returns one request or a list.

        Raises:
            RequestError: the function returns something that cannot be request parameters.
        """
        built = self.invoke(function, inputs=inputs)
        return [to_body(parameters) for parameters in (built if isinstance(built, list | tuple) else [built])]

    def _client(self, sdk: Any) -> Any:
        if self.suite.client == "anthropic":
            return sdk
        # Not read from the environment: a developer's settings must not change what a suite sends.
        settings = Settings(model=self.version.model, use_local_cache=False)
        return ClaudeClient(sdk, settings=settings, prompt_version=self.version.name)


def _exhaust(result: Any) -> Any:
    if inspect.iscoroutine(result):
        return asyncio.run(result)
    if isinstance(result, Iterator):
        deque(result, maxlen=0)
    return result
