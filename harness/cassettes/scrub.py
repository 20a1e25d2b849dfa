"""Scrub secrets from bodies before they are matched or stored, by built-in patterns and the user's own."""

import re
from collections.abc import Iterator
from dataclasses import dataclass, replace
from functools import partial

from harness.cassettes.format import Chunk, RecordedRequest, RecordedResponse
from harness.cassettes.scrub_stream import Edit, change_blocks, is_stream, read_blocks, splice
from harness.errors import UsageError

_SEPARATOR = " => "


@dataclass(frozen=True, slots=True, kw_only=True)
class ScrubRule:
    """A pattern, and the replacement for all its matches, in the syntax of ``re.sub``."""

    pattern: re.Pattern[str]
    replacement: str


# The start of a word, also after a JSON escape, whose letter looks like part of the word.
START = r"(?:\b|(?<=\\[bfnrt]))"

BUILT_IN = tuple(
    ScrubRule(pattern=re.compile(pattern), replacement=replacement)
    for pattern, replacement in (
        (r"sk-ant-[\w-]+", "<api-key>"),
        # Prose mentions bearer tokens too; a real one is long and has a digit.
        (rf"{START}([Bb]earer)\s+(?=[\w.~+/=-]*\d)[\w.~+/=-]{{16,}}", r"\1 <token>"),
        (rf"{START}wrkspc_\w{{8,}}", "<workspace-id>"),
        (rf"{START}org[-_](?=[A-Za-z]*\d)[A-Za-z0-9]{{16,}}", "<organization-id>"),
        # "your organization (UUID) of 30,000 tokens", "(org: UUID, model: …)", "organization_id":"UUID".
        (
            rf"(?i){START}(org(?:ani[sz]ation)?(?:[_-]?(?:uu)?id)?\W{{1,8}})"
            r"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}",
            r"\1<org-uuid>",
        ),
    )
)
"""The rules that are always applied to response bodies."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Scrubber:
    """Removes from requests and responses what must not be stored."""

    rules: tuple[ScrubRule, ...] = ()
    """The user's own rules, for requests and responses; for responses, the built-in ones follow."""

    def request(self, request: RecordedRequest) -> RecordedRequest:
        """Scrub a request, for matching and storing."""
        body, _ = scrub(request.body, self.rules)
        return request if body == request.body else RecordedRequest.from_body(request.method, request.path, body)

    def response(self, response: RecordedResponse) -> RecordedResponse:
        """Scrub a response for storing; chunks keep their gaps.

        A secret in a stream may span several chunks or events; its replacement then goes into
        the chunk and the event in which the secret began.
        """
        rules = (*self.rules, *BUILT_IN)
        scrub_body = _scrub_stream if is_stream(response) else scrub
        body, edges = scrub_body(response.body, rules, _edges(response.chunks))
        failure = response.failure
        if failure is not None:
            failure = failure._replace(message=scrub(failure.message.encode(), rules)[0].decode())
        if body == response.body and failure == response.failure:
            return response
        chunks = tuple(
            Chunk(body[start:end], chunk.after_ms)
            for chunk, start, end in zip(response.chunks, (0, *edges), edges, strict=False)
        )
        return replace(response, chunks=chunks, failure=failure)


def scrub(body: bytes, rules: tuple[ScrubRule, ...], edges: tuple[int, ...] = ()) -> tuple[bytes, tuple[int, ...]]:
    """Apply all rules to a body, in order; return the body and the moved edges (offsets into it).

    The patterns see the body as text: JSON as it is sent, with its escapes. Bytes that are not
    UTF-8 stay as they are. An edge inside a replaced part moves to the end of the replacement.
    """
    for rule in rules:
        body, edges = _apply(body, rule, edges)
    return body, edges


def read_rules(lines: list[str]) -> tuple[ScrubRule, ...]:
    """Read rules from lines ``regex => replacement``.

    Raises:
        UsageError: a line is not of that form, or scrubbing twice would differ from scrubbing once.
    """
    rules = tuple(_read_rule(line) for line in lines)
    for number, (line, rule) in enumerate(zip(lines, rules, strict=True)):
        literal = _literal(rule)
        once = _scrub_text(literal, rules[number + 1 :])
        twice = _scrub_text(once, rules)
        if once != twice:
            raise UsageError(
                f"harness_scrub: {line!r} is not idempotent: its replacement {once!r} "
                f"becomes {twice!r} when scrubbed again",
                hint="choose a replacement that no pattern matches, such as <name>",
            )
    return rules


def _read_rule(line: str) -> ScrubRule:
    pattern, separator, replacement = line.partition(_SEPARATOR)
    if not separator:
        raise UsageError(
            f"harness_scrub: {line!r}, expected regex => replacement", hint=r"for example \d{3}-\d{4} => <phone>"
        )
    try:
        rule = ScrubRule(pattern=re.compile(pattern.strip()), replacement=replacement.strip())
        # `re` parses the replacement only when it is used.
        _scrub_text("", (rule,))
    except (re.error, IndexError) as error:
        raise UsageError(f"harness_scrub: {line!r}: {error}", hint="fix the regular expression") from None
    return rule


def _literal(rule: ScrubRule) -> str:
    """The replacement with empty group references, since their values are not known yet."""
    template = re.sub(r"\\(?:[1-9]\d?|g<\w+>)", "", rule.replacement)
    return re.sub("^", template, "", count=1)


def _scrub_text(text: str, rules: tuple[ScrubRule, ...]) -> str:
    for rule in rules:
        text = rule.pattern.sub(rule.replacement, text)
    return text


def _scrub_stream(body: bytes, rules: tuple[ScrubRule, ...], edges: tuple[int, ...]) -> tuple[bytes, tuple[int, ...]]:
    """Scrub a stream: each rule sees the joined text of the deltas first, then the body.

    In the other order, a secret that spans two deltas could lose only its beginning in the body,
    and the rest, in the next delta, would not be found.
    """
    blocks = read_blocks(body)
    for rule in rules:
        scrubbed, edges = change_blocks(body, blocks, partial(_find, rule), edges)
        scrubbed, edges = _apply(scrubbed, rule, edges)
        if scrubbed != body:
            body, blocks = scrubbed, read_blocks(scrubbed)
    return body, edges


def _apply(body: bytes, rule: ScrubRule, edges: tuple[int, ...]) -> tuple[bytes, tuple[int, ...]]:
    text = body.decode("utf-8", "surrogateescape")
    return splice(body, _in_bytes(text, _find(rule, text)), edges)


def _find(rule: ScrubRule, text: str) -> list[Edit[str]]:
    return [Edit(match.start(), match.end(), match.expand(rule.replacement)) for match in rule.pattern.finditer(text)]


def _in_bytes(text: str, edits: list[Edit[str]]) -> Iterator[Edit[bytes]]:
    """Convert edits of a text to edits of its bytes."""
    done = offset = 0
    for start, end, put in edits:
        offset += len(_encode(text[done:start]))
        taken = len(_encode(text[start:end]))
        yield Edit(offset, offset + taken, _encode(put))
        done, offset = end, offset + taken


def _encode(text: str) -> bytes:
    return text.encode("utf-8", "surrogateescape")


def _edges(chunks: tuple[Chunk, ...]) -> tuple[int, ...]:
    """The offset in the body at which each chunk ends."""
    edges: list[int] = []
    for chunk in chunks:
        edges.append((edges[-1] if edges else 0) + len(chunk.data))
    return tuple(edges)
