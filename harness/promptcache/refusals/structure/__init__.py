"""The rules for the structure of a request: what the API refuses before it looks at prompt caching.

Each text is one that the API was seen to answer; the comment beside it says where. Texts that
are not public begin with `harness.promptcache.refusals.api_error.UNCONFIRMED`. A rule that no source
proves is left out: a refusal of what the API accepts would be worse.
"""

from collections.abc import Iterator

from harness.prompt.blocks import Request
from harness.promptcache.refusals.api_error import ApiError
from harness.promptcache.refusals.structure.messages import check_messages
from harness.promptcache.refusals.structure.parameters import check_parameters
from harness.promptcache.refusals.structure.system import check_system
from harness.promptcache.refusals.structure.system_messages import check_system_messages
from harness.promptcache.refusals.structure.tool_calls import check_tool_calls
from harness.promptcache.refusals.structure.tools import check_tool_choice, check_tools
from harness.promptcache.refusals.structure.turns import check_turns, split_turns
from harness.provider.models import Model


def check_structure(request: Request, model: Model, *, needs_max_tokens: bool) -> Iterator[ApiError]:
    """Yield what the API refuses in the structure of a request, in about the order in which it looks.

    The order of the parameters is that in which the API was seen to report them: each rule
    relies on the shape that the rules before it have checked, so only the first error counts.
    """
    yield from check_parameters(request, needs_max_tokens=needs_max_tokens)
    yield from check_tools(request)
    yield from check_tool_choice(request)
    yield from check_messages(request)
    yield from check_system(request)
    turns = split_turns(request)
    yield from check_turns(turns)
    yield from check_system_messages(request, model)
    yield from check_tool_calls(turns)
