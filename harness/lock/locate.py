"""Where in the user's files a place of a prompt stands."""

from collections.abc import Mapping
from dataclasses import dataclass

from harness.errors import RequestError
from harness.prompt.blocks import Request, read_blocks
from harness.prompt.diff import block_text


@dataclass(frozen=True, slots=True, kw_only=True)
class Source:
    """The files from which a case's requests come; paths are from the root of the project."""

    file: str
    """Of the case: its suite file, or the test."""
    line: int
    prompts: Mapping[str, str]
    """Path to text of each prompt file."""


def locate(source: Source, request: Request, path: str, offset: int | None) -> tuple[str, int]:
    """File and line of a place in a request: of the prompt file whose text stands there, else of the case."""
    if offset is not None:
        text = _find_text(request, path)
        for file, prompt in source.prompts.items():
            start = text.find(prompt.strip()) if prompt.strip() else -1
            if 0 <= start <= offset <= start + len(prompt.strip()):
                lead = len(prompt) - len(prompt.lstrip())
                return file, prompt.count("\n", 0, lead + offset - start) + 1
    return source.file, source.line


def _find_text(request: Request, path: str) -> str:
    try:
        return next((block_text(block) for block in read_blocks(request) if block.path == path), "")
    except RequestError:
        return ""
