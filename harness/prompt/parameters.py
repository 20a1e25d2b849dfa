"""The parameters of a request that are part of its prompt, read from the rows of `harness.provider.parameters`."""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from typing import Any, NamedTuple

from harness.errors import RequestError
from harness.prompt.blocks import Block, Request
from harness.provider.models import Model
from harness.provider.parameters import BY_NAME, OMITTED, PARAMETERS, RENDERED, UNKNOWN_DEFAULT, Parameter

_CITED = ("document", "search_result")
_UNCLEAR = tuple(row for row in PARAMETERS if row.kind == "unclear" or row.may_matter)
_READ_BY_PART = frozenset(
    row.key
    for row in PARAMETERS
    if "." in row.name and not (row.key in BY_NAME and BY_NAME[row.key].kind == "rendered")
)
"""Keys whose parts have rows of their own; a part without a row is unknown."""
_READ_WHOLE = (BY_NAME.keys() | {row.also_at for row in PARAMETERS}) - _READ_BY_PART


class Value(NamedTuple):
    """One parameter with its value in a request, or its default if it is left out."""

    row: Parameter
    value: Any
    is_default: bool = False


def read_parameters(request: Request, blocks: Sequence[Block], model: Model) -> tuple[Value, ...]:
    """Read all parameters that are, or may be, part of the prompt: first the unclear ones, then by level.

    A key without a row may be rendered anywhere.

    Raises:
        RequestError: a parameter is not an object, but the API accepts nothing else.
    """
    return (*_unclear(request), *_rendered(request, blocks, model))


def find_unknown(request: Request) -> tuple[str, ...]:
    """Find the names of all keys of a request that have no row, in request order."""
    return tuple(_unknown(request))


def find_uncounted(request: Request) -> tuple[str, ...]:
    """Find the names of the parameters of a request whose tokens cannot be counted offline."""
    names = [row.name for row in PARAMETERS if not row.is_counted and "." not in row.name and request.get(row.name)]
    return (*names, *find_unknown(request))


def find_priced(request: Request) -> tuple[str, ...]:
    """Find the top-level keys of a request that can have a price of their own, besides that of the tokens."""
    priced = {row.key for row in PARAMETERS if row.has_own_price}
    unknown = {name.partition(".")[0] for name in find_unknown(request)}
    return tuple(key for key, value in request.items() if value and key in priced | unknown)


def rendered_part(request: Request) -> dict[str, Any]:
    """Copy the parameters of a request that are or may be rendered, and its top-level marker, as in the body."""
    kept: dict[str, Any] = {}
    names = [row.name for row in PARAMETERS if row.kind in ("rendered", "unclear", "marker") and row.name != "model"]
    for name in (*names, *(row.also_at for row in RENDERED if row.also_at), *find_unknown(request)):
        value = _look_up(request, name)
        if value is not None:
            _put(kept, name, _without_keys(value, BY_NAME[name].without if name in BY_NAME else frozenset()))
    return kept


def without_parameters(request: Request, names: Iterable[str]) -> dict[str, Any]:
    """Copy a request without some parameters, each given by its name: ``verbosity``, ``output_config.tone``."""
    kept = dict(request)
    for name in names:
        key, _, rest = name.partition(".")
        if not rest:
            kept.pop(key, None)
        elif isinstance(kept.get(key), dict):
            kept[key] = {inner: value for inner, value in kept[key].items() if inner != rest}
    return kept


def tool_choice(request: Request) -> dict[str, Any]:
    """``tool_choice``; ``auto`` if it is left out."""
    value: dict[str, Any] = _value(BY_NAME["tool_choice"], request)
    return value


def thinking_type(request: Request, model: Model) -> str | None:
    """``thinking.type``; the model's default if it is left out, which may be `UNKNOWN_DEFAULT`."""
    value = _value(BY_NAME["thinking"], request, model)
    return UNKNOWN_DEFAULT if value == UNKNOWN_DEFAULT else value.get("type")


def output_format(request: Request) -> dict[str, Any]:
    """The structured-output format, from either of its two possible places; empty for none."""
    value: dict[str, Any] = _value(BY_NAME["output_config.format"], request)
    return value


def clearing_kinds(request: Request) -> frozenset[str]:
    """The kinds of edits that context management may make, without their dates; ``other`` for what cannot be read."""
    management = request.get("context_management")
    edits = management.get("edits") if isinstance(management, dict) else None
    if not isinstance(edits, list):
        return frozenset({"other"}) if management else frozenset()
    kinds = (str(edit.get("type")) if isinstance(edit, dict) else "other" for edit in edits)
    return frozenset(kind.rpartition("_")[0] for kind in kinds)


def has_images(blocks: Sequence[Block]) -> bool:
    """Whether any message block is an image or holds one."""
    return any(part.get("type") == "image" for _, part in _not_text(blocks))


def has_citations(request: Request, blocks: Sequence[Block]) -> bool:
    """Whether any document or search result of a request has citations enabled."""
    return any(
        _object(part.get("citations"), f"{block.path}.citations").get("enabled")
        for block, part in _not_text(blocks)
        if part.get("type") in _CITED
    )


def web_tools(request: Request, blocks: Sequence[Block]) -> list[str]:
    """The web tools of a request without their dates, deferred ones included: ``["web_search"]``."""
    tools = request.get("tools") or ()
    return sorted({str(tool["type"]).rsplit("_", 1)[0] for tool in tools if str(tool.get("type")).startswith("web_")})


_DERIVED: dict[str, Callable[[Request, Sequence[Block]], Any]] = {
    "web": web_tools,
    "citations": has_citations,
    "images": lambda request, blocks: has_images(blocks),
}
"""For each derived row, the function that computes its value."""


def _rendered(request: Request, blocks: Sequence[Block], model: Model) -> Iterator[Value]:
    for row in RENDERED:
        if row.kind == "derived":
            yield Value(row, _DERIVED[row.name](request, blocks))
        elif row.name == "model":
            yield Value(row, model.cache_name)
        else:
            default = _default(row, model)
            # Most requests have few parameters, and this runs for each row.
            is_given = row.key in request or row.also_at in request
            value = _value(row, request, model) if is_given else default
            if row.name == "tool_choice":
                value = _without_own_rows(value)
            if row.without:
                value = _without_keys(value, row.without)
            if value is not OMITTED:
                yield Value(row, value, not is_given or value == default)


def _unclear(request: Request) -> Iterator[Value]:
    for row in _UNCLEAR:
        if row.key in request and (value := _look_up(request, row.name)):
            yield Value(row, value)
    for name in _unknown(request):
        row = Parameter(name=name, kind="unclear", level="tools", is_counted=False, has_own_price=True, source="none")
        yield Value(row, _look_up(request, name))


def _unknown(request: Request) -> Iterator[str]:
    for key, value in request.items():
        known = BY_NAME[key].parts if key in BY_NAME else frozenset()
        if key not in _READ_WHOLE and key not in _READ_BY_PART:
            yield key
        elif isinstance(value, dict) and (known or key in _READ_BY_PART):
            yield from (f"{key}.{inner}" for inner in value if inner not in known and f"{key}.{inner}" not in BY_NAME)


def _value(row: Parameter, request: Request, model: Model | None = None) -> Any:
    """The value of a row; `OMITTED` if it is left out and has no default."""
    # Most requests have few parameters, and this runs for each row.
    if row.key in request or row.also_at in request:
        value = _look_up(request, row.name)
        if row.is_object:
            value = _object(value, row.name) or (row.also_at and _object(request.get(row.also_at), row.also_at))
        if value:
            return value if row.default is not False else True
    return _default(row, model)


def _default(row: Parameter, model: Model | None) -> Any:
    return getattr(model, row.model_default) if row.model_default else row.default


def _look_up(request: Request, name: str) -> Any:
    key, _, rest = name.partition(".")
    value = request.get(key)
    if not rest or value is None:
        return value
    if not isinstance(value, dict):
        if key in BY_NAME:
            # A container may be given by its id alone.
            return None
        raise RequestError(f"{key} is {type(value).__name__}, expected an object")
    return value.get(rest)


def _put(kept: dict[str, Any], name: str, value: Any) -> None:
    key, _, rest = name.partition(".")
    if rest and key not in kept:
        kept[key] = {}
    if rest:
        kept[key] = {**kept[key], rest: value}
    else:
        kept[key] = value


def _without_own_rows(value: Mapping[str, Any]) -> dict[str, Any]:
    return {key: item for key, item in value.items() if f"tool_choice.{key}" not in BY_NAME}


def _without_keys(value: Any, keys: frozenset[str]) -> Any:
    """Copy a value without some keys of its objects."""
    if not keys:
        return value
    if isinstance(value, list):
        return [_without_keys(item, keys) for item in value]
    if isinstance(value, dict):
        return {key: item for key, item in value.items() if key not in keys}
    return value


def _object(value: Any, path: str) -> dict[str, Any]:
    if value is not None and not isinstance(value, dict):
        raise RequestError(f"{path} is {type(value).__name__}, expected an object")
    return value or {}


def _not_text(blocks: Sequence[Block]) -> Iterator[tuple[Block, Mapping[str, Any]]]:
    """Yield the blocks that are not text, and those inside them, each with the outermost one."""
    for block in blocks:
        # Nearly all blocks are.
        if block.content.get("type") != "text":
            yield from ((block, part) for part in _with_nested(block.content))


def _with_nested(content: Mapping[str, Any]) -> Iterator[Mapping[str, Any]]:
    """Yield the content of a block, and that of all blocks inside it, such as in a document inside a tool result."""
    yield content
    source = content.get("source")
    for parts in (content.get("content"), source.get("content") if isinstance(source, dict) else None):
        for part in parts if isinstance(parts, list) else ():
            if isinstance(part, dict):
                yield from _with_nested(part)
