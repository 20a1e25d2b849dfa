"""The documents that the strategies draw: shapes, scripts, sizes, and the smallest of each."""

import json
import unicodedata
from functools import cache
from pathlib import Path
from typing import Any

import pytest
from hypothesis import Phase, find, given, settings
from hypothesis import strategies as st
from hypothesis.strategies import SearchStrategy

import prompt_suites
from harness.prompt.reading import read
from harness.promptcache.refusals.check import check_request, read_whole
from harness.testing.strategies import jobs, requests, resumes
from prompt_suites.rendering import user_message

FIXTURES = Path(prompt_suites.__file__).parent / "fixtures"
ALWAYS = settings(database=None, derandomize=True, max_examples=200)
DOCUMENTS, REQUESTS = st.tuples(resumes(), jobs()), requests()
SEARCH = settings(database=None, derandomize=True, max_examples=2_000)


def shape(value: Any) -> Any:
    """The keys of a document at all depths; of a list, those of all its items."""
    if isinstance(value, dict):
        return {key: shape(item) for key, item in value.items()}
    if isinstance(value, list):
        merged: Any = {}
        for item in value:
            merged = shape(item) if isinstance(item, str) else merged | shape(item)
        return [merged]
    return "text" if isinstance(value, str) else None


def is_part_of(small: Any, large: Any) -> bool:
    if isinstance(small, dict):
        return isinstance(large, dict) and all(key in large and is_part_of(small[key], large[key]) for key in small)
    if isinstance(small, list):
        return isinstance(large, list) and (not small[0] or is_part_of(small[0], large[0]))
    return small is None or large is None or small == large


def fixtures(folder: str) -> list[dict[str, Any]]:
    return [json.loads(path.read_text(encoding="utf-8")) for path in sorted((FIXTURES / folder).glob("*.json"))]


@cache
def collect(strategy: SearchStrategy[Any]) -> list[Any]:
    """Several hundred examples, the same in every run."""
    drawn: list[Any] = []

    @settings(ALWAYS, max_examples=600, phases=[Phase.generate])
    @given(strategy)
    def keep(one: Any) -> None:
        drawn.append(one)

    keep()
    return drawn


@pytest.mark.parametrize(("strategy", "folder"), [(resumes(), "resumes"), (jobs(), "jobs")], ids=["resumes", "jobs"])
def test_documents_have_the_keys_of_the_fixtures(strategy: SearchStrategy[Any], folder: str) -> None:
    known = fixtures(folder)
    everything = next(shape(one) for one in known if "projects" in one or folder == "jobs")
    # All fixtures have certificates, but the services accept resumes without them.
    required = set(known[0]).intersection(*known) - {"certificates"}

    @ALWAYS
    @given(strategy)
    def check(drawn: dict[str, Any]) -> None:
        assert required <= drawn.keys()
        assert is_part_of(shape(drawn), everything)

    check()


@ALWAYS
@given(resumes(), jobs())
def test_documents_can_be_rendered_by_a_real_service(resume: Any, job: Any) -> None:
    assert resume["basics"]["name"] in user_message(resume, job, "Analyse.")


@ALWAYS
@given(resumes())
def test_posts_follow_each_other_newest_first(resume: Any) -> None:
    dates = [day for post in resume["work"] for day in (post["endDate"] or "2026-11", post["startDate"])]

    assert dates == sorted(dates, reverse=True)


@pytest.mark.parametrize(
    "has",
    [
        pytest.param(lambda resume, _: "CJK" in _scripts(resume), id="cjk"),
        pytest.param(lambda resume, _: "ARABIC" in _scripts(resume), id="arabic"),
        pytest.param(lambda resume, _: "HEBREW" in _scripts(resume), id="hebrew"),
        pytest.param(lambda resume, _: "DEVANAGARI" in _scripts(resume), id="devanagari"),
        pytest.param(lambda resume, _: "COMBINING" in _scripts(resume), id="combining"),
        pytest.param(lambda resume, _: "\u200d" in resume["basics"]["name"], id="joined-emoji"),
        pytest.param(lambda resume, _: "\u200f" in resume["basics"]["name"], id="direction-mark"),
        pytest.param(lambda resume, _: max(resume["basics"]["name"]) > "\uffff", id="astral"),
        pytest.param(lambda resume, _: "projects" in resume and "certificates" not in resume, id="one-key-missing"),
        pytest.param(lambda resume, _: any(post["endDate"] is None for post in resume["work"]), id="current-post"),
        pytest.param(lambda resume, _: int(_start(resume)) < 2000, id="long-career"),
        pytest.param(lambda resume, _: 24_000 < _size(resume) < 34_000, id="long-resume"),
        pytest.param(lambda _, job: 24_000 < _size(job) < 34_000, id="long-job"),
        pytest.param(lambda _, job: job["salary"] is None and job["requirements"], id="no-salary"),
    ],
)
def test_what_breaks_prompts_is_drawn(has: Any) -> None:
    assert any(has(*one) for one in collect(DOCUMENTS))


def _scripts(resume: dict[str, Any]) -> set[str]:
    return {unicodedata.name(char, "").split()[0] for char in resume["basics"]["name"] if char.strip()}


def _start(resume: dict[str, Any]) -> str:
    return str(resume["work"][-1]["startDate"][:4]) if resume["work"] else "2026"


def _size(document: dict[str, Any]) -> int:
    return len(json.dumps(document, ensure_ascii=False).encode())


def test_drawn_documents_share_no_part_that_a_builder_could_change() -> None:
    drawn = collect(st.tuples(resumes(), jobs(), requests()))[:50]
    parts = [id(part) for one in drawn for document in one for part in _containers(document)]
    assert len(parts) == len(set(parts))


def _containers(value: Any) -> list[Any]:
    if not isinstance(value, dict | list):
        return []
    items = value.values() if isinstance(value, dict) else value
    return [value, *(part for item in items for part in _containers(item))]


def test_smallest_resume_is_plain() -> None:
    assert find(resumes(), lambda _: True, settings=SEARCH) == {
        "basics": {
            "name": "Ana Silva",
            "label": "Engineer",
            "email": "applicant.en0@example.com",
            "phone": "+1-555-0106",
            "location": {"city": "Lisbon", "countryCode": "PT"},
            "summary": "Builds services.",
        },
        "work": [],
        "education": [],
        "skills": [],
        "languages": [{"language": "English", "fluency": "Native"}],
    }


def test_smallest_job_is_plain() -> None:
    assert find(jobs(), lambda _: True, settings=SEARCH) == {
        "title": "Engineer",
        "company": "Acme",
        "location": "Lisbon",
        "employment_type": "Full-time",
        "seniority": "Senior",
        "language": "en",
        "description": "Builds services.",
        "responsibilities": [],
        "requirements": [],
        "nice_to_have": [],
        "skills": [],
        "salary": None,
    }


def test_a_condition_shrinks_to_what_it_needs_and_plain_text_around_it() -> None:
    resume = find(resumes(), lambda one: len(one["work"]) == 2, settings=SEARCH)

    assert resume["basics"]["name"] == "Ana Silva"
    assert [post["highlights"] for post in resume["work"]] == [[], []]
    assert "projects" not in resume


@settings(ALWAYS, max_examples=500)
@given(requests())
def test_every_request_is_one_that_the_api_accepts(request: Any) -> None:
    assert check_request(read(request), needs_max_tokens=True) is None
    read_whole(request)
    assert json.loads(json.dumps(request)) == request
    _check_tool_turns(request)


def _check_tool_turns(request: dict[str, Any]) -> None:
    """Check that roles alternate, a user speaks last, and each tool call names a known tool and is answered at once."""
    messages = request["messages"]
    assert [message["role"] for message in messages] == ["user", "assistant"] * (len(messages) // 2) + ["user"]
    names = {tool["name"] for tool in request.get("tools", ())}
    asked: list[str] = []
    seen: list[str] = []
    for message in messages:
        blocks = [block for block in message["content"] if isinstance(block, dict)]
        answered = [block["tool_use_id"] for block in blocks if block["type"] == "tool_result"]
        assert answered == asked
        uses = [block for block in blocks if block["type"] == "tool_use"]
        assert {use["name"] for use in uses} <= names
        asked = [use["id"] for use in uses]
        seen += asked
    assert len(seen) == len(set(seen))


@pytest.mark.parametrize(
    "has",
    [
        pytest.param(lambda one: len(read(one).breakpoints) == 4, id="four-breakpoints"),
        pytest.param(lambda one: _ttls(one) == ["1h", "5m"], id="both-ttls"),
        pytest.param(lambda one: "cache_control" in one and len(_ttls(one)) > 1, id="automatic-and-explicit"),
        pytest.param(lambda one: isinstance(one.get("system"), str), id="system-as-text"),
        pytest.param(lambda one: json.dumps(one).count('"tool_result"') > 1, id="several-tool-results"),
        pytest.param(lambda one: len(one["messages"]) > 5, id="several-turns"),
        pytest.param(lambda one: "cache_control" in (one.get("tools") or [{}])[-1], id="marked-tool"),
    ],
)
def test_kinds_of_requests_that_are_drawn(has: Any) -> None:
    assert any(has(one) for one in collect(REQUESTS))


def _ttls(request: dict[str, Any]) -> list[str]:
    return [point.ttl for point in read(request).breakpoints]


def test_smallest_request_is_one_greeting() -> None:
    assert find(requests(model="claude-sonnet-5-5"), lambda _: True, settings=SEARCH) == {
        "model": "claude-sonnet-5-5",
        "max_tokens": 1,
        "messages": [{"role": "user", "content": [{"type": "text", "text": "Hello."}]}],
    }
