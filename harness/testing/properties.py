"""Check the property that a prompt builder makes the same cached prefix from any inputs."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from copy import deepcopy
from dataclasses import replace
from typing import Any

from hypothesis import HealthCheck, Phase, Verbosity, given, settings
from hypothesis import strategies as st
from hypothesis.errors import Flaky
from hypothesis.strategies import SearchStrategy

from harness.calls.call import Call
from harness.errors import UsageError
from harness.findings.finding import Finding
from harness.numbers import parse_json
from harness.prompt.blocks import Request
from harness.prompt.reading import Prompt, read
from harness.prompt.wire import to_body
from harness.stability.fields import drop_indexes
from harness.stability.taint import Leak, find_leaks, list_fields, taint
from harness.testing.inputs import find_changes, revert
from harness.testing.messages import add_difference, check_error, describe_leaks, list_changes

Builder = Callable[..., Request | Call]
"""A user's function from inputs, by keyword, to the parameters of a request."""
Inputs = Mapping[str, Any]

_SAMPLES = 20
_NOTED = 2_000
"""Most characters of the inputs in the note on an exception of the builder."""

_UNREPEATABLE = Finding(rule="unstable", headline="the cached prefix changes from call to call, with the same inputs")


def assert_prefix_stable(build: Builder, /, *, examples: int = 100, **strategies: SearchStrategy[Any]) -> None:
    """Assert that a builder makes the same cached prefix from any inputs.

    ``strategies`` draw the inputs, by name: ``assert_prefix_stable(build, resume=resumes())``
    calls ``build(resume=...)``, which returns request parameters or a `Call`. Bind everything
    that belongs in the prefix with `functools.partial`. The prefix ends at the last breakpoint in
    tools or system; if there is none, at the first one in the messages.

    First, each text of the inputs is replaced by a mark, which names a leaking field at once.
    Then up to ``examples`` drawn inputs are compared with a fixed simple one; inputs that change
    the prefix are shrunk as far as possible. Every run draws the same inputs.

    Raises:
        CheckError: the prefix depends on the inputs, or changes from call to call, or there is none.
        UsageError: an input is not given as a strategy.
        RequestError: the builder's result does not have the shape of a Messages request.

    Exceptions of the builder itself are passed on, with a note of the smallest inputs that raise one.
    """
    for name, strategy in strategies.items():
        if not isinstance(strategy, SearchStrategy):
            raise UsageError(
                f"input {name!r} is {type(strategy).__name__}, expected a hypothesis strategy",
                hint=f"bind a constant input: functools.partial(build, {name}=...)",
            )
    _Property(build, strategies).check(examples)


class _Moved(Exception):  # noqa: N818
    """Tells hypothesis that inputs changed the prefix; never leaves this module."""


class _Property:
    """Compares a builder with the prefix that it makes from reference inputs."""

    def __init__(self, build: Builder, strategies: Mapping[str, SearchStrategy[Any]]) -> None:
        self.build = build
        self.inputs = st.fixed_dictionaries(dict(strategies))
        self.samples = _draw(self.inputs, _SAMPLES)
        self.reference = self.samples[0]
        self.prompt = self.render(self.reference)
        self.prefix = _keys(self.prompt)

    def check(self, examples: int) -> None:
        """Run the checks, the cheapest first, and raise the first finding."""
        if not self.prefix:
            headline = "the built request has no breakpoint"
            raise check_error(Finding(rule="never-cached", headline=headline).with_cause("unmarked"))
        if leaks := self.find_leaks():
            raise check_error(describe_leaks(leaks, self.prompt))
        self.check_repeats()
        inputs = self.find_move(examples)
        if inputs is not None:
            # The search takes time, so the clock may have changed the prefix.
            self.check_repeats()
            raise check_error(self.describe_move(self.narrow(inputs)))

    def render(self, inputs: Inputs) -> Prompt:
        """Build a request from a copy of the inputs, which the builder may modify."""
        try:
            result = self.build(**deepcopy(dict(inputs)))
        except Exception as error:
            error.add_note(f"raised by the builder for the inputs {str(inputs)[:_NOTED]}")
            raise
        if isinstance(result, Call):
            return result.prompt
        if not isinstance(result, Mapping):
            raise check_error(_not_a_request(result))
        return read(parse_json(to_body(result)))

    def moves(self, inputs: Inputs) -> bool:
        """Whether inputs give another prefix than the reference."""
        return _keys(self.render(inputs)) != self.prefix

    # --- fields that get into the prefix as they are -----------------------------------------------------

    def find_leaks(self) -> tuple[Leak, ...]:
        """Find fields whose text is in the prefix, in the first sample that has any."""
        for inputs, fields in _cover(self.samples):
            if leaks := self.find_leaks_of(inputs, fields):
                return leaks
        return ()

    def find_leaks_of(self, inputs: Inputs, fields: Sequence[str]) -> tuple[Leak, ...]:
        """Find the leaks of one sample, field by field if the builder fails on marks in all fields."""
        request = self.try_to_render({name: taint(value, name) for name, value in inputs.items()})
        if request is not None:
            return find_leaks(request, _fields(inputs))
        return tuple(leak for field in fields for leak in self.find_leak(inputs, field))

    def find_leak(self, inputs: Inputs, field: str) -> tuple[Leak, ...]:
        """Find the leaks of one field."""
        request = self.try_to_render({name: taint(value, name, only=field) for name, value in inputs.items()})
        return () if request is None else find_leaks(request, (field,))

    def try_to_render(self, inputs: Inputs) -> Prompt | None:
        """Build a request; ``None`` if the builder fails on the inputs."""
        try:
            return self.render(inputs)
        except Exception:  # noqa: BLE001
            # User code may raise anything, such as on a mark where it expects a date.
            return None

    # --- call to call, and inputs to inputs --------------------------------------------------------------

    def check_repeats(self) -> None:
        """Check that the reference inputs give the reference prefix again."""
        again = self.render(self.reference)
        if _keys(again) != self.prefix:
            raise check_error(
                add_difference(_UNREPEATABLE, self.prompt, again, first="first call", second="later call")
            )

    def find_move(self, examples: int) -> Inputs | None:
        """Find the smallest inputs that change the prefix."""
        moved: Inputs | None = None

        @_quiet(examples, Phase.generate, Phase.shrink)
        @given(self.inputs)
        def search(inputs: Inputs) -> None:
            nonlocal moved
            if self.moves(inputs):
                moved = inputs
                raise _Moved

        try:
            search()
        except _Moved:
            return moved
        except Flaky:
            # The same inputs once changed the prefix and once did not.
            if moved is None:
                raise
        return moved

    def narrow(self, inputs: Inputs) -> Inputs:
        """Revert every difference from the reference that is not needed to change the prefix."""
        for change in reversed(list(find_changes(self.reference, inputs))):
            candidate = revert(inputs, change)
            request = self.try_to_render(candidate)
            if request is not None and _keys(request) != self.prefix:
                inputs = candidate
        return inputs

    def describe_move(self, inputs: Inputs) -> Finding:
        """Describe what changed, where, and with which inputs."""
        request = self.render(inputs)
        if _keys(request) == self.prefix:
            return replace(
                _UNREPEATABLE,
                facts=("it changed once, but not when it was built again",),
                fix="look for state that the builder keeps or counts",
            )
        changes = list(find_changes(self.reference, inputs))
        finding = Finding(
            rule="unstable",
            headline="the cached prefix changes with the inputs",
            quotes=("smallest inputs that change it, compared with the reference:", *list_changes(changes)),
        )
        return add_difference(finding, self.prompt, request, first="reference", second="drawn")


def _not_a_request(result: object) -> Finding:
    what = f"the builder returned {type(result).__name__}"
    return Finding(rule="cannot-tell", headline=f"{what}, expected the parameters of a request as a mapping")


def _draw(inputs: SearchStrategy[dict[str, Any]], number: int) -> list[dict[str, Any]]:
    """Draw the first examples of a strategy, beginning with the simplest one."""
    drawn: list[dict[str, Any]] = []

    @_quiet(number, Phase.generate)
    @given(inputs)
    def collect(one: dict[str, Any]) -> None:
        drawn.append(one)

    collect()
    return drawn


def _quiet(examples: int, *phases: Phase) -> settings:
    """Settings for the same search in every run, without output, files or time limits of hypothesis."""
    return settings(
        max_examples=examples,
        phases=phases,
        deadline=None,
        derandomize=True,
        database=None,
        verbosity=Verbosity.quiet,
        print_blob=False,
        report_multiple_bugs=False,
        suppress_health_check=list(HealthCheck),
    )


def _keys(prompt: Prompt) -> list[str]:
    return [part.key for part in prompt.static_parts]


def _cover(samples: Sequence[Inputs]) -> Iterator[tuple[Inputs, list[str]]]:
    """A few samples that together have every kind of field, each with its fields of new kinds."""
    seen: set[str] = set()
    for inputs in sorted(samples, key=lambda sample: -len(set(map(drop_indexes, _fields(sample))))):
        fresh = [field for field in _fields(inputs) if drop_indexes(field) not in seen]
        seen |= set(map(drop_indexes, fresh))
        if fresh:
            yield inputs, fresh


def _fields(inputs: Inputs) -> tuple[str, ...]:
    return tuple(field for name, value in inputs.items() for field in list_fields(value, name))
