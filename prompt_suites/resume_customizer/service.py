"""``ResumeCustomizer``: analyses a resume against a job, rewrites it, and simulates its readers."""

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, Literal

from harness.client.claude import ClaudeClient, message_text
from prompt_suites.rendering import user_message

Phase = Literal["analysis", "implementation", "simulation"]
Document = Mapping[str, Any]

_TASKS: dict[Phase, str] = {
    "analysis": "Analyse the resume against the job. Use the headings of your instructions.",
    "implementation": "Rewrite the resume for the job, then list what you changed and why.",
    "simulation": "Simulate how an ATS, a recruiter and the hiring manager read the resume for the job.",
}


def load_prompt(phase: Phase, version: str) -> str:
    """Load the system prompt of a phase from its file."""
    return (Path(__file__).parent / "prompts" / phase / f"{version}.md").read_text(encoding="utf-8")


class ResumeCustomizer:
    """The three phases, each with its own static system prompt; resume and job are the dynamic part."""

    def __init__(self, client: ClaudeClient, prompts: Mapping[Phase, str]) -> None:
        self._client = client
        self._prompts = prompts

    def analyze(self, resume: Document, job: Document) -> str:
        """Analyse how well the resume fits the job, and what is missing."""
        return self._ask("analysis", resume, job)

    def analyze_stream(self, resume: Document, job: Document) -> Iterator[str]:
        """Stream the text of `analyze`."""
        return self._stream("analysis", resume, job)

    def implement(self, resume: Document, job: Document) -> str:
        """Rewrite the resume for the job."""
        return self._ask("implementation", resume, job)

    def implement_stream(self, resume: Document, job: Document) -> Iterator[str]:
        """Stream the text of `implement`."""
        return self._stream("implementation", resume, job)

    def simulate(self, resume: Document, job: Document) -> str:
        """Simulate how an ATS, a recruiter and the hiring manager read the resume."""
        return self._ask("simulation", resume, job)

    def simulate_stream(self, resume: Document, job: Document) -> Iterator[str]:
        """Stream the text of `simulate`."""
        return self._stream("simulation", resume, job)

    def _ask(self, phase: Phase, resume: Document, job: Document) -> str:
        message = user_message(resume, job, _TASKS[phase])
        return message_text(self._client.create_message(self._prompts[phase], message))

    def _stream(self, phase: Phase, resume: Document, job: Document) -> Iterator[str]:
        return self._client.stream_message(self._prompts[phase], user_message(resume, job, _TASKS[phase]))


def analyze(client: ClaudeClient, prompt: str, resume: Document, job: Document) -> str:
    """Run the analysis phase, for the suite."""
    return ResumeCustomizer(client, {"analysis": prompt}).analyze(resume, job)


def implement(client: ClaudeClient, prompt: str, resume: Document, job: Document) -> str:
    """Run the implementation phase, for the suite."""
    return ResumeCustomizer(client, {"implementation": prompt}).implement(resume, job)


def simulate(client: ClaudeClient, prompt: str, resume: Document, job: Document) -> str:
    """Run the simulation phase, for the suite."""
    return ResumeCustomizer(client, {"simulation": prompt}).simulate(resume, job)
