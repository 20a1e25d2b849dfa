"""The emulator's answers for ResumeRocket: short, deterministic, and about the documents that were sent."""

import json
from collections.abc import Mapping
from typing import Any

from harness.emulator.responder import compare_terms, find_documents, last_user_text


def answer(request: Mapping[str, Any]) -> str | None:
    """An answer in the format that the phase asks for; ``None`` for other messages."""
    text = last_user_text(request)
    documents = find_documents(text)
    if not {"resume", "job"} <= documents.keys():
        return None
    resume, job = documents["resume"], documents["job"]
    shared, lacking = compare_terms(resume, job)
    name, title = _heading(resume), _heading(job)
    if "JSON object" in text:
        return _suggestions(shared, lacking, title)
    if "Rewrite the resume" in text:
        return _rewritten(resume, name, title, shared)
    if "Simulate" in text:
        return _simulated(name, title, shared, lacking)
    return _analysis(name, title, shared, lacking)


def _analysis(name: str, title: str, shared: list[str], lacking: list[str]) -> str:
    score = _score(shared, lacking)
    return (
        f"## Match\n{name} meets {len(shared)} of the {len(shared) + len(lacking)} skills listed for {title}: "
        f"{_joined(shared)}.\n\n## Gaps\nNot shown in the resume: {_joined(lacking)}.\n\n"
        f"## Keywords\nKeep as written: {_joined(shared)}.\n\n"
        f"## Risks\nA keyword screen for {_first(lacking)} would set the application aside.\n\n"
        f"## Recommendations\nName {_first(shared)} in the summary. Claim {_first(lacking)} only if it is true.\n\n"
        f"## Score\n{score}"
    )


def _rewritten(resume: str, name: str, title: str, shared: list[str]) -> str:
    experience = [line for line in resume.splitlines() if line.startswith("- ")][:3]
    bullets = "\n".join(experience)
    return (
        f"# {name}\n\n## Summary\nCandidate for {title}, with {_joined(shared)}.\n\n## Experience\n{bullets}\n\n"
        f"## Skills\n{_joined(shared)}\n\n## Change log\n- Summary: names what posting and resume share.\n"
        "- Experience: the first lines of the resume, unchanged.\n"
    )


def _simulated(name: str, title: str, shared: list[str], lacking: list[str]) -> str:
    score = _score(shared, lacking)
    verdict = "yes" if score >= 60 else "maybe"
    return (
        f"## ATS\nFound {len(shared)} of {len(shared) + len(lacking)} keywords: {_joined(shared)}.\n\n"
        f"## Recruiter, 30 seconds\nSees {name} for {title}; looks for {_first(lacking)} and does not find it.\n\n"
        f"## Hiring manager\nWould ask how {_first(shared)} was used last.\n\n"
        f"## Interview questions\n- Tell me about your work with {_first(shared)}.\n"
        f"- How would you learn {_first(lacking)}?\n\n## Verdict\n{verdict} ({score})"
    )


def _suggestions(shared: list[str], lacking: list[str], title: str) -> str:
    entries = [
        {
            "section": "skills",
            "original": "",
            "suggested": skill,
            "reason": f"The posting for {title} lists {skill}, and the resume shows it; say so where it is looked for.",
            "impact": "high" if number == 0 else "medium",
            "keywords": [skill],
        }
        for number, skill in enumerate(shared[:3])
    ]
    entries.append(
        {
            "section": "summary",
            "original": "",
            "suggested": f"If it is true: experience with {_first(lacking)}.",
            "reason": f"The posting lists {_first(lacking)} and the resume does not.",
            "impact": "low",
            "keywords": lacking[:1],
        }
    )
    return json.dumps({"suggestions": entries}, ensure_ascii=False, indent=1)


def _heading(document: str) -> str:
    return next((line[2:] for line in document.splitlines() if line.startswith("# ")), "the document")


def _score(shared: list[str], lacking: list[str]) -> int:
    return round(100 * len(shared) / max(1, len(shared) + len(lacking)))


def _joined(terms: list[str]) -> str:
    return ", ".join(terms) or "none"


def _first(terms: list[str]) -> str:
    return terms[0] if terms else "more of the same"
