"""YAML with bounds and the line of every value.

The events of the parser are put together without recursion, and sizes are added up as they come: a
file that is nested too deeply, or that grows out of all proportion by its aliases, is refused before
any value is built.
"""

import math
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

import yaml

from harness.errors import HarnessError

MAX_DEPTH = 100
"""Levels of nesting, those that aliases add included."""
MAX_VALUES = 250_000
"""Values of a file, each counted once for every alias of it."""
MAX_CHARACTERS = 64 * 1024 * 1024
"""Characters of all values, counted in the same way."""
_MAX_DIGITS = 4_300
"""Most characters of a number; Python reads longer ones only slowly, or refuses them."""

_CORE = "tag:yaml.org,2002:"
_PLAIN = {f"{_CORE}map", f"{_CORE}seq"}
_NUMBERS = {f"{_CORE}int", f"{_CORE}float"}
_MERGE = f"{_CORE}merge"

# The C parser is ten times as fast, but not always installed.
_FAST_LOADER = getattr(yaml, "CSafeLoader", None)
_SHORT = 100_000
"""Characters of a file that the slow parser may read again, for a better message."""

type YamlPlace = tuple[str | int, ...]
"""The keys and indexes that lead to a value."""
type YamlTags = Mapping[str, Callable[[Any], Any]]
"""What to make of the text, list or object that has a tag, beyond those of YAML itself."""


def parse_yaml(
    text: str, place: object, error: type[HarnessError], *, tags: YamlTags | None = None
) -> tuple[Any, dict[YamlPlace, int]]:
    """Parse one YAML document; return its value, and the line (from 1) of each value in it.

    ``<<`` merges mappings, as in YAML 1.1. Keys are texts, and no key may appear twice.

    Raises:
        HarnessError: of the type ``error``, if the text is not such YAML; starts with ``place:line:``.
    """
    try:
        root = _compose(text)
        if root is None:
            raise _YamlError(1, "the file is empty")
        builder = _Builder(tags or {})
        return builder.build(root, ()), builder.lines
    except _YamlError as fault:
        raise error(f"{place}:{fault.line}: {fault.problem}") from None
    except yaml.MarkedYAMLError as fault:
        line = fault.problem_mark.line + 1 if fault.problem_mark else 1
        raise error(f"{place}:{line}: not YAML: {fault.problem}") from None
    except (yaml.YAMLError, ValueError) as fault:
        line = text.count("\n", 0, getattr(fault, "position", 0)) + 1
        raise error(f"{place}:{line}: not YAML: {getattr(fault, 'reason', fault)}") from None


class _YamlError(Exception):
    """What is wrong at a line."""

    def __init__(self, line: int, problem: str) -> None:
        super().__init__(line, problem)
        self.line, self.problem = line, problem


@dataclass(slots=True, kw_only=True)
class _Size:
    """How large a node becomes when its aliases are built."""

    depth: int = 1
    values: int = 1
    characters: int = 0

    def add(self, child: "_Size") -> None:
        self.depth = max(self.depth, child.depth + 1)
        self.values += child.values
        self.characters += child.characters

    @property
    def problem(self) -> str | None:
        if self.depth > MAX_DEPTH:
            return f"nested deeper than {MAX_DEPTH} levels"
        if self.values > MAX_VALUES:
            return f"more than {MAX_VALUES:,} values, those of aliases included"
        if self.characters > MAX_CHARACTERS:
            return f"more than {MAX_CHARACTERS:,} characters, those of aliases included"
        return None


@dataclass(slots=True, kw_only=True)
class _Open:
    """A collection whose end has not come yet."""

    node: yaml.Node
    size: _Size = field(default_factory=_Size)
    key: yaml.Node | None = None
    """The key of a mapping that waits for its value."""


class _Composer:
    """Puts nodes together from events."""

    def __init__(self) -> None:
        self.root: yaml.Node | None = None
        self._resolver: Any = yaml.resolver.Resolver()
        self._open: list[_Open] = []
        self._anchors: dict[str, yaml.Node] = {}
        self._sizes: dict[int, _Size] = {}
        """By identity of the node; only nodes with an anchor are asked for again."""

    def add(self, event: yaml.Event) -> None:
        """Take the next event."""
        if isinstance(event, yaml.DocumentStartEvent) and self.root is not None:
            raise _YamlError(_line(event), "a second document begins, expected one")
        if isinstance(event, yaml.CollectionEndEvent):
            done = self._open.pop()
            self._put(done.node, done.size, event)
        elif isinstance(event, yaml.AliasEvent):
            node = self._anchors.get(event.anchor or "")
            if node is None or id(node) not in self._sizes:
                problem = "refers to itself" if node else "refers to no anchor before it"
                raise _YamlError(_line(event), f"*{event.anchor} {problem}")
            self._put(node, self._sizes[id(node)], event)
        elif isinstance(event, yaml.NodeEvent):
            self._begin(event)

    def _begin(self, event: Any) -> None:
        node = self._make_node(event)
        if event.anchor is not None and self._anchors.setdefault(event.anchor, node) is not node:
            first = self._anchors[event.anchor].start_mark.line + 1
            raise _YamlError(_line(event), f"the anchor &{event.anchor} is there already, on line {first}")
        if isinstance(node, yaml.ScalarNode):
            self._put(node, _Size(characters=len(node.value)), event)
            return
        self._open.append(_Open(node=node))
        if len(self._open) > MAX_DEPTH:
            raise _YamlError(_line(event), f"nested deeper than {MAX_DEPTH} levels")

    def _make_node(self, event: Any) -> yaml.Node:
        kind: type[yaml.Node] = {
            yaml.ScalarEvent: yaml.ScalarNode,
            yaml.SequenceStartEvent: yaml.SequenceNode,
            yaml.MappingStartEvent: yaml.MappingNode,
        }[type(event)]
        value = event.value if kind is yaml.ScalarNode else []
        tag = event.tag
        if tag is None or tag == "!":
            tag = self._resolver.resolve(kind, value if kind is yaml.ScalarNode else None, event.implicit)
        return kind(tag, value, event.start_mark, event.end_mark)

    def _put(self, node: yaml.Node, size: _Size, event: yaml.Event) -> None:
        """Put a finished node, or one that an alias repeats, into the collection around it."""
        self._sizes[id(node)] = size
        if not self._open:
            self.root = node
            return
        around = self._open[-1]
        around.size.add(size)
        if problem := around.size.problem:
            raise _YamlError(_line(event), problem)
        if isinstance(around.node, yaml.SequenceNode):
            around.node.value.append(node)
        elif around.key is None:
            around.key = node
        else:
            around.node.value.append((around.key, node))
            around.key = None


@dataclass(slots=True)
class _Builder:
    """Builds values from nodes, which are bounded by now."""

    tags: YamlTags
    lines: dict[YamlPlace, int] = field(default_factory=dict)
    scalars: Any = field(default_factory=lambda: yaml.SafeLoader(""))
    """Only converts scalars to values, which needs no document."""

    def build(self, node: yaml.Node, place: YamlPlace) -> Any:
        """Build the value of a node at its place."""
        self.lines.setdefault(place, node.start_mark.line + 1)
        if isinstance(node, yaml.ScalarNode):
            return self._tagged(node, node.value) if node.tag in self.tags else self._scalar(node)
        if isinstance(node, yaml.SequenceNode):
            items = [self.build(item, (*place, index)) for index, item in enumerate(node.value)]
            return self._tagged(node, items)
        result: dict[str, Any] = {}
        for key_node, value_node in self._pairs(node):
            key = str(key_node.value)
            self.lines[(*place, key)] = key_node.start_mark.line + 1
            result[key] = self.build(value_node, (*place, key))
        return self._tagged(node, result)

    def _tagged(self, node: yaml.Node, value: Any) -> Any:
        if node.tag in _PLAIN:
            return value
        if node.tag not in self.tags:
            raise _YamlError(_line(node), f"not YAML: could not determine a constructor for the tag {node.tag!r}")
        try:
            return self.tags[node.tag](value)
        except (LookupError, TypeError, ValueError, AttributeError) as fault:
            raise _YamlError(_line(node), f"{node.tag!r} does not fit its value: {fault}") from None

    def _pairs(self, node: yaml.Node) -> Iterator[tuple[yaml.Node, yaml.Node]]:
        """The keys and values of a mapping, with what ``<<`` merges into it and its own keys do not replace."""
        first: dict[str, int] = {}
        merged: list[yaml.Node] = []
        for key_node, value_node in node.value:
            key, line = self._key(key_node), _line(key_node)
            if key in first:
                raise _YamlError(line, f"{key!r} appears twice, first on line {first[key]}")
            first[key] = line
            if key_node.tag == _MERGE:
                merged += self._sources(value_node)
        own = [(key, value) for key, value in node.value if key.tag != _MERGE]
        seen = {str(key.value) for key, _ in own}
        for source in merged:
            for key_node, value_node in self._pairs(source):
                if (name := str(key_node.value)) not in seen:
                    seen.add(name)
                    yield key_node, value_node
        yield from own

    def _key(self, node: yaml.Node) -> str:
        if not isinstance(node, yaml.ScalarNode) or not node.tag.startswith(_CORE):
            raise _YamlError(_line(node), "a key is no text")
        return str(node.value)

    def _sources(self, node: yaml.Node) -> list[yaml.Node]:
        """The mappings that ``<<`` names; of two that have the same key, the first counts."""
        sources = node.value if isinstance(node, yaml.SequenceNode) else [node]
        for source in sources:
            if not isinstance(source, yaml.MappingNode):
                raise _YamlError(_line(node), "'<<' merges mappings only, such as <<: *name or <<: [*one, *other]")
        return list(sources)

    def _scalar(self, node: yaml.ScalarNode) -> Any:
        if node.tag in _NUMBERS and len(node.value) > _MAX_DIGITS:
            raise _YamlError(_line(node), f"a number has {len(node.value):,} digits, expected at most {_MAX_DIGITS:,}")
        try:
            value = self.scalars.construct_object(node)
        except yaml.MarkedYAMLError as fault:
            raise _YamlError(_line(node), f"not YAML: {fault.problem}") from None
        except ValueError as fault:
            raise _YamlError(_line(node), f"{node.value!r:.60}: {fault}") from None
        except (LookupError, AttributeError, TypeError, OverflowError):
            raise _YamlError(_line(node), f"{node.value!r:.60} does not fit the tag {node.tag!r}") from None
        if isinstance(value, float) and not math.isfinite(value):
            raise _YamlError(_line(node), f"{node.value!r} is no number that JSON can hold; if it is a text, quote it")
        return value


def _compose(text: str) -> yaml.Node | None:
    if _FAST_LOADER is not None:
        try:
            return _compose_with(text, _FAST_LOADER)
        except yaml.YAMLError:
            if len(text) > _SHORT:
                raise
    # This parser gives better error messages.
    return _compose_with(text, yaml.SafeLoader)


def _compose_with(text: str, loader: Any) -> yaml.Node | None:
    composer = _Composer()
    for event in yaml.parse(text, Loader=loader):
        composer.add(event)
    return composer.root


def _line(what: Any) -> int:
    return int(what.start_mark.line) + 1
