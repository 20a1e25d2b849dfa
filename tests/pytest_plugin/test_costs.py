"""What calls cost with all that their usage holds, in the terminal, in the reports and in assertions."""

import json
from typing import Any
from xml.etree import ElementTree

import pytest

from tests.pytest_plugin.conftest import APP, PROMPT, Project, shown
from tests.pytest_plugin.live_api import LIVE, Serve

pytest_plugins = ("pytester",)

MODEL = "claude-opus-5"
TEST = f"""
from harness.testing import assert_cost_below

{APP.replace("claude-sonnet-5-5", MODEL)}
PROMPT = {PROMPT!r}

def test_ask(anthropic_client):
    ask(anthropic_client, PROMPT, "Where is my parcel")
"""
ASSERTION = """
def test_cost(harness_session):
    ask(harness_session.anthropic(), PROMPT, "Where is my parcel")
    assert_cost_below(harness_session.calls, "0.30")
"""
FILES = ("-o", "harness_reports=reports", "--junitxml=junit.xml")


def run(project: Project, serve: Serve, usage: dict[str, Any], *, test: str = TEST) -> pytest.RunResult:
    """Run a test whose call is answered with a usage."""
    project.write("test_app.py", test)
    api = serve()
    api.change = lambda answer: {**answer, "usage": usage}
    return project.run(LIVE, *FILES)


def version_of(project: Project) -> dict[str, Any]:
    report = json.loads((project.path / "reports/report.json").read_text())
    (version,) = report["versions"]
    return {key: version[key] for key in ("cost_usd", "not_priced", "also_billed")}


def properties_of(project: Project) -> dict[str, str]:
    found = ElementTree.parse(project.path / "junit.xml").iter("property")
    return {item.attrib["name"].removeprefix("harness."): item.attrib["value"] for item in found}


# Opus 5 costs 5 dollars for a million tokens in and 25 out.
TOKENS = {"input_tokens": 10_000, "output_tokens": 1_000}
COMPACTION = {"type": "compaction", "input_tokens": 20_000, "output_tokens": 2_000}
BILLS: tuple[tuple[dict[str, Any], str, str], ...] = (
    ({"speed": "fast"}, "0.15", "speed: fast"),
    ({"inference_geo": "us"}, "0.0825", "inference_geo: us"),
    ({"service_tier": "batch"}, "0.0375", "service_tier: batch"),
    ({"server_tool_use": {"web_search_requests": 10}}, "0.175", "server_tool_use.web_search_requests: 10"),
    (
        {"iterations": [COMPACTION, {"type": "message", **TOKENS}]},
        "0.225",
        "compaction: 0 written, 0 read, 20,000 uncached, 2,000 output",
    ),
)


@pytest.mark.parametrize(("extra", "cost", "line"), BILLS, ids=[line for _, _, line in BILLS])
def test_all_that_is_billed_is_in_the_cost(
    extra: dict[str, Any], cost: str, line: str, project: Project, serve: Serve
) -> None:
    result = run(project, serve, {**TOKENS, **extra})

    assert result.ret == 0
    version = version_of(project)
    assert float(version.pop("cost_usd")) == float(cost)
    assert version == {"not_priced": [], "also_billed": [line]}
    assert float(properties_of(project)["cost_usd"]) == float(cost)
    assert properties_of(project)["also_billed"] == line
    where = f"{project.path.name}/test_app.py -"
    assert f"also billed: {where}, {MODEL}: {line}" in result.outlines
    assert f"${float(cost):.4f}" in shown(result, "prompt cache savings", "=")


UNKNOWN: tuple[tuple[dict[str, Any], str], ...] = (
    ({"quantum_tokens": 7}, "quantum_tokens"),
    ({"server_tool_use": {"code_execution_requests": 1}}, "server_tool_use.code_execution_requests"),
    ({"service_tier": "priority"}, "service_tier 'priority'"),
    ({"speed": "turbo"}, "speed 'turbo'"),
    ({"inference_geo": "eu"}, "inference_geo 'eu'"),
)


@pytest.mark.parametrize(("extra", "reason"), UNKNOWN, ids=[reason for _, reason in UNKNOWN])
def test_what_has_no_price_is_named_everywhere(
    extra: dict[str, Any], reason: str, project: Project, serve: Serve
) -> None:
    result = run(project, serve, {**TOKENS, **extra})

    assert result.ret == 0
    assert version_of(project) == {"cost_usd": None, "not_priced": [reason], "also_billed": []}
    assert properties_of(project)["not_priced"] == reason
    assert "cost_usd" not in properties_of(project)
    table = shown(result, "prompt cache savings", "=")
    assert f"not priced: {project.path.name}/test_app.py -, {MODEL}: {reason}\n" in table
    assert table.count("unknown") == 3
    markdown = (project.path / "reports/report.md").read_text()
    assert "\ncost of the calls: unknown (not priced: " in markdown
    assert f"{MODEL}: {reason}\n" in markdown


def test_assertion_on_a_cost_that_is_not_known_cannot_tell(project: Project, serve: Serve) -> None:
    result = run(project, serve, {**TOKENS, "quantum_tokens": 7}, test=TEST.partition("def test_ask")[0] + ASSERTION)

    result.assert_outcomes(failed=1)
    assert result.ret == 2
    assert shown(result, "test_cost", "-").partition(": ")[2] == (
        "cannot tell what call 1 costs\n"
        "  cost: unknown (not priced: quantum_tokens)\n"
        "  tokens: 0 written, 0 read, 10,000 uncached, 1,000 output\n"
        "  fix:   look the price up: https://platform.claude.com/docs/en/about-claude/pricing"
    )


def test_assertion_on_a_cost_counts_all_that_is_billed(project: Project, serve: Serve) -> None:
    usage = {**TOKENS, "server_tool_use": {"web_search_requests": 30}}

    result = run(project, serve, usage, test=TEST.partition("def test_ask")[0] + ASSERTION)

    result.assert_outcomes(failed=1)
    assert shown(result, "test_cost", "-").partition(": ")[2] == (
        "the call costs $0.375, expected less than $0.3\n"
        "  tokens: 0 written, 0 read, 10,000 uncached, 1,000 output\n"
        "  also billed: server_tool_use.web_search_requests: 30\n"
        "  fix:   have more of the prompt read from the prompt cache, ask for less, or raise the limit"
    )


FAULTS: tuple[tuple[Any, str], ...] = (
    (
        {
            "cache_creation_input_tokens": 400,
            "cache_creation": {"ephemeral_5m_input_tokens": 500, "ephemeral_1h_input_tokens": 400},
        },
        "usage.cache_creation adds up to 900 tokens, cache_creation_input_tokens is 400",
    ),
    ({"input_tokens": -5}, "usage.input_tokens is -5, expected a number of tokens"),
    ({"output_tokens": "many"}, "usage.output_tokens is 'many', expected a number of tokens"),
    ({"output_tokens": 1.5}, "usage.output_tokens is 1.5, expected a number of tokens"),
    ({"input_tokens": True}, "usage.input_tokens is True, expected a number of tokens"),
)


@pytest.mark.parametrize(("extra", "fault"), FAULTS, ids=[fault for _, fault in FAULTS])
def test_a_usage_that_contradicts_itself_is_a_finding(
    extra: dict[str, Any], fault: str, project: Project, serve: Serve
) -> None:
    result = run(project, serve, {**TOKENS, **extra})

    assert result.ret == 2
    assert f"error: the usage of call 1 contradicts itself: {fault}" in result.outlines
    report = json.loads((project.path / "reports/report.json").read_text())
    (finding,) = report["findings"]
    assert (report["verdict"], finding["rule"], finding["facts"]) == (
        "cannot tell",
        "cannot-tell",
        ["no figure of this call can be trusted, and its cost is unknown"],
    )
    assert report["versions"][0]["not_priced"] == [f"a usage that contradicts itself ({fault})"]
    assert properties_of(project)["finding"] == "cannot-tell"


def test_a_recorded_usage_is_judged_the_same_way_in_every_replay(project: Project, serve: Serve) -> None:
    usage = {**TOKENS, "quantum_tokens": 7, "input_tokens": -5}
    project.write("test_app.py", TEST)
    api = serve()
    api.change = lambda answer: {**answer, "usage": usage}
    recorded = project.run("--harness-mode=record")

    replayed = project.run(*FILES)

    assert (recorded.ret, replayed.ret) == (2, 2)
    (finding,) = json.loads((project.path / "reports/report.json").read_text())["findings"]
    assert finding["headline"] == (
        "the usage of call 1 contradicts itself: usage.input_tokens is -5, expected a number of tokens"
    )
    assert version_of(project)["not_priced"][1:] == ["quantum_tokens"]
