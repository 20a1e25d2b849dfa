"""Taking secrets out of bodies before they are matched or stored: patterns of the harness, and a user's own."""

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
    """A pattern, and what stands in place of all that it matches, in the language of ``re.sub``."""

    pattern: re.Pattern[str]
    replacement: str


# A word begins here: also behind an escape of JSON, whose letter looks like a part of the word.
START = r"(?:\b|(?<=\\[bfnrt]))"

BUILT_IN = tuple(
    ScrubRule(pattern=re.compile(pattern), replacement=replacement)
    for pattern, replacement in (
        (r"sk-ant-[\w-]+", "<api-key>"),
        # Prose speaks of bearer tokens too; a real one is long and has a digit.
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
"""What is taken out of response bodies always."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Scrubber:
    """Takes out of requests and responses what must not be stored."""

    rules: tuple[ScrubRule, ...] = ()
    """The user's own, for requests and responses; in responses the built-in ones follow."""

    def request(self, request: RecordedRequest) -> RecordedRequest:
        """A request as it is matched and stored."""
        body, _ = scrub(request.body, self.rules)
        return request if body == request.body else RecordedRequest.from_body(request.method, request.path, body)

    def response(self, response: RecordedResponse) -> RecordedResponse:
        """A response as it is stored; chunks keep their gaps.

        What is taken out of a stream may lie across chunks, or be spelled over several events;
        its replacement then comes with the chunk and the event in which it began.
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
    """A body after all rules, in their order, and where offsets into it have come to lie.

    The patterns see the body as text: JSON as it is sent, with its escapes. Bytes that are no
    UTF-8 stay as they are. An edge inside of what is replaced moves to the end of the replacement.
    """
    for rule in rules:
        body, edges = _apply(body, rule, edges)
    return body, edges


def read_rules(lines: list[str]) -> tuple[ScrubRule, ...]:
    """Rules from lines ``regex => replacement``.

    Raises:
        UsageError: a line is not of that form, or scrubbing twice would not be the same as scrubbing once.
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
        # The replacement is read only when it is used.
        _scrub_text("", (rule,))
    except (re.error, IndexError) as error:
        raise UsageError(f"harness_scrub: {line!r}: {error}", hint="mend the regular expression") from None
    return rule


def _literal(rule: ScrubRule) -> str:
    """The replacement with its references to groups empty, since what they will hold is not known."""
    template = re.sub(r"\\(?:[1-9]\d?|g<\w+>)", "", rule.replacement)
    return re.sub("^", template, "", count=1)


def _scrub_text(text: str, rules: tuple[ScrubRule, ...]) -> str:
    for rule in rules:
        text = rule.pattern.sub(rule.replacement, text)
    return text


def _scrub_stream(body: bytes, rules: tuple[ScrubRule, ...], edges: tuple[int, ...]) -> tuple[bytes, tuple[int, ...]]:
    """As ``scrub``, for a stream: each rule sees what its deltas add up to, then the body.

    In that order: of a secret whose beginning alone matches, the body would lose no more than
    the beginning, and the rest, in the next delta, would then not be found.
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
    """Edits of a text as edits of its bytes."""
    done = offset = 0
    for start, end, put in edits:
        offset += len(_encode(text[done:start]))
        taken = len(_encode(text[start:end]))
        yield Edit(offset, offset + taken, _encode(put))
        done, offset = end, offset + taken


def _encode(text: str) -> bytes:
    return text.encode("utf-8", "surrogateescape")


def _edges(chunks: tuple[Chunk, ...]) -> tuple[int, ...]:
    """Where each chunk ends in the body."""
    edges: list[int] = []
    for chunk in chunks:
        edges.append((edges[-1] if edges else 0) + len(chunk.data))
    return tuple(edges)
