"""Where in the user's files a place of a prompt stands."""

from collections.abc import Mapping
from dataclasses import dataclass

from harness.prompt.reading import Prompt
from harness.prompt.text import block_text


@dataclass(frozen=True, slots=True, kw_only=True)
class Source:
    """The files from which a case's requests come; paths are from the root of the project."""

    file: str
    """Of the case: its suite file, or the test."""
    line: int
    prompts: Mapping[str, str]
    """Path to text of each prompt file."""


def locate(source: Source, prompt: Prompt, path: str, offset: int | None) -> tuple[str, int]:
    """File and line of a place in a request: of the prompt file whose text stands there, else of the case."""
    if offset is not None:
        block = prompt.block_at(path)
        text = block_text(block) if block else ""
        for file, whole in source.prompts.items():
            stripped = whole.strip()
            start = text.find(stripped) if stripped else -1
            if 0 <= start <= offset <= start + len(stripped):
                lead = len(whole) - len(whole.lstrip())
                return file, whole.count("\n", 0, lead + offset - start) + 1
    return source.file, source.line
