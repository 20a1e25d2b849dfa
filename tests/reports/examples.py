"""Calls and findings to report on."""

import json
from typing import Any

from hypothesis import strategies as st

from harness.calls.call import Call
from harness.findings.finding import Finding, Place
from harness.provider.endpoints import Origin
from harness.provider.usage import Usage
from harness.reports.build import build_report
from harness.reports.report import CallRow, RunReport

MODEL = "claude-3-7-sonnet-20250219"
WRITE = Usage(input_tokens=100, ephemeral_5m_input_tokens=10_000, output_tokens=1_000)
READ = Usage(input_tokens=100, cache_read_input_tokens=10_000, output_tokens=1_000)

CANARY = "canary-7f3a"

BUST = Finding(
    rule="bust",
    headline="analysis v2: the prefix is not the accepted one",
    facts=("case: senior-backend, call 1",),
    place=Place(
        path="system[0]",
        offset=1_234,
        first="accepted",
        second="now",
        before=f"as of 12:00 {CANARY}",
        after=f"as of 12:01 {CANARY}",
    ),
    cause="timestamp",
    tokens=4_000,
    costs=("4,000 tokens are no longer read: $0.0108 more per call",),
    fix="move it after the last breakpoint, into the user message",
    notes=("3 more cases share this prefix",),
    test="prompt_suites/analysis/suite.yaml::v2[senior-backend]",
    file="prompts/analysis/v2.md",
    line=12,
    command="pytest prompt_suites --harness-update-lock",
)
UNUSED = Finding(
    rule="unused",
    level="warning",
    headline="analysis v1: the lock file has an entry that no test used",
    test="prompts.lock",
    file="prompts.lock",
    command="pytest prompt_suites --harness-update-lock",
)
ACCEPTED = Finding(
    rule="accepted-bust",
    level="note",
    headline="suggestions v1: a changed prefix was accepted: typo fixed",
    costs=("one write of 4,000 tokens: $0.0150 once",),
    test="prompt_suites/suggestions/suite.yaml::v1",
    command="git add prompts.lock",
)
FINDINGS = (ACCEPTED, UNUSED, BUST)


def row(
    usage: Usage,
    *,
    suite: str = "analysis",
    version: str = "v1",
    model: str = MODEL,
    origin: Origin = "emulator",
    plan: str = "2 equal rounds",
) -> CallRow:
    request: dict[str, Any] = {"model": model, "messages": []}
    call = Call(body=json.dumps(request).encode(), usage=usage, status=200, origin=origin)
    return CallRow.from_call(call, suite=suite, version=version, plan=plan)


def report(*calls: CallRow, passed: int = 3, failed: int = 0, findings: tuple[Finding, ...] = ()) -> RunReport:
    return build_report(calls, mode="replay", passed=passed, failed=failed, findings=findings)


# Strings that break out of markup, and a text made of them.
HOSTILE = st.lists(
    st.sampled_from([
        "`", "```", "~~~", "\n", "\r", "\n\n", "\x85", "\u2028", " ", "    ", "\t", "<!-- ", "-->", "</details>", "<b>",
        "<script>", "<img src=x onerror=y>", "@octocat", "#1", "GH-1", "a/b#1", "0123abc", "[x](http://y.z)", "![x](y)",
        "<http://y.z>", "https://y.z", "www.y.z", "x@y.z", "|", "\\", "\\|", "**", "__", "# x", "- x", "1. x", "> x",
        "---", "===", "|---|", "[x]: http://y.z", "&lt;", "&#64;x", ":cat:", "$x$", "%0A", "%", ":", ",", "::error::x",
        "::error file=a,line=1::x", "::stop-commands::x", "##[error]x", "##[group]", "##vso[x]y", "\x1b[31m", "\u202e",
        "\u200b", "\ufeff", "\x00", "word", "日本", "'", '"', "(", "]",
    ])
).map("".join) | st.text()  # fmt: skip


def findings_of(text: st.SearchStrategy[str]) -> st.SearchStrategy[Finding]:
    """Findings with such text in every part that holds text."""
    tuples = st.lists(text, max_size=2).map(tuple)
    places = st.builds(Place, path=text, offset=st.none() | st.just(7), before=text, after=text)
    return st.builds(
        Finding,
        rule=st.sampled_from(["bust", "accepted-bust", "cannot-tell"]),
        level=st.sampled_from(["error", "warning", "note"]),
        headline=text,
        facts=tuples,
        place=st.none() | places,
        costs=tuples,
        fix=st.none() | text,
        notes=tuples,
        test=text,
        file=st.none() | text,
        line=st.none() | st.just(3),
        command=text,
    )
