"""Each turn of a conversation reads what the turn before it wrote."""

import asyncio

from agent import Agent
from harness.testing.assertions import assert_reads_prefix


def test_each_turn_reads_the_turn_before_it(async_anthropic_client, harness_session):
    async def talk():
        async with async_anthropic_client as client:
            agent = Agent(client)
            for text in ("Where is order 1001?", "Can I return it?", "Then refund it, please."):
                await agent.say(text)

    asyncio.run(talk())

    first, second, third = harness_session.calls
    assert_reads_prefix(second, written_by=first)
    assert_reads_prefix(third, written_by=second)


def test_another_customer_reads_tools_and_system_prompt(async_anthropic_client, harness_session):
    async def talk():
        async with async_anthropic_client as client:
            await Agent(client).say("Where is order 1001?")
            await Agent(client).say("I want a refund for order 2002.")

    asyncio.run(talk())

    first, second = harness_session.calls
    assert_reads_prefix(second, written_by=first, up_to="system")
