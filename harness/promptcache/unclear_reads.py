"""Requests of a sequence that may or may not read what an earlier one wrote, because of something of unknown reach."""

from harness.prompt.fingerprint import fingerprints
from harness.prompt.reading import Prompt
from harness.prompt.unclear import certain_part, list_unclear


class UnclearReads:
    """Remembers the prefixes of a sequence, with what in them is of unknown reach."""

    def __init__(self) -> None:
        self._seen: dict[tuple[str, bytes], tuple[bytes, tuple[str, ...]]] = {}

    def find_doubt(self, prompt: Prompt, workspace: str) -> str | None:
        """Say what an earlier request with the same prefix had otherwise, if that may or may not matter; remember it.

        An earlier request without a breakpoint is not remembered, since it wrote nothing.
        """
        names = _names(prompt)
        certain = _certain_fingerprints(prompt) if names else prompt.fingerprints
        doubt = None
        for point in prompt.breakpoints:
            key = workspace, certain[point.block_index]
            full, earlier_names = self._seen.get(key, (None, ()))
            if full not in (None, prompt.fingerprints[point.block_index]):
                name = (*names, *earlier_names)[0]
                doubt = f"{name}: differs from an earlier request, and it is not known whether it is part of the prompt"
            self._seen[key] = prompt.fingerprints[point.block_index], names
        return doubt


def _names(prompt: Prompt) -> tuple[str, ...]:
    parameters = [part.path for part in prompt.parts if part.is_unclear]
    return (*parameters, *(name for block in prompt.blocks for name in list_unclear(block)))


def _certain_fingerprints(prompt: Prompt) -> tuple[bytes, ...]:
    """Fingerprints of the same prefixes without anything of unknown reach, one for each block."""
    parts = [certain_part(block) for block in prompt.blocks]
    parameters = [value for value in prompt.parameters if not (value.row.kind == "unclear" or value.row.may_matter)]
    found = iter(fingerprints([part for part in parts if part is not None], parameters, prompt.assumptions))
    latest, all_found = b"", []
    for part in parts:
        latest = latest if part is None else next(found)
        all_found.append(latest)
    return tuple(all_found)
