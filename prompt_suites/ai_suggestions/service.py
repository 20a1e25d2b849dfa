"""``AISuggestions``: a few concrete changes to a resume for a job, streamed as JSON."""

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from harness.client.claude import ClaudeClient
from prompt_suites.rendering import user_message

Document = Mapping[str, Any]

_TASK = "Suggest the changes that help this candidate most. Answer with the JSON object only."


def load_prompt(version: str) -> str:
    """Load the system prompt from its file."""
    return (Path(__file__).parent / "prompts" / "suggestions" / f"{version}.md").read_text(encoding="utf-8")


class AISuggestions:
    """Suggestions from one static system prompt; resume and job are the dynamic part."""

    def __init__(self, client: ClaudeClient, prompt: str) -> None:
        self._client = client
        self._prompt = prompt

    def suggest(self, resume: Document, job: Document) -> Iterator[str]:
        """Stream the text of the JSON object."""
        return self._client.stream_message(self._prompt, user_message(resume, job, _TASK))


def suggest(client: ClaudeClient, prompt: str, resume: Document, job: Document) -> Iterator[str]:
    """Stream suggestions, for the suite."""
    return AISuggestions(client, prompt).suggest(resume, job)
