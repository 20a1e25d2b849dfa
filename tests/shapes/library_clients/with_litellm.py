"""Summaries through LiteLLM."""

import litellm

from prompt import system_prompt


def summarise(letter: str) -> str:
    """Summarise a letter."""
    system = [{"type": "text", "text": system_prompt(), "cache_control": {"type": "ephemeral"}}]
    answer = litellm.completion(
        model="anthropic/claude-sonnet-5-5",
        max_tokens=300,
        messages=[{"role": "system", "content": system}, {"role": "user", "content": letter}],
    )
    return answer.choices[0].message.content
