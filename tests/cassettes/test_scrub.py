"""Scrubbing: what is removed from bodies, and that scrubbing twice equals scrubbing once."""

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from harness.cassettes.format import Chunk, Failure
from harness.cassettes.scrub import BUILT_IN, Scrubber, ScrubRule, read_rules, scrub
from harness.errors import UsageError
from tests.cassettes.examples import request, response

UUID = "0f9c1a2b-3c4d-4e5f-8a9b-0c1d2e3f4a5b"


@pytest.mark.parametrize(
    ("text", "scrubbed"),
    [
        ("key sk-ant-api03-abc_DEF-123 end", "key <api-key> end"),
        ("xsk-ant-api03-abc", "x<api-key>"),
        (r'{"text":"key:\nsk-ant-api03-abc"}', r'{"text":"key:\n<api-key>"}'),
        (r'{"text":"in\nwrkspc_01JwQvzr7rXLA5AGx3"}', r'{"text":"in\n<workspace-id>"}'),
        (r'{"text":"\tBearer eyJhbGciOiJIUzI1NiJ9.e30"}', r'{"text":"\tBearer <token>"}'),
        ("Authorization: Bearer sk-ant-oat01-abc", "Authorization: Bearer <api-key>"),
        ("bearer eyJhbGciOiJIUzI1NiJ9.e30.abc", "bearer <token>"),
        ("a bearer of good news and Bearer authentication", "a bearer of good news and Bearer authentication"),
        ("in wrkspc_01JwQvzr7rXLA5AGx3HKfFUJ", "in <workspace-id>"),
        ("org-a1B2c3D4e5F6g7H8 and org_01JwQvzr7rXLA5AGx3", "<organization-id> and <organization-id>"),
        ("an org-chart, an org-internationalization", "an org-chart, an org-internationalization"),
        (f"the rate limit for your organization ({UUID}) of", "the rate limit for your organization (<org-uuid>) of"),
        (f"per minute (org: {UUID}, model: claude-x)", "per minute (org: <org-uuid>, model: claude-x)"),
        (f'{{"organization_id": "{UUID}"}}', '{"organization_id": "<org-uuid>"}'),
        (f'{{"org_uuid":"{UUID.upper()}"}}', '{"org_uuid":"<org-uuid>"}'),
        (f'"{{\\"organisation\\": \\"{UUID}\\"}}"', '"{\\"organisation\\": \\"<org-uuid>\\"}"'),
        (f"file {UUID}", f"file {UUID}"),
    ],
)
def test_responses_lose_keys_tokens_and_ids_always(text: str, scrubbed: str) -> None:
    once = Scrubber().response(response(text.encode()))

    assert once.body.decode() == scrubbed
    assert Scrubber().response(once) is once


def test_requests_lose_keys_and_what_the_user_names_but_no_ids() -> None:
    sent = request(b'{"email":"ana@example.com","key":"sk-ant-abc","in":"wrkspc_01JwQvzr7rXLA5AGx3HKfFUJ"}')

    assert Scrubber().request(sent).body == sent.body.replace(b"sk-ant-abc", b"<api-key>")
    assert Scrubber(rules=read_rules([r"[\w.]+@[\w.]+ => <email>"])).request(sent).body == (
        b'{"email":"<email>","key":"<api-key>","in":"wrkspc_01JwQvzr7rXLA5AGx3HKfFUJ"}'
    )


def test_a_request_without_a_key_is_not_copied() -> None:
    sent = request({"system": "Say what an x-api-key header is, and what ?key=value means."})

    assert Scrubber().request(sent) is sent


def test_a_users_rules_apply_in_their_order_and_before_the_built_in_ones() -> None:
    rules = read_rules([r"(name\":\")[^\"]*(\") => \1<name>\2", "<name> => <nobody>"])

    assert Scrubber(rules=rules).response(response(b'{"name":"sk-ant-abc"}')).body == b'{"name":"<nobody>"}'


@pytest.mark.parametrize(
    ("chunks", "scrubbed"),
    [
        pytest.param((b"a sk-ant", b"-abc b", b"c"), (b"a <api-key>", b" b", b"c"), id="across-two"),
        pytest.param((b"a ", b"sk", b"-ant-", b"abc"), (b"a ", b"<api-key>", b"", b""), id="across-three"),
        pytest.param((b"sk-ant-a", b" sk-ant-b"), (b"<api-key>", b" <api-key>"), id="one-in-each"),
        pytest.param((b"\xc3", b"\xa9 sk-ant-a \xff", b"\xe2"), (b"\xc3", b"\xa9 <api-key> \xff", b"\xe2"), id="bytes"),
    ],
)
def test_a_stream_keeps_its_chunks_and_gaps(chunks: tuple[bytes, ...], scrubbed: tuple[bytes, ...]) -> None:
    recorded = response(*chunks)
    gaps = tuple(Chunk(chunk.data, 10 * number) for number, chunk in enumerate(recorded.chunks))

    result = Scrubber().response(type(recorded)(status=200, headers={}, chunks=gaps))

    assert result.chunks == tuple(Chunk(data, 10 * number) for number, data in enumerate(scrubbed))


def test_the_message_of_a_failure_is_scrubbed_too() -> None:
    failure = Failure("ProxyError", "407 for Bearer abcdefgh12345678")
    broken = type(response(b""))(status=None, headers={}, chunks=(), failure=failure)

    assert Scrubber().response(broken).failure == Failure("ProxyError", "407 for Bearer <token>")


@given(st.lists(st.binary(max_size=6) | st.sampled_from([b"sk-ant-abc", b"sk-", b"ant-x", b"\xc3"]), max_size=8))
def test_chunks_add_up_to_the_scrubbed_body_and_twice_is_once(parts: list[bytes]) -> None:
    recorded = response(*parts)

    once = Scrubber().response(recorded)

    assert once.body == scrub(recorded.body, BUILT_IN)[0]
    assert len(once.chunks) == len(parts)
    assert Scrubber().response(once) == once


@given(st.binary())
def test_a_body_without_a_match_keeps_its_bytes(body: bytes) -> None:
    rule = ScrubRule(pattern=re.compile("(?!)"), replacement="x")

    assert scrub(body, (rule,), (0, len(body))) == (body, (0, len(body)))


@pytest.mark.parametrize(
    ("lines", "message"),
    [
        (
            ["secret"],
            "harness_scrub: 'secret', expected regex => replacement\n  try: for example \\d{3}-\\d{4} => <phone>",
        ),
        (
            ["( => x"],
            "harness_scrub: '( => x': missing ), unterminated subpattern at position 0\n"
            "  try: fix the regular expression",
        ),
        (
            [r"a => \1"],
            r"harness_scrub: 'a => \\1': invalid group reference 1 at position 1"
            "\n  try: fix the regular expression",
        ),
        (
            [r"a => \g<who>"],
            r"harness_scrub: 'a => \\g<who>': unknown group name 'who'"
            "\n  try: fix the regular expression",
        ),
        (
            ["a+ => bab"],
            "harness_scrub: 'a+ => bab' is not idempotent: its replacement 'bab' becomes 'bbabb' when scrubbed again\n"
            "  try: choose a replacement that no pattern matches, such as <name>",
        ),
        (
            ["x* => y"],
            "harness_scrub: 'x* => y' is not idempotent: its replacement 'y' becomes 'yyy' when scrubbed again\n"
            "  try: choose a replacement that no pattern matches, such as <name>",
        ),
        (
            ["foo => bar", "baz => foo"],
            "harness_scrub: 'baz => foo' is not idempotent: its replacement 'foo' becomes 'bar' when scrubbed again\n"
            "  try: choose a replacement that no pattern matches, such as <name>",
        ),
    ],
)
def test_a_line_that_cannot_be_used_is_refused_by_name(lines: list[str], message: str) -> None:
    with pytest.raises(UsageError) as caught:
        read_rules(lines)

    assert str(caught.value) == message


@pytest.mark.parametrize(
    "lines",
    [
        [],
        ["foo => bar", "bar => <baz>"],
        [r"(key=)\w+ => \1<key>"],
        [r"(?P<name>key)=\d+ => \g<name>=N"],
        ["a => "],
        [r"\\u00e9 => \\\\"],
    ],
)
def test_lines_that_can_be_used_are(lines: list[str]) -> None:
    assert len(read_rules(lines)) == len(lines)
