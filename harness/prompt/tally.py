"""The running count of one request: tokens so far, the prefix at each block, and what is in doubt."""

from collections.abc import Callable

from harness.prompt.doubts import Doubt
from harness.provider.generations import Generation

_WORD = "a"
"""Merges with nothing around it."""


class Tally:
    """Adds up the tokens of a request from its first block to its last."""

    def __init__(self, rules: Generation, count_text: Callable[[str, str], int]) -> None:
        self.rules = rules
        self.total = 0
        self.prefixes: list[int] = []
        self.doubts: list[Doubt] = []
        self._count_text = count_text

    def text(self, text: str) -> int:
        """Tokens of a text alone."""
        return self._count_text(text, self.rules.tokenizer)

    def between(self, before: str, text: str, after: str) -> int:
        """Tokens that a text adds between two others, with what merges where they meet."""
        if not text:
            return 0
        return self.text(f"{before}{text}{after}") - self.text(f"{before}{_WORD}{after}") + self.text(_WORD)

    def end_block(self) -> None:
        """Note that the prefix of one more block ends here."""
        self.prefixes.append(self.total)

    def doubt(
        self, path: str, why: str, tokens: int | None = None, *, counted: int | None = None, since: int | None = None
    ) -> None:
        """Note what the count leaves open, by default for the prefixes of all blocks from here on; see `Doubt`."""
        start = len(self.prefixes) if since is None else since
        self.doubts.append(Doubt(path=path, why=why, tokens=tokens, counted=counted, since=start))

    def doubt_unproven(
        self, rule: str, path: str, what: str, *, counted: int | None = None, since: int | None = None
    ) -> None:
        """Note that a rule is used which no recorded call of the generation proves; nothing where one does."""
        if rule in self.rules.unproven:
            why = f"no recorded call of this generation shows {what}"
            self.doubt(path, why, self.rules.unproven[rule], counted=counted, since=since)
