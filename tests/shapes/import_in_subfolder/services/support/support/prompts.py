"""The prompts of the support desk."""

RULES = [f"Rule {number}: be polite, and quote the order number." for number in range(1, 301)]


def system_prompt() -> str:
    """The system prompt, the same for every customer."""
    return "\n".join(["You answer customers of a shop.", *RULES])
