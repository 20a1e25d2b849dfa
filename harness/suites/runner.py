"""One case with one version of its prompt, and how a suite's function is called for it."""

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
from harness.prompt.wire import to_body
from harness.settings import Settings
from harness.suites.model import Case, PromptVersion, Suite

SuiteFunction = Callable[..., Any]
"""A suite's function: ``function([client], [prompt], **inputs)``."""


@dataclass(frozen=True, slots=True, kw_only=True)
class CaseRun:
    """One case with one version of the prompt."""

    suite: Suite
    version: PromptVersion
    case: Case

    @property
    def name(self) -> str:
        """Part of the test's id: ``analysis[v1-backend-engineer-mid]``."""
        return f"{self.suite.name}[{self.version.name}-{self.case.name}]"

    @property
    def title(self) -> str:
        """Its name in messages: ``analysis v1, case backend-engineer-mid``."""
        return f"{self.suite.name} {self.version.name}, case {self.case.name}"

    def cassette(self, root: Path) -> str:
        """Name of its cassette, under the folder of the suite file: ``suites/analysis/v1/backend-engineer-mid``."""
        folder = PurePosixPath(self.suite.path.parent.relative_to(root, walk_up=True).as_posix())
        return str(folder / self.suite.name / self.version.name / self.case.name)

    def invoke(self, function: SuiteFunction, sdk: Any = None, *, inputs: Mapping[str, Any] | None = None) -> Any:
        """Call the function and run what it returns to its end: a coroutine awaited, an iterator exhausted.

        ``sdk`` is an ``anthropic.Anthropic`` or stands for one; suites that need none ignore it.
        ``inputs`` are by default those of the case's first round.
        """
        arguments = [] if self.version.text is None else [self.version.text]
        if not self.suite.is_build and self.suite.client != "http":
            arguments.insert(0, self._client(sdk))
        return _exhaust(function(*arguments, **deepcopy(dict(self.case.inputs if inputs is None else inputs))))

    def build(self, function: SuiteFunction, *, inputs: Mapping[str, Any] | None = None) -> list[bytes]:
        """The bodies of the requests that a building function returns: one, or several in a list.

        Raises:
            RequestError: what it returns cannot be the parameters of a request.
        """
        built = self.invoke(function, inputs=inputs)
        return [to_body(parameters) for parameters in (built if isinstance(built, list | tuple) else [built])]

    def _client(self, sdk: Any) -> Any:
        if self.suite.client == "anthropic":
            return sdk
        # Not from the environment: a developer's settings must not change what a suite sends.
        settings = Settings(model=self.version.model, use_local_cache=False)
        return ClaudeClient(sdk, settings=settings, prompt_version=self.version.name)


def _exhaust(result: Any) -> Any:
    if inspect.iscoroutine(result):
        return asyncio.run(result)
    if isinstance(result, Iterator):
        deque(result, maxlen=0)
    return result
