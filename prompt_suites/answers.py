"""The emulator's answers for ResumeRocket: deterministic templates in the form that each prompt asks for.

They are made of the documents that were sent, and quote them. They show that the checks and the reports work, not what
a model would write.
"""

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from harness.emulator.responder import compare_terms, find_documents, last_user_text

_MOST_WORDS = 20
"""Words of a quotation, as the prompts allow."""


@dataclass(frozen=True, slots=True, kw_only=True)
class _Material:
    """A resume and a posting in Markdown, and what they have in common."""

    resume: str
    job: str
    shared: list[str]
    lacking: list[str]

    @property
    def bullets(self) -> list[str]:
        """The lines of the resume's lists."""
        return [line[2:] for line in self.resume.splitlines() if line.startswith("- ")]

    def quote_for(self, term: str) -> str:
        """A line of the resume that holds a term, or its first one, short enough to be quoted."""
        line = next((line for line in self.bullets if term.casefold() in line.casefold()), self.bullets[0])
        words = line.split()
        if len(words) <= _MOST_WORDS and len(line) <= 160:
            return line
        cut = " ".join(words[:_MOST_WORDS])[:160]
        return f"{cut if ' ' not in cut else cut.rpartition(' ')[0]}…"

    def section(self, name: str) -> list[str]:
        """The lines of a section of the resume."""
        found = re.search(rf"^## {name}\n(.*?)(?=^## |\Z)", self.resume, re.MULTILINE | re.DOTALL)
        return [line for line in found[1].splitlines() if line] if found else []

    @property
    def jobs(self) -> list[tuple[str, list[str]]]:
        """Each position of the resume: its heading, and its bullets."""
        parts = re.split(r"^### ", self.resume, flags=re.MULTILINE)[1:]
        return [
            (part.partition("\n")[0], [line[2:] for line in part.split("\n## ")[0].splitlines() if line[:2] == "- "])
            for part in parts
        ]


def answer(request: Mapping[str, Any]) -> str | None:
    """An answer in the form that the phase asks for; ``None`` for other messages."""
    text = last_user_text(request)
    documents = find_documents(text)
    if not {"resume", "job"} <= documents.keys():
        return None
    shared, lacking = compare_terms(documents["resume"], documents["job"])
    material = _Material(resume=documents["resume"], job=documents["job"], shared=shared, lacking=lacking)
    if "JSON object" in text:
        return _suggestions(material)
    if "Rewrite the resume" in text:
        return _rewritten(material, has_ledger="### Claims ledger" in json.dumps(request.get("system")))
    if "Simulate" in text:
        return _simulated(material)
    return _analysis(material)


def _analysis(material: _Material) -> str:
    shared, lacking = material.shared, material.lacking
    matches = [
        f'- **{term}** - "{material.quote_for(term)}" [R:work.1] - E3, named in the resume.' for term in shared[:6]
    ]
    gaps = [f"- **{term}** - optional - no mention [R:none] - Skill gap." for term in lacking[:6]]
    states = [(term, "Present", "[R:work.1]") for term in shared] + [(term, "Missing", "Ask") for term in lacking]
    rows = [f"| {term} | {state} | {where} |" for term, state, where in states[:18]]
    asked = [
        f"{number}. Ask: {term}? - [R:work.1] - KEY." for number, term in enumerate((lacking + shared)[:3], start=1)
    ]
    return "\n".join(
        [
            "## Match", *(matches or ["No assessable evidence in the resume."]), "",
            "## Gaps", *(gaps or ["None found."]), "",
            "## Keywords", "| Term | State | Where or how |", "|---|---|---|", *rows, "",
            "## Risks", "None found.", "",
            "## Recommendations", *asked, "",
            "## Score", *_score_table(material),
        ]
    )  # fmt: skip


def _score_table(material: _Material) -> list[str]:
    weights = {"REQ": 32, "EXP": 20, "SEN": 16, "RES": 12, "KEY": 8, "EDU": 8, "FRM": 4}
    level = round(4 * len(material.shared) / max(1, len(material.shared) + len(material.lacking)))
    rows = [f"| {name} | {level} | {level * weight // 4}/{weight} | keywords |" for name, weight in weights.items()]
    total = sum(level * weight // 4 for weight in weights.values())
    band = next(letter for letter, least in zip("ABCDE", (85, 70, 55, 35, 0), strict=True) if total >= least)
    return [
        "| Criterion | Level | Points | Reason |", "|---|---|---|---|", *rows, "",
        f"Total: {total}/100 (band {band})", "Strongest in REQ, weakest in FRM.",
    ]  # fmt: skip


def _rewritten(material: _Material, *, has_ledger: bool) -> str:
    lines = material.resume.strip().splitlines()
    label = lines[2].partition(" | ")[0] if len(lines) > 2 else ""
    work = [
        line
        for heading, bullets in material.jobs
        for line in (f"### {heading}", *(f"- {bullet}" for bullet in bullets), "")
    ]
    others = [*material.section("Certificates"), *material.section("Languages")]
    first = material.quote_for(material.shared[0] if material.shared else "")
    return "\n".join(
        [
            lines[0], label, "",
            "## Summary", *(material.section("Summary") or ["None stated."]), "",
            "## Experience", *work,
            "## Skills", *(material.section("Skills") or ["None stated."]), "",
            "## Education", *(material.section("Education") or ["None stated."]), "",
            "## Certificates and languages", *(others or ["None stated."]), "",
            "## Change log", "",
            "### Changes", f'1. Summary: none. Reason: it is a template. Source: "{first}"', "",
            *(["### Claims ledger", "None.", ""] if has_ledger else []),
            "### Left out", "None.", "",
            "### Not covered", *([f"- {term}" for term in material.lacking] or ["None."]), "",
            "### Questions for the candidate", *([f"- {term}?" for term in material.lacking[:4]] or ["None."]),
        ]
    )  # fmt: skip


def _simulated(material: _Material) -> str:
    shared, lacking = material.shared, material.lacking
    score = round(100 * len(shared) / max(1, len(shared) + len(lacking)))
    verdict, decision = ("yes", "forward") if score >= 60 else ("maybe", "hold")
    rows = [f'| {term} | "{material.quote_for(term)}" | exact | 1 |' for term in shared[:6]]
    rows += [f"| {term} | - | none | 0 |" for term in lacking[:6]]
    asked = [
        f'{number}. "{term}?"\n   Why: {term}.\n   Strong: "{material.quote_for(term)}"\n   Weak: -'
        for number, term in enumerate((lacking + shared)[:5], start=1)
    ]
    return "\n".join(
        [
            "## ATS", "**Parse:** all sections.", "**Knock-outs:** none.", "",
            "| Must-have | Evidence in the resume | Match | Credit |", "|---|---|---|---|", *rows, "",
            f"**Score:** {len(shared)} of {len(shared) + len(lacking)}, {score} out of 100.",
            f"**Cheapest truthful gains:** {', '.join(shared[:3]) or 'none'}", "",
            "## Recruiter, 30 seconds", f"0 s: \"{material.quote_for('')}\"",
            f"**Note in the system:** {', '.join(shared[:2]) or 'none'}", f"**Decision:** `{decision}`", "",
            "## Hiring manager", f"**Convinced by:** \"{material.quote_for(shared[0] if shared else '')}\"",
            f"**Doubts:** {', '.join(lacking[:2]) or 'none'}", "",
            "## Interview questions", *asked, "",
            "## Verdict", f"**Verdict:** `{verdict}`", "**Confidence:** `low`; this is a template.",
            f"**Decisive for:** {', '.join(shared[:2]) or 'nothing'}",
            f"**Decisive against:** {', '.join(lacking[:2]) or 'nothing'}",
            f"**Change first:** 1. {lacking[0] if lacking else shared[0]} (needs facts from candidate).",
        ]
    )  # fmt: skip


def _suggestions(material: _Material) -> str:
    entries = [
        {
            "section": "work",
            "original": line,
            "suggested": f"{term}: {line}",
            "reason": f"The posting lists {term} by this name, and the line shows it; named first, the term stands "
            "where a reader who compares the resume with the posting looks for it.",
            "impact": "high" if number == 0 else "medium",
            "keywords": [term],
        }
        for number, (term, line) in enumerate(_find_lines(material))
    ]
    for term in material.shared[: max(0, 4 - len(entries))]:
        entries.append(
            {
                "section": "skills",
                "original": "",
                "suggested": term,
                "reason": f"The posting lists {term}, and the resume shows it elsewhere; add it to the first group of "
                "the skills, where software that reads the resume looks for it.",
                "impact": "low",
                "keywords": [term],
            }
        )
    return json.dumps({"suggestions": entries}, ensure_ascii=False, indent=1)


def _find_lines(material: _Material) -> list[tuple[str, str]]:
    """Lines of the work section that show a term of the posting and stand in the resume once, each with its term."""
    work = [bullet for _, bullets in material.jobs for bullet in bullets]
    found: dict[str, str] = {}
    for term in material.shared:
        line = next((line for line in work if term.casefold() in line.casefold() and line not in found.values()), None)
        if line is not None and material.resume.count(line) == 1:
            found[term] = line
    return list(found.items())[:4]
