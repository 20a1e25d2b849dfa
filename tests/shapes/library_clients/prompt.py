"""The prompt of both applications."""

NOTES = [f"Note {number}: summarise in plain words, and name no person." for number in range(1, 301)]


def system_prompt() -> str:
    """The system prompt, the same for every text."""
    return "\n".join(["You summarise letters to a town council.", *NOTES])
