"""Summaries through Pydantic AI."""

from pydantic_ai import Agent
from pydantic_ai.models.anthropic import AnthropicModelSettings

from prompt import system_prompt


def summarise(letter: str) -> str:
    """Summarise a letter."""
    settings = AnthropicModelSettings(anthropic_cache_instructions=True, max_tokens=300)
    agent = Agent("anthropic:claude-sonnet-5-5", instructions=system_prompt(), model_settings=settings)
    return agent.run_sync(letter).output
