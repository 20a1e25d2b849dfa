"""Render resumes and jobs as Markdown for the user message."""

from collections.abc import Iterable, Mapping
from typing import Any

Document = Mapping[str, Any]


def user_message(resume: Document, job: Document, task: str) -> str:
    """The dynamic part of a call: both documents between tags, then the task."""
    return f"<resume>\n{render_resume(resume)}\n</resume>\n\n<job>\n{render_job(job)}\n</job>\n\n{task}"


def render_resume(resume: Document) -> str:
    """A resume in the JSON Resume schema (jsonresume.org) as Markdown."""
    basics = resume["basics"]
    location = basics["location"]
    parts = [
        f"# {basics['name']}",
        f"{basics['label']} | {location['city']}, {location['countryCode']} | {basics['email']} | {basics['phone']}",
        f"## Summary\n{basics['summary']}",
        "## Experience",
        *(_render_work(entry) for entry in resume["work"]),
        "## Education",
        _bullets(
            f"{entry['studyType']}, {entry['area']}, {entry['institution']} ({_period(entry)})"
            for entry in resume["education"]
        ),
        "## Skills",
        _bullets(f"{group['name']}: {', '.join(group['keywords'])}" for group in resume["skills"]),
        "## Languages",
        _bullets(f"{entry['language']}: {entry['fluency']}" for entry in resume["languages"]),
    ]
    if certificates := resume.get("certificates"):
        lines = (f"{entry['name']}, {entry['issuer']} ({entry['date']})" for entry in certificates)
        parts += ["## Certificates", _bullets(lines)]
    for project in resume.get("projects", ()):
        parts.append(f"## Project: {project['name']}\n{project['description']}\n{_bullets(project['highlights'])}")
    return "\n\n".join(parts)


def render_job(job: Document) -> str:
    """A job posting as Markdown."""
    salary = f" | {job['salary']}" if job["salary"] else ""
    return "\n\n".join(
        [
            f"# {job['title']}",
            f"{job['company']} | {job['location']} | {job['employment_type']} | {job['seniority']}{salary}",
            job["description"],
            f"## Responsibilities\n{_bullets(job['responsibilities'])}",
            f"## Requirements\n{_bullets(job['requirements'])}",
            f"## Nice to have\n{_bullets(job['nice_to_have'])}",
            f"Skills: {', '.join(job['skills'])}",
        ]
    )


def _render_work(entry: Document) -> str:
    heading = f"### {entry['position']}, {entry['name']}, {entry['location']} ({_period(entry)})"
    return f"{heading}\n{entry['summary']}\n{_bullets(entry['highlights'])}"


def _period(entry: Document) -> str:
    return f"{entry['startDate']} to {entry['endDate'] or 'present'}"


def _bullets(lines: Iterable[str]) -> str:
    return "\n".join(f"- {line}" for line in lines)
