"""The support desk: one client for the whole process, made at import."""

import anthropic

from support.prompts import system_prompt

client = anthropic.Anthropic()


def answer(question: str) -> str:
    """Answer a customer's question."""
    message = client.messages.create(
        model="claude-sonnet-5-5",
        max_tokens=500,
        system=[{"type": "text", "text": system_prompt(), "cache_control": {"type": "ephemeral"}}],
        messages=[{"role": "user", "content": question}],
    )
    return "".join(block.text for block in message.content if block.type == "text")
