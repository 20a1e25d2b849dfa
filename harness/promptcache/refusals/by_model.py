"""The errors with which the API refuses a request because of its model: the rows of ``refusals.toml`` that match it."""

from collections.abc import Iterator

from harness.prompt.reading import Prompt
from harness.promptcache.refusals.api_error import UNCONFIRMED, ApiError, invalid
from harness.promptcache.refusals.facts import Fact, find_facts
from harness.promptcache.refusals.sizes import Size, Sized, measure
from harness.provider.refusals import Condition, Limit, Platform, Refusal, limits_of, refusals_of

_NOT_WHEN_COUNTED = ("max_tokens", "input_tokens", "input_and_max_tokens")
"""Limits that concern the answer, or that a prompt may exceed to be counted."""


def model_faults(prompt: Prompt, *, is_count: bool = False) -> Iterator[ApiError]:
    """Yield what the model of a request refuses; nothing of it is known for a model without rows.

    ``is_count`` says that the request only asks for its tokens.
    """
    platform = _platform(prompt)
    for refusal in refusals_of(prompt.model.id):
        if refusal.is_on(platform) and (fact := _match(prompt, refusal)):
            yield _refuse(prompt, refusal, fact)
    sized = _sized(prompt)
    for limit in limits_of(prompt.model.id):
        if platform in limit.not_on or (is_count and limit.measure in _NOT_WHEN_COUNTED):
            continue
        size = measure(sized, limit.measure, limit.maximum)
        if size is not None and size.least > limit.maximum:
            yield invalid(_fill(limit, prompt, size), path=limit.path)


def model_notes(prompt: Prompt) -> Iterator[str]:
    """Yield what a reader should know of a model that still refuses nothing: it is retired, or a limit is in doubt."""
    model = prompt.model
    if model.retired_on:
        on_clouds = "" if model.surface == "anthropic" else "; other platforms have their own dates"
        yield f"{model.id} was retired on the Claude API on {model.retired_on}{on_clouds}"
    sized = _sized(prompt)
    for limit in limits_of(model.id):
        size = measure(sized, limit.measure, limit.maximum)
        if size is not None and size.least <= limit.maximum and _platform(prompt) not in limit.not_on:
            yield f"cannot tell whether the API refuses the request: {_fill(limit, prompt, size)} (not counted exactly)"


def _sized(prompt: Prompt) -> Sized:
    return Sized(
        request=prompt.request,
        blocks=prompt.sent_blocks,
        count_tokens=lambda: (prompt.count.total, prompt.count.bound),
    )


def _platform(prompt: Prompt) -> Platform | None:
    """The platform that a request says it is for, by its model or its version; the Claude API otherwise.

    Source: platform.claude.com/docs/en/build-with-claude/claude-on-amazon-bedrock-legacy and claude-on-vertex-ai
    (checked 2026-11-25).
    """
    version = str(prompt.request.get("anthropic_version"))
    if prompt.model.surface == "bedrock" or version.startswith("bedrock"):
        return "bedrock"
    return "vertex" if prompt.model.surface == "vertex" or version.startswith("vertex") else None


def _match(prompt: Prompt, refusal: Refusal) -> Fact | None:
    """The fact of the first condition, if all conditions hold."""
    first, *others = refusal.when
    fact = _find(prompt, first)
    return fact if fact and all(_find(prompt, condition) for condition in others) else None


def _find(prompt: Prompt, condition: Condition) -> Fact | None:
    return next(
        (fact for fact in find_facts(prompt.request, prompt.sent_blocks, condition.at) if condition.holds(fact.value)),
        None,
    )


def _refuse(prompt: Prompt, refusal: Refusal, fact: Fact) -> ApiError:
    text = refusal.text.replace("{model}", prompt.model.id)
    text = text.replace("{place}", fact.place).replace("{value}", str(fact.value))
    return invalid(("" if refusal.is_confirmed else UNCONFIRMED) + text, path=refusal.path or fact.path)


def _fill(limit: Limit, prompt: Prompt, size: Size) -> str:
    return limit.text.format(
        value=size.shown, maximum=limit.maximum, model=prompt.model.id, output=prompt.request.get("max_tokens")
    )
