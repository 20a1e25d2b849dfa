"""The cassettes and token counts of a run, opened when first needed."""

from __future__ import annotations

from functools import cached_property
from typing import TYPE_CHECKING

from harness.pytest_plugin.attachments import test_command

if TYPE_CHECKING:
    import pytest

    from harness.cassettes.scan import SecretGuard
    from harness.cassettes.scrub import Scrubber
    from harness.cassettes.store import CassetteStore
    from harness.client.token_memo import TokenMemo
    from harness.prompt.reader import PromptReader
    from harness.prompt.tokens import CountText
    from harness.pytest_plugin.options import Options


class Storage:
    """What a run reads and writes on disk. Nothing here needs the SDK, because a run may send nothing."""

    def __init__(self, options: Options) -> None:
        self._options = options
        self._memo: TokenMemo | None = None

    @cached_property
    def count_text(self) -> CountText:
        """The token counter of the run, which remembers its counts on disk."""
        from harness.client.token_memo import TokenMemo
        from harness.prompt.tokens import TextCounter

        self._memo = TokenMemo()
        return TextCounter(self._memo)

    @property
    def forgotten_counts(self) -> str | None:
        """Why the token counts of this process cannot be remembered on disk; ``None`` if they can."""
        return None if self._memo is None else self._memo.problem

    @cached_property
    def reader(self) -> PromptReader:
        """The reader of all requests of the run; it reads and counts each distinct one once."""
        from harness.prompt.reader import PromptReader

        return PromptReader(self.count_text)

    @cached_property
    def store(self) -> CassetteStore:
        """The cassettes of the run."""
        from harness.cassettes.store import CassetteStore

        return CassetteStore(self._options.cassettes, guard=self.guard)

    @cached_property
    def guard(self) -> SecretGuard:
        """Refuses to write secrets into cassettes and the lock file."""
        from harness.cassettes.scan import SecretGuard

        return SecretGuard(allowed=self._options.allowed_secrets, values=self.scrubber.values)

    @cached_property
    def scrubber(self) -> Scrubber:
        """Removes keys, and what the project names, from what is written."""
        from harness.cassettes.scrub import Scrubber
        from harness.settings import read_keys

        return Scrubber(rules=self._options.scrub, values=read_keys())

    def record_command(self, item: pytest.Item, cassette: str) -> str:
        """The command that records a test's cassette again: from its old upstream, or else the emulator."""
        upstream = self.store.upstream(cassette)
        alone = ["-n 0"] if self._options.is_distributed_by_default else []
        return test_command(item, "--harness-mode=record", f"--harness-upstream={upstream}", *alone)
