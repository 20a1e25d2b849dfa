"""What happened to the messages of a conversation, in words for notes."""

from collections.abc import Sequence

from harness.promptcache.items import Item, group_messages
from harness.promptcache.places import say_count


def say_dropped(old: Sequence[Item], start: int, end: int) -> str:
    """Say how many messages, and blocks of others, were dropped from ``start`` to ``end``."""
    size, number = _measure(old, start, end)
    return f"{size} {'was' if number == 1 else 'were'} dropped {_say_place(old, start)}"


def say_added(new: Sequence[Item], start: int, end: int) -> str:
    """Say how many messages, and blocks of others, were added from ``start`` to ``end``."""
    size, number = _measure(new, start, end)
    return f"{size} {'was' if number == 1 else 'were'} added {_say_place(new, start)}"


def say_replaced(gone: int, here: int, previous: int | None) -> str:
    """Say how many messages were dropped after the ``previous`` one, and how many took their place."""
    place = "at the start" if previous is None else f"after messages[{previous}]"
    return (
        f"{say_count(gone, 'message')} were dropped {place}, and {here:,} {'is' if here == 1 else 'are'} in their place"
    )


def say_border(old: Sequence[Item], index: int) -> str:
    """Say that a message was joined with the one before it, or cut in two, at a block of the earlier prompt."""
    number = old[index].block.message or 0
    if old[index].starts_message:
        return f"messages[{old[index - 1].block.message}] and messages[{number}] are one message now"
    return f"messages[{number}] is cut in two messages now"


def _measure(items: Sequence[Item], start: int, end: int) -> tuple[str, int]:
    """How much a run of blocks is, in words, and the number of its messages and lone blocks."""
    all_blocks = {message.number: len(message.items) for message in group_messages(items)}
    groups = group_messages(items[start:end])
    whole = [group for group in groups if len(group.items) == all_blocks[group.number]]
    blocks = end - start - sum(len(group.items) for group in whole)
    sizes = [say_count(len(whole), "message")] if whole else []
    sizes += [say_count(blocks, "block")] if blocks else []
    return " and ".join(sizes), len(whole) + blocks


def _say_place(items: Sequence[Item], start: int) -> str:
    if start == 0:
        return "at the start"
    previous = items[start - 1].block
    is_inside = start < len(items) and not items[start].starts_message
    return f"after {previous.path}" if is_inside else f"after messages[{previous.message}]"
