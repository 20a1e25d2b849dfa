"""What cannot be told of two requests: differences of unknown reach, and verdicts that rest on a doubtful count."""

from math import inf

from harness.errors import CannotTellError
from harness.prompt.assumptions import Assumptions
from harness.prompt.blocks import Breakpoint
from harness.prompt.diff import Divergence
from harness.prompt.parameters import without_parameters
from harness.prompt.reading import Prompt, read
from harness.prompt.unclear import name_unclear


def find_unclear(old: Prompt, new: Prompt) -> tuple[str, ...]:
    """Find the names of the parameters of unknown reach in which two requests differ, the later one's first."""
    if old.unreadable or new.unreadable:
        return ()
    sides = [{part.path: part.key for part in prompt.parts if part.is_unclear} for prompt in (old, new)]
    return tuple(name for name in dict.fromkeys((*sides[1], *sides[0])) if sides[0].get(name) != sides[1].get(name))


def without(prompt: Prompt, parameters: tuple[str, ...]) -> Prompt:
    """Read a request again without some of its parameters."""
    request = without_parameters(prompt.request, parameters)
    return read(request, prompt.count_text, assumptions=prompt.assumptions)


def refuse_unclear_block(divergence: Divergence, assumptions: Assumptions) -> None:
    """Refuse to judge two blocks that differ only in something whose reach is not known.

    Raises:
        CannotTellError: they do.
    """
    before, after = (part.block if part else None for part in divergence)
    path = name_unclear(before, after, assumptions)
    if path is not None:
        raise cannot_tell(path)


def refuse_unknown_default(divergence: Divergence, prompt: Prompt) -> None:
    """Refuse to judge a parameter that one request leaves out, where it is not known what that means.

    Raises:
        CannotTellError: it is the difference.
    """
    if any(part is not None and part.is_unknown_default for part in divergence):
        raise CannotTellError(
            f"{divergence.path} differs, but what leaving it out means is not known for {prompt.model.id}",
            hint=f"give {divergence.path} in every call, or compare the usage of two real calls",
        )


def cannot_count(prompt: Prompt, point: Breakpoint) -> CannotTellError:
    """Make the error of a prefix of which the count does not tell whether it reaches the minimum."""
    low, high = prompt.count.range_of_prefix(point.block_index)
    size = f"{low:,} or more" if high == inf else f"{low:,} to {high:,.0f}"
    doubt = next(doubt for doubt in prompt.count.doubts if doubt.since <= point.block_index)
    return CannotTellError(
        f"the prefix up to {prompt.path_of(point)} has {size} tokens, and the minimum of {prompt.model.id} is "
        f"{prompt.model.min_cacheable_tokens:,} ({doubt})",
        hint="ask /v1/messages/count_tokens, or move the breakpoint behind more text",
    )


def cannot_tell(path: str) -> CannotTellError:
    """Make the error of a difference of unknown reach; the path of a type that is not known ends in ``.type``."""
    what = path.removesuffix(".type")
    why = "it is not known whether it is part of the prompt" if what == path else "its type is not known"
    return CannotTellError(
        f"{what} differs, but {why}",
        hint="keep it the same in every call, or compare the usage of two real calls",
    )
