"""The prompt of a request: `read` returns a `Prompt` with blocks, breakpoints, fingerprints and tokens."""

from harness.prompt.reading import Prompt as Prompt
from harness.prompt.reading import PromptRecord as PromptRecord
from harness.prompt.reading import read as read
