"""The prompt of the agent."""

STEPS = [f"Step {number}: look the order up before you promise anything." for number in range(1, 301)]


def system_prompt() -> str:
    """The system prompt, the same in every turn and for every customer."""
    return "\n".join(["You are an agent that helps customers of a shop.", *STEPS])
