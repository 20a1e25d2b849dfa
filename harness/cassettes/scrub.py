"""Scrub secrets from requests and responses before they are matched or stored.

Three kinds of rules apply: the user's own, the values of this run's keys, and built-in patterns. All of them see plain
text, the texts that a stream spreads over its events, and what is encoded.
"""

import json
import re
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass, replace
from functools import lru_cache
from typing import Protocol, Self
from urllib.parse import quote

from harness.calls.event_stream import is_aws_stream
from harness.cassettes.aws_streams import scrub_frames
from harness.cassettes.encodings import change_encoded
from harness.cassettes.format import Chunk, RecordedRequest, RecordedResponse
from harness.cassettes.scrub_path import QUERY_NAMES, REPLACEMENT, scrub_path
from harness.cassettes.scrub_stream import Edit, change_blocks, is_stream, read_blocks, splice
from harness.cassettes.secrets import START, scrub_foreign
from harness.errors import UsageError

_SEPARATOR = " => "

_SECRET_NAMES = (
    "api_key",
    "api-key",
    "apikey",
    "authorization",
    "auth_token",
    "auth-token",
    "access_token",
    "access-token",
    "refresh_token",
    "id_token",
    "session_token",
    "client_secret",
    "client-secret",
    "secret_key",
    "secret_access_key",
)
"""Names, and endings of names, whose values are secrets wherever they stand."""
_NAMES = rf"(?:[\w-]*[_-])?(?:{'|'.join(_SECRET_NAMES)}|authorization_token)"


class Rule(Protocol):
    """Finds parts of a text that must not be stored."""

    def find(self, text: str) -> list[Edit[str]]:
        """List those parts with their replacements, in order."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ScrubRule:
    """A pattern, and the replacement for all its matches, in the syntax of ``re.sub``."""

    pattern: re.Pattern[str]
    replacement: str
    signs: tuple[str, ...] = ()
    """In lower case; a text without any of these has no match, which is faster to see."""

    def find(self, text: str) -> list[Edit[str]]:
        """List all matches."""
        if self.signs and not has_any(text, self.signs):
            return []
        return [
            Edit(match.start(), match.end(), match.expand(self.replacement)) for match in self.pattern.finditer(text)
        ]


@dataclass(frozen=True, slots=True)
class EncodedRule:
    """Applies rules to the encoded parts of a text."""

    rules: tuple[Rule, ...]

    def find(self, text: str) -> list[Edit[str]]:
        """List the encoded parts in which a rule changes something."""
        return [Edit(*change) for change in change_encoded(text, lambda plain: scrub_text(plain, self.rules))]


def has_any(text: str, signs: tuple[str, ...]) -> bool:
    """Whether a text holds one of some words, in any case."""
    lower = _lower(text)
    return any(sign in lower for sign in signs)


@lru_cache(maxsize=2)
def _lower(text: str) -> str:
    return text.lower()


def _rules(*rows: tuple[str, str, tuple[str, ...]]) -> tuple[ScrubRule, ...]:
    return tuple(
        ScrubRule(pattern=re.compile(pattern), replacement=replacement, signs=signs)
        for pattern, replacement, signs in rows
    )


KEYS = _rules(
    (r"sk-ant-[\w-]+", "<api-key>", ("sk-ant-",)),
    # Prose mentions bearer tokens too; a real one is long and has a digit.
    (rf"{START}([Bb]earer)\s+(?=[\w.~+/=-]*\d)[\w.~+/=-]{{16,}}", r"\1 <token>", ("bearer",)),
    (rf"{START}([Aa]uthorization\W{{1,6}}[Bb]asic)\s+[\w+/-]{{8,}}={{0,2}}", r"\1 <token>", ("basic",)),
    (rf"(?i){START}(x-api-key\W{{1,6}})(?=[\w.~+/=-]*\d)[\w.~+/=-]{{16,}}", r"\1<api-key>", ("x-api-key",)),
    # A member of JSON, a parameter of a URL or form, a part of a multipart body.
    (rf'(?i)((?<!\\)"(?:{_NAMES})"\s*:\s*")(?!<)(?:[^"\\]|\\.)+', rf"\1{REPLACEMENT}", _SECRET_NAMES),
    (rf"(?i)((?:\A|[?&;])(?:{_NAMES})=)[\w.~+/%:@!$*,-]{{4,}}={{0,2}}", rf"\1{REPLACEMENT}", _SECRET_NAMES),
    (rf'(?i)(\bname="(?:{_NAMES})"(?:\r?\n[^\r\n]+)*\r?\n\r?\n)(?!<)[^\r\n]+', rf"\1{REPLACEMENT}", ('name="',)),
)
"""The rules for keys and tokens, which are always applied to requests and responses."""

BUILT_IN = (
    *KEYS,
    *_rules(
        (rf"{START}wrkspc_\w{{8,}}", "<workspace-id>", ("wrkspc_",)),
        (rf"{START}org[-_](?=[A-Za-z]*\d)[A-Za-z0-9]{{16,}}", "<organization-id>", ("org-", "org_")),
        # "your organization (UUID) of 30,000 tokens", "(org: UUID, model: …)", "organization_id":"UUID".
        (
            rf"(?i){START}(org(?:ani[sz]ation)?(?:[_-]?(?:uu)?id)?\W{{1,8}})"
            r"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}",
            r"\1<org-uuid>",
            ("org",),
        ),
    ),
)
"""The rules that are always applied to responses."""

_ADDRESSES = _rules(
    (r"(://)[^/\s@\"'\\<>]*@", rf"\1{REPLACEMENT}@", ("://",)),
    (rf"(?i)([?&;](?:{QUERY_NAMES})=)(?!<)[^&\s\"'#]+", rf"\1{REPLACEMENT}", ("?", "&", ";")),
)
"""The rules for messages of errors, which quote whole URLs."""

_CUT_OFF = ScrubRule(
    pattern=re.compile(
        r"\b(?:gh[opurs]_|github_pat_|A[KS]IA|AIza|ya29\.|xox[a-z]-|[rs]k_live_|glpat-|npm_|hf_|SG\.|sk-|eyJ|pypi-)"
        r"[\w.+/=-]{4,}(…|\\u2026)"
    ),
    replacement=rf"{REPLACEMENT}\1",
)
"""The beginning of a secret, where a report quotes only that of a text."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Scrubber:
    """Removes from requests and responses what must not be stored."""

    rules: tuple[ScrubRule, ...] = ()
    """The user's own rules, for requests and responses; the others follow."""
    values: frozenset[str] = frozenset()
    """The keys of this run, which are removed whatever they look like."""

    def knowing(self, values: frozenset[str]) -> Self:
        """Copy the scrubber, and let it remove these values too."""
        return self if values <= self.values else replace(self, values=self.values | values)

    def request(self, request: RecordedRequest) -> RecordedRequest:
        """Scrub a request, for matching and storing."""
        rules = self._add_own(KEYS)
        body = _scrub_request(request.body, rules)
        path = scrub_path(request.path, lambda text: scrub_foreign(scrub_text(text, rules)))
        if body == request.body:
            return request if path == request.path else replace(request, path=path)
        return RecordedRequest.from_body(request.method, path, body)

    def response(self, response: RecordedResponse) -> RecordedResponse:
        """Scrub a response for storing; chunks keep their gaps.

        A secret in a stream may span several chunks or events; its replacement then goes into
        the chunk and the event in which the secret began.
        """
        rules = self._add_own(BUILT_IN)
        chunks, failure = _scrub_chunks(response, rules), response.failure
        if failure is not None:
            failure = failure._replace(message=scrub_foreign(scrub_text(failure.message, (*_ADDRESSES, *rules))))
        headers = {name: _scrub_header(value, rules) for name, value in response.headers.items()}
        if (chunks, failure, headers) == (response.chunks, response.failure, dict(response.headers)):
            return response
        return replace(response, chunks=chunks, failure=failure, headers=headers)

    def text(self, text: str) -> str:
        """Scrub a text that is written beside the cassettes, such as a report."""
        return scrub_foreign(scrub_text(text, (*_ADDRESSES, *self._add_own(BUILT_IN), _CUT_OFF)))

    def _add_own(self, built_in: tuple[ScrubRule, ...]) -> tuple[Rule, ...]:
        own = (*_value_rules(self.values), *built_in)
        # The user's patterns are made for plain text: they could match in the bytes of a picture.
        return (*self.rules, *own, EncodedRule(own))


@lru_cache(maxsize=8)
def _scrub_request(body: bytes, rules: tuple[Rule, ...]) -> bytes:
    """Scrub the body of a request; a case sends the same one several times."""
    return scrub(body, rules)[0]


@lru_cache(maxsize=256)
def _value_rules(values: frozenset[str]) -> tuple[ScrubRule, ...]:
    forms = {form for value in values for form in (value, json.dumps(value)[1:-1], quote(value, safe=""))}
    # The longest first: one key may begin with another.
    pattern = "|".join(map(re.escape, sorted(forms, key=len, reverse=True)))
    return (ScrubRule(pattern=re.compile(pattern), replacement="<api-key>"),) if forms else ()


def _scrub_header(value: str, rules: tuple[Rule, ...]) -> str:
    return value if _ORDINARY_HEADER.fullmatch(value) else scrub_foreign(scrub_text(value, rules))


_ORDINARY_HEADER = re.compile(
    r"(?:[a-z./-]{1,40}(?:; ?charset=[a-zA-Z0-9-]{1,12})?|req_\w{1,40}|\d{1,10}(?:\.\d+)?|req-\w{1,40})"
)
"""Values of the headers that are recorded, as the API sends them."""


def scrub(body: bytes, rules: tuple[Rule, ...], edges: tuple[int, ...] = ()) -> tuple[bytes, tuple[int, ...]]:
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
        once = scrub_text(literal, rules[number + 1 :])
        twice = scrub_text(once, rules)
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
        rule.pattern.sub(rule.replacement, "")
    except (re.error, IndexError) as error:
        raise UsageError(f"harness_scrub: {line!r}: {error}", hint="fix the regular expression") from None
    return rule


def _literal(rule: ScrubRule) -> str:
    """The replacement with empty group references, since their values are not known yet."""
    template = re.sub(r"\\(?:[1-9]\d?|g<\w+>)", "", rule.replacement)
    return re.sub("^", template, "", count=1)


def scrub_text(text: str, rules: tuple[Rule, ...]) -> str:
    """Apply all rules to a text, in order."""
    for rule in rules:
        text, _ = splice(text, rule.find(text), ())
    return text


def _scrub_stream(body: bytes, rules: tuple[Rule, ...], edges: tuple[int, ...] = ()) -> tuple[bytes, tuple[int, ...]]:
    """Scrub a stream: each rule sees the joined text of the deltas first, then the body.

    In the other order, a secret that spans two deltas could lose only its beginning in the body,
    and the rest, in the next delta, would not be found.
    """
    blocks = read_blocks(body)
    for rule in rules:
        scrubbed, edges = change_blocks(body, blocks, rule.find, edges)
        scrubbed, edges = _apply(scrubbed, rule, edges)
        if scrubbed != body:
            body, blocks = scrubbed, read_blocks(scrubbed)
    return body, edges


def _scrub_chunks(response: RecordedResponse, rules: tuple[Rule, ...]) -> tuple[Chunk, ...]:
    if is_aws_stream(response.headers):
        # Bytes that are not the frames that the headers say are scrubbed as any body.
        with suppress(ValueError):
            return scrub_frames(
                response.chunks, lambda data: scrub(data, rules)[0], lambda data: _scrub_stream(data, rules)[0]
            )
    scrub_body = _scrub_stream if is_stream(response) else scrub
    body, edges = scrub_body(response.body, rules, _edges(response.chunks))
    if body == response.body:
        return response.chunks
    return tuple(
        Chunk(body[start:end], chunk.after_ms)
        for chunk, start, end in zip(response.chunks, (0, *edges), edges, strict=False)
    )


def _apply(body: bytes, rule: Rule, edges: tuple[int, ...]) -> tuple[bytes, tuple[int, ...]]:
    text = body.decode("utf-8", "surrogateescape")
    return splice(body, _in_bytes(text, rule.find(text)), edges)


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
