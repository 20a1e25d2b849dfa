"""What a request is: `read` gives its `Prompt`, with blocks, breakpoints, fingerprints and tokens. Pure functions."""

from harness.prompt.reading import Prompt as Prompt
from harness.prompt.reading import PromptRecord as PromptRecord
from harness.prompt.reading import read as read
