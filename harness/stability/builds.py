"""Build a case with its own or other inputs, and tell which cached prefixes are new."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, NamedTuple

from harness.errors import RequestError
from harness.prompt.reader import try_read_once
from harness.provider.models import ANY_NAME, known_models, name_models

if TYPE_CHECKING:
    from harness.prompt.reading import Prompt

Make = Callable[[Mapping[str, Any] | None], tuple[Sequence[bytes], BaseException | None]]
"""Makes the bodies of a case from other inputs or, for ``None``, from its own; also gives what the function raised."""
Signature = tuple[tuple[str, str], ...]
"""Path and key of each part of a static prefix."""


class Built(NamedTuple):
    """The requests that a function built."""

    prompts: Sequence[Prompt | None]
    error: BaseException | None


class Move(NamedTuple):
    """A request with a cached prefix that no usual request has."""

    number: int
    """Index of the request among those of its build."""
    prompt: Prompt


@dataclass(slots=True, kw_only=True)
class Builder:
    """Builds a case with its own or other inputs, and knows its usual prefixes."""

    make: Make
    usual: list[Prompt | None] = field(default_factory=list)
    """The requests with the case's own inputs, from one build or several."""
    ignored: set[str] = field(default_factory=set)
    """Paths of blocks that are not compared."""
    expected: int = 0
    """Number of readable requests that a build must make."""
    is_checked: bool = False
    """Whether the usual inputs were built again."""
    builds: int = 0

    def build(self, inputs: Mapping[str, Any] | None = None) -> Built:
        """Build the requests, by default with the case's own inputs."""
        self.builds += 1
        bodies, error = self.make(inputs)
        # A changed input may be the name of the model.
        names = {} if inputs is None else {ANY_NAME: known_models()[0].id}
        with name_models(names):
            prompts = [try_read_once(body) for body in bodies]
            # With other inputs, a request may hold something where no prompt can have it.
            return Built(prompts if inputs is None else [_drop_invalid(prompt) for prompt in prompts], error)

    def start(self, usual: Sequence[Prompt | None] | None) -> None:
        """Take the usual requests, or build them."""
        self.usual = list(self.build().prompts if usual is None else usual)
        self.expected = _count_read(self.usual)

    def check_usual(self) -> None:
        """Build the usual inputs twice more, with placeholder answers, and ignore what changes by itself."""
        self.is_checked = True
        first, second = self.build().prompts, self.build().prompts
        self.expected = min(self.expected, _count_read(first))
        for one, other in zip(first, second, strict=False):
            signatures = (set(_sign(prompt)) if prompt else set() for prompt in (one, other))
            self.ignored |= {path for path, _ in set.symmetric_difference(*signatures)}
        self.usual += [*first, *second]

    def is_complete(self, built: Built) -> bool:
        """Whether a build made as many requests as the usual one."""
        if _count_read(built.prompts) < self.expected and not self.is_checked:
            self.check_usual()
        return _count_read(built.prompts) >= self.expected

    def find_move(self, built: Built) -> Move | None:
        """Find the first request whose prefix no usual request has."""
        move = self._find_move(built)
        if move is not None and not self.is_checked:
            self.check_usual()
            return self._find_move(built)
        return move

    def _find_move(self, built: Built) -> Move | None:
        known = {self._sign(prompt) for prompt in self.usual if prompt is not None}
        moves = (Move(number, prompt) for number, prompt in enumerate(built.prompts) if prompt is not None)
        return next((move for move in moves if known and self._sign(move.prompt) not in known), None)

    def _sign(self, prompt: Prompt) -> Signature:
        return tuple(pair for pair in _sign(prompt) if pair[0] not in self.ignored)


def _sign(prompt: Prompt) -> Signature:
    try:
        return tuple((part.path, part.key) for part in prompt.static_parts)
    except RequestError:
        # A block holds what JSON bytes cannot carry; the run of the case itself reports it.
        return ()


def _drop_invalid(prompt: Prompt | None) -> Prompt | None:
    try:
        return prompt if prompt is not None and prompt.parts else None
    except RequestError:
        return None


def _count_read(prompts: Sequence[Prompt | None]) -> int:
    return sum(prompt is not None for prompt in prompts)
