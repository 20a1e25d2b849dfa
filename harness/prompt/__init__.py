"""What a request is: `read` gives a `Prompt` with blocks, breakpoints, fingerprints, tokens."""

from harness.prompt.reading import Prompt as Prompt
from harness.prompt.reading import PromptRecord as PromptRecord
from harness.prompt.reading import read as read
