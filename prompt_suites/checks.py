"""Checks of what ResumeRocket's prompts promise and no ready-made kind of check covers."""

import json
import re
from collections.abc import Callable, Iterator, Mapping
from functools import wraps
from typing import Any

from harness.evaluation.result import CheckResult
from prompt_suites.rendering import render_job, render_resume

Document = Mapping[str, Any]

_QUOTE = re.compile(r'"([^"\n]{3,})"')
_NAME_PART = re.compile(r"\w{3,}")
_NUMBER = re.compile(r"\d+")


def candidate_is_not_named(answer: str, resume: Document) -> CheckResult:
    """The person is "the candidate", never a name."""
    for part in _NAME_PART.findall(resume["basics"]["name"]):
        if found := re.search(rf"(?<!\w){re.escape(part)}(?!\w)", answer):
            return _fails(f"names the candidate: {part!r}", answer, found.start())
    return _passes("the candidate is not named")


def quotes_are_verbatim(answer: str, resume: Document, job: Document) -> CheckResult:
    """Every quotation stands in the resume or the posting, where "…" means words left out."""
    sources = _plain(f"{render_resume(resume)}\n{render_job(job)}")
    quotes = list(_QUOTE.finditer(answer))
    for quote in quotes:
        parts = (part for part in re.split(r"…|\.\.\.", quote[1].rstrip("?.")) if part.strip())
        if not all(_plain(part) in sources for part in parts):
            return _fails(f"quotes what stands nowhere: {quote[1]!r:.80}", answer, quote.start())
    return _passes(f"{len(quotes)} quotations stand in the resume or the posting")


def sizes_of_the_analysis(answer: str) -> CheckResult:
    """Each section has as many items as its contract allows in every version of the prompt."""
    sections = dict(_sections(answer))
    allowed = {
        "Match": (r"^- \*\*", 0, 8),
        "Gaps": (r"^- \*\*", 0, 8),
        "Keywords": (r"^\| (?!Term|---)", 6, 18),
        "Risks": (r"^- ", 0, 6),
        "Recommendations": (r"^\d+\. ", 3, 9),
    }
    for name, (pattern, least, most) in allowed.items():
        number = len(re.findall(pattern, sections.get(name, ""), re.MULTILINE))
        if not least <= number <= most:
            return CheckResult(check="", passed=False, why=f"{number} items under {name}, expected {least} to {most}")
    return _passes("every section has as many items as it may have")


def total_is_the_sum(answer: str) -> CheckResult:
    """The total is the sum of the seven criteria, or capped from it, and has the band of its range."""
    points = [int(number) for number in re.findall(r"^\| [A-Z]{3} \| \d \| (\d+)/\d+ \|", answer, re.MULTILINE)]
    found = re.search(r"^Total: (\d+)/100 \((?:band ([A-E])|capped from (\d+))", answer, re.MULTILINE)
    if "Total: n/a" in answer:
        return _passes("the posting cannot be assessed")
    if found is None or len(points) != 7:
        return CheckResult(
            check="", passed=False, why=f"has {len(points)} criteria, and no total of the form asked for"
        )
    total, summed = int(found[3] or found[1]), sum(points)
    if total != summed:
        return _fails(f"the total is {total}, and the criteria add up to {summed}", answer, found.start())
    starts = zip("ABCDE", (85, 70, 55, 35, 0), strict=True)
    band = next(letter for letter, least in starts if int(found[1]) >= least)
    if found[2] not in (None, band):
        return _fails(f"the band of {found[1]} is {band}, not {found[2]}", answer, found.start())
    return _passes(f"{total} of 100, the sum of its criteria")


def interview_has_five_to_eight_questions(answer: str) -> CheckResult:
    """Five to eight numbered questions, each with Why, Strong and Weak."""
    text = dict(_sections(answer)).get("Interview questions", "")
    counts = {
        name: len(re.findall(pattern, text, re.MULTILINE))
        for name, pattern in (("questions", r"^\d+\. "), ("Why", r"Why:"), ("Strong", r"Strong:"), ("Weak", r"Weak:"))
    }
    is_whole = 5 <= counts["questions"] <= 8 and len(set(counts.values())) == 1
    said = ", ".join(f"{number} {name}" for name, number in counts.items())
    return CheckResult(check="", passed=is_whole, why=said)


def of_an_object(check: Callable[..., CheckResult]) -> Callable[..., CheckResult]:
    """Let a check say that it cannot tell if the answer is not the JSON object that is asked for."""

    @wraps(check)
    def checked(answer: str, **inputs: Any) -> CheckResult:
        try:
            return check(answer, **inputs)
        except (json.JSONDecodeError, KeyError, TypeError):
            return CheckResult(check="", passed=None, why="the answer is not the JSON object that is asked for")

    return checked


@of_an_object
def edits_can_be_applied(answer: str, resume: Document) -> CheckResult:
    """Each original stands in the resume exactly once, and no stretch of text is edited twice."""
    text, seen = render_resume(resume), set[str]()
    for number, entry in _entries(answer):
        original = entry["original"]
        if original and text.count(original) != 1:
            return _at(number, "original", f"stands in the resume {text.count(original)} times: {original!r:.60}")
        if original in seen:
            return _at(number, "original", f"is edited twice: {original!r:.60}")
        seen |= {original} - {""}
    return _passes("every edit can be applied")


@of_an_object
def keywords_are_those_of_the_posting(answer: str, job: Document) -> CheckResult:
    """Each keyword stands in the posting, and in the suggested text."""
    posting = render_job(job).casefold()
    for number, entry in _entries(answer):
        for keyword in entry["keywords"]:
            if keyword.casefold() not in posting:
                return _at(number, "keywords", f"{keyword!r} is not in the posting")
            if keyword.casefold() not in entry["suggested"].casefold():
                return _at(number, "keywords", f"{keyword!r} is not in the suggested text")
    return _passes("every keyword is in the posting and in its suggestion")


@of_an_object
def numbers_are_those_of_the_resume(answer: str, resume: Document) -> CheckResult:
    """No number is invented in a suggested text, and there is no placeholder for one."""
    known = set(_NUMBER.findall(render_resume(resume)))
    for number, entry in _entries(answer):
        if new := [found for found in _NUMBER.findall(entry["suggested"]) if found not in known]:
            return _at(number, "suggested", f"the number {new[0]} is not in the resume")
        if re.search(r"\[[^\]]*\]|\bX+%|\bTBD\b|\(insert", entry["suggested"]):
            return _at(number, "suggested", "has a placeholder")
    return _passes("every number is in the resume")


@of_an_object
def impacts_are_ranked(answer: str) -> CheckResult:
    """Entries are ordered by impact, with at most three marked high."""
    impacts = [entry["impact"] for _, entry in _entries(answer)]
    ranks = [("high", "medium", "low").index(impact) for impact in impacts]
    if ranks != sorted(ranks):
        return CheckResult(check="", passed=False, why=f"not ordered by impact: {', '.join(impacts)}")
    high = impacts.count("high")
    return CheckResult(check="", passed=high <= 3, why=f"{high} marked high")


def _entries(answer: str) -> Iterator[tuple[int, Any]]:
    return enumerate(json.loads(answer)["suggestions"])


def _sections(answer: str) -> Iterator[tuple[str, str]]:
    for part in re.split(r"^## ", answer, flags=re.MULTILINE)[1:]:
        name, _, text = part.partition("\n")
        yield name.strip(), text


def _plain(text: str) -> str:
    return " ".join(text.split()).casefold()


def _passes(why: str) -> CheckResult:
    return CheckResult(check="", passed=True, why=why)


def _fails(why: str, answer: str, offset: int) -> CheckResult:
    return CheckResult(check="", passed=False, why=why, place=f"line {answer.count(chr(10), 0, offset) + 1}")


def _at(number: int, key: str, why: str) -> CheckResult:
    return CheckResult(check="", passed=False, why=why, place=f"suggestions[{number}].{key}")
