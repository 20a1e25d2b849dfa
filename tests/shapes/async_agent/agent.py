"""An agent with tools, whose breakpoint moves to the end of the conversation in each turn."""

from typing import Any

from anthropic import AsyncAnthropic

from prompt import system_prompt

TOOLS: list[dict[str, Any]] = [
    {
        "name": "find_order",
        "description": "Find an order by its number.",
        "input_schema": {"type": "object", "properties": {"number": {"type": "string"}}, "required": ["number"]},
    },
    {
        "name": "refund",
        "description": "Refund an order.",
        "input_schema": {"type": "object", "properties": {"number": {"type": "string"}}, "required": ["number"]},
    },
]
MARK = {"type": "ephemeral"}


class Agent:
    """One conversation with a customer."""

    def __init__(self, client: AsyncAnthropic) -> None:
        self._client = client
        self._messages: list[dict[str, Any]] = []

    async def say(self, text: str) -> str:
        """Send what the customer says; return the agent's answer."""
        self._messages.append({"role": "user", "content": [{"type": "text", "text": text}]})
        message = await self._client.messages.create(
            model="claude-sonnet-5-5",
            max_tokens=500,
            tools=TOOLS,
            system=[{"type": "text", "text": system_prompt(), "cache_control": MARK}],
            messages=self._marked(),
        )
        answer = "".join(block.text for block in message.content if block.type == "text")
        self._messages.append({"role": "assistant", "content": [{"type": "text", "text": answer}]})
        return answer

    def _marked(self) -> list[dict[str, Any]]:
        """The messages, with a breakpoint on the last one."""
        *earlier, last = self._messages
        return [*earlier, {**last, "content": [{**last["content"][0], "cache_control": MARK}]}]
