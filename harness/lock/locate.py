"""Locate a place of a prompt in the user's files."""

from collections.abc import Mapping
from dataclasses import dataclass

from harness.prompt.reading import Prompt
from harness.prompt.text import block_text


@dataclass(frozen=True, slots=True, kw_only=True)
class Source:
    """The files that a case's requests come from; paths are relative to the root of the project."""

    file: str
    """The suite file or the test file of the case."""
    line: int
    prompts: Mapping[str, str]
    """The text of each prompt file, by path."""


def locate(source: Source, prompt: Prompt, path: str, offset: int | None) -> tuple[str, int]:
    """File and line of a place in a request: in the prompt file whose text is there, otherwise those of the case."""
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
