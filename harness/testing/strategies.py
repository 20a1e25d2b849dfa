"""Hypothesis strategies: resumes, jobs, and request bodies that the API accepts.

Documents combine few draws with prepared texts in many scripts, and are lengthened by repetition,
so draws are cheap and shrink to plain text.
"""

from collections.abc import Iterator
from datetime import date
from typing import Any

from hypothesis import strategies as st
from hypothesis.strategies import DrawFn, SearchStrategy

from harness.provider.limits import MAX_BREAKPOINTS
from harness.provider.models import known_models
from harness.testing.pools import LOCALES, Locale

Document = dict[str, Any]

_LOCALE = st.sampled_from(LOCALES)
_PICK = st.integers(0, 3)
_COUNT = st.integers(0, 4)
_MONTHS = st.integers(1, 120)
_LATEST_END = st.integers(0, 60)
_OPTIONS = st.integers(0, 31)
_LENGTH = st.sampled_from((0, 0, 0, 0, 0, 1_500, 6_000, 24_000))
"""Approximate bytes to add; one document in eight has about 30 KB."""

_NEWEST = date(2026, 11, 1)


def resumes() -> SearchStrategy[Document]:
    """Resumes in the JSON Resume schema (jsonresume.org), in many scripts and up to about 30 KB.

    Always present: ``basics``, ``work``, ``education``, ``skills`` and ``languages``; the lists may
    be empty. Sometimes present: ``certificates`` and ``projects``. ``endDate`` may be ``None``.
    The smallest resume is that of Ana Silva, who has not worked yet.
    """
    return _resumes()


def jobs() -> SearchStrategy[Document]:
    """Job postings in many scripts and up to about 30 KB; ``salary`` may be ``None``.

    Postings are drawn independently of resumes, so the languages rarely match.
    """
    return _jobs()


def requests(*, model: str | None = None) -> SearchStrategy[Document]:
    """Bodies for ``POST /v1/messages`` that the API accepts, with at most four breakpoints in a legal order.

    System prompts are text or blocks, tools come with pairs of ``tool_use`` and ``tool_result``,
    and some conversations have several turns. ``model`` defaults to any known model.
    """
    models = st.sampled_from([row.id for row in known_models()]) if model is None else st.just(model)
    return _requests(models)


@st.composite
def _resumes(draw: DrawFn) -> Document:
    locale, person, options = draw(_LOCALE), draw(_PICK), draw(_OPTIONS)
    work = _work(draw, locale, is_employed=bool(options & 1))
    basics = _basics(locale, person)
    resume: Document = {
        "basics": basics,
        "work": work,
        "education": _education(locale, draw(_MONTHS)) if options & 2 else [],
        "skills": _skills(locale, draw(_COUNT)),
        "languages": [{"language": name, "fluency": fluency} for name, fluency in locale.speaks[: 1 + (options >> 4)]],
    }
    if options & 4:
        resume["certificates"] = [{"name": locale.skills[0], "issuer": locale.study[0], "date": "2023-04"}]
    if options & 8:
        resume["projects"] = [
            {"name": locale.skills[-1], "description": locale.summary, "highlights": list(locale.duties[:1])}
        ]
    if length := draw(_LENGTH):
        _lengthen(locale, length, work[0]["highlights"] if work else None, basics, "summary")
    return resume


@st.composite
def _jobs(draw: DrawFn) -> Document:
    locale, pick, options = draw(_LOCALE), draw(_PICK), draw(_OPTIONS)
    kind, seniority, salary = locale.terms
    job: Document = {
        "title": _at(locale.positions, pick),
        "company": _at(locale.employers, draw(_PICK)),
        "location": locale.place[0],
        "employment_type": kind,
        "seniority": seniority,
        "language": locale.language,
        "description": locale.summary,
        "responsibilities": list(locale.duties[: draw(_COUNT)]),
        "requirements": list(locale.duties[::-1][: draw(_COUNT)]),
        "nice_to_have": [": ".join(locale.speaks[-1])] if options & 1 else [],
        "skills": list(locale.skills[: draw(_COUNT)]),
        "salary": salary if options & 2 else None,
    }
    if length := draw(_LENGTH):
        _lengthen(locale, length, job["responsibilities"] or None, job, "description")
    return job


def _basics(locale: Locale, person: int) -> Document:
    city, country = locale.place
    number = person % len(locale.people)
    return {
        "name": locale.people[number],
        "label": locale.positions[0],
        "email": f"applicant.{locale.language}{number}@example.com",
        "phone": f"+1-555-01{len(city):02}",
        "location": {"city": city, "countryCode": country},
        "summary": locale.summary,
    }


def _work(draw: DrawFn, locale: Locale, *, is_employed: bool) -> list[Document]:
    """Jobs held, newest first; each ended when the one before it in the list began."""
    entries: list[Document] = []
    count = draw(_COUNT)
    end = 0 if is_employed or not count else draw(_LATEST_END)
    for _ in range(count):
        pick, start = draw(_PICK), end + draw(_MONTHS)
        entries.append(
            {
                "name": _at(locale.employers, pick),
                "position": _at(locale.positions, pick),
                "location": locale.place[0],
                "startDate": _month(start),
                "endDate": None if is_employed and not entries else _month(end),
                "summary": locale.duties[0],
                "highlights": list(locale.duties[: draw(_COUNT)]),
            }
        )
        end = start
    return entries


def _education(locale: Locale, months: int) -> list[Document]:
    institution, area, kind = locale.study
    return [
        {
            "institution": institution,
            "area": area,
            "studyType": kind,
            "startDate": _month(months + 48),
            "endDate": _month(months),
        }
    ]


def _skills(locale: Locale, count: int) -> list[Document]:
    return [{"name": locale.terms[1], "keywords": list(locale.skills[:count])}] if count else []


def _lengthen(locale: Locale, length: int, texts: list[str] | None, document: Document, key: str) -> None:
    """Lengthen a document to about ``length`` bytes: add lines to ``texts``, or replace the text under ``key``."""
    size = sum(len(text.encode()) for text in locale.duties)
    lines = list(locale.duties) * (1 + length // size)
    if texts is None:
        document[key] = " ".join(lines)
    else:
        texts += lines


def _month(months_ago: int) -> str:
    months = _NEWEST.year * 12 + _NEWEST.month - 1 - months_ago
    return f"{months // 12}-{months % 12 + 1:02}"


def _at(pool: tuple[str, ...], pick: int) -> str:
    return pool[pick % len(pool)]


# --- requests --------------------------------------------------------------------------------------------

_TEXTS = (
    "Hello.",
    "Weigh the evidence of each skill before the title of the post. " * 120,
    "次の職務経歴書を読み、改善点を三つ挙げてください。",
    "لخّص السيرة الذاتية في ثلاث جمل.",
    'Answer as JSON: {"fit": 0.8, "gaps": ["SQL"]}\n\n\tThen stop. 👩🏽‍💻',
    "Cafe\u0301, <b>bold</b> & \u200bzero width.",
)
_TOOLS = ("search", "look_up", "work-out_2")


@st.composite
def _requests(draw: DrawFn, models: SearchStrategy[str]) -> Document:
    text = st.sampled_from(_TEXTS)
    names = _TOOLS[: draw(st.integers(0, len(_TOOLS)))]
    request: Document = {"model": draw(models), "max_tokens": draw(st.sampled_from((1, 1024, 4096)))}
    if names:
        request["tools"] = [_tool(name, draw(text)) for name in names]
    system = draw(st.lists(text, max_size=3))
    if system:
        is_plain = len(system) == 1 and draw(st.booleans())
        request["system"] = system[0] if is_plain else [_text(item) for item in system]
    request["messages"] = [*_turns(draw, text, names), _user(draw, text)]
    _mark(draw, request)
    return request


def _turns(draw: DrawFn, text: SearchStrategy[str], names: tuple[str, ...]) -> Iterator[Document]:
    """Earlier turns: a question, perhaps tool calls with their results, an answer."""
    for turn in range(draw(st.integers(0, 3))):
        yield _user(draw, text)
        called = names[: draw(st.integers(0, len(names)))] if names else ()
        if called:
            ids = [f"toolu_{turn}{number}" for number in range(len(called))]
            uses = [_use(id_, name, draw(text)) for id_, name in zip(ids, called, strict=True)]
            results = [{"type": "tool_result", "tool_use_id": id_, "content": _result(draw, text)} for id_ in ids]
            yield {"role": "assistant", "content": [_text(draw(text)), *uses]}
            yield {"role": "user", "content": results}
        yield {"role": "assistant", "content": [_text(draw(text))]}


def _user(draw: DrawFn, text: SearchStrategy[str]) -> Document:
    parts = draw(st.lists(text, min_size=1, max_size=3))
    is_plain = len(parts) == 1 and draw(st.booleans())
    return {"role": "user", "content": parts[0] if is_plain else [_text(part) for part in parts]}


def _result(draw: DrawFn, text: SearchStrategy[str]) -> str | list[Document]:
    result = draw(text)
    return [_text(result)] if draw(st.booleans()) else result


def _use(id_: str, name: str, query: str) -> Document:
    return {"type": "tool_use", "id": id_, "name": name, "input": {"query": query}}


def _tool(name: str, description: str) -> Document:
    schema = {"type": "object", "properties": {"query": {"type": "string"}}, "required": ["query"]}
    return {"name": name, "description": description, "input_schema": schema}


def _text(text: str) -> Document:
    return {"type": "text", "text": text}


def _mark(draw: DrawFn, request: Document) -> None:
    """Put breakpoints on some blocks, and perhaps an automatic one; the first of them may be for one hour."""
    # Always drawn, and first: fewer draws would make requests with breakpoints count as simpler.
    is_automatic = draw(st.booleans())
    blocks = list(_markable(request))
    number = draw(st.integers(0, min(MAX_BREAKPOINTS, len(blocks))))
    chosen = sorted(draw(st.permutations(range(len(blocks))))[:number])
    long_ones = draw(st.integers(0, number))
    for order, index in enumerate(chosen):
        blocks[index]["cache_control"] = _marker(is_long=order < long_ones)
    last = request["messages"][-1]["content"][-1]
    is_last_marked = isinstance(last, dict) and "cache_control" in last
    if is_automatic and number < MAX_BREAKPOINTS and not is_last_marked:
        request["cache_control"] = _marker(is_long=0 < number == long_ones)


def _markable(request: Document) -> Iterator[Document]:
    for level in ("tools", "system"):
        yield from (block for block in request.get(level, ()) if isinstance(block, dict))
    for message in request["messages"]:
        yield from (block for block in message["content"] if isinstance(block, dict))


def _marker(*, is_long: bool) -> Document:
    return {"type": "ephemeral", "ttl": "1h"} if is_long else {"type": "ephemeral"}
