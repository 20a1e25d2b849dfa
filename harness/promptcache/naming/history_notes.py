"""What happened to the messages of a conversation, in words for notes."""

from collections.abc import Sequence

from harness.promptcache.naming.items import Item, Message, count_shared, end_message, group_messages
from harness.promptcache.naming.words import say_count


def say_dropped(old: Sequence[Item], start: int, end: int) -> str:
    """Say how many messages, and blocks of others, were dropped from ``start`` to ``end``."""
    return _say(old, start, end, "dropped", "from")


def say_added(new: Sequence[Item], start: int, end: int) -> str:
    """Say how many messages, and blocks of others, were added from ``start`` to ``end``."""
    return _say(new, start, end, "added", "to")


def say_replaced(gone: int, here: int, previous: int | None) -> str:
    """Say how many messages were dropped after the ``previous`` one, and how many took their place."""
    place = "at the start" if previous is None else f"after messages[{previous}]"
    return (
        f"{say_count(gone, 'message')} were dropped {place}, and {here:,} {'is' if here == 1 else 'are'} in their place"
    )


def say_border(old: Sequence[Item], index: int, rest: Sequence[Item] | None = None) -> str:
    """Say that a message was joined with the one before it, or cut in two, at a block of the earlier prompt.

    ``rest`` are the blocks of the later prompt from there on, if the message may have lost some of its blocks.
    """
    number = old[index].block.message or 0
    if not old[index].starts_message:
        return f"messages[{number}] is cut in two messages now"
    previous, size = old[index - 1].block.message, end_message(old, index) - index
    if rest is not None and (count_shared(old[index:], rest) < size or end_message(rest, 0) < size):
        return f"the beginning of messages[{number}] is part of messages[{previous}] now"
    return f"messages[{previous}] and messages[{number}] are one message now"


def say_joined(old: Sequence[Item], new: Sequence[Item], start: int, kept: int) -> str | None:
    """Say which messages are one now, from the one before ``start`` on; ``None`` if one of them is cut in it.

    ``kept`` is the number of blocks from ``start`` on that are the same in both prompts.
    """
    end = end_message(new, start)
    is_whole = end <= start + kept and end_message(old, end - 1) == end
    if not is_whole:
        return None
    first, last = old[start - 1].block.message or 0, old[end - 1].block.message or 0
    return f"messages[{first}] {'and' if last == first + 1 else 'to'} messages[{last}] are one message now"


def say_fewer(old: Sequence[Message], new: Sequence[Message]) -> tuple[str, ...]:
    """Say how many messages were dropped of which nothing is left; nothing if others took their places."""
    left = {item.key for message in new for item in message.items}
    gone = [message for message in old if not any(item.key in left for item in message.items)]
    fewer = min(len(gone), len(old) - len(new))
    return (f"{say_count(fewer, 'message')} {'was' if fewer == 1 else 'were'} dropped",) if fewer > 0 else ()


def _say(items: Sequence[Item], start: int, end: int, what: str, preposition: str) -> str:
    sizes = {message.number: len(message.items) for message in group_messages(items)}
    groups = group_messages(items[start:end])
    whole = [group for group in groups if len(group.items) == sizes[group.number]]
    blocks = end - start - sum(len(group.items) for group in whole)
    counts = [say_count(len(whole), "message")] if whole else []
    counts += [say_count(blocks, "block")] if blocks else []
    verb = "was" if len(whole) + blocks == 1 else "were"
    is_inside = not whole and len(groups) == 1
    place = f"{preposition} {groups[0].path}" if is_inside else _say_place(items, start)
    return f"{' and '.join(counts)} {verb} {what} {place}"


def _say_place(items: Sequence[Item], start: int) -> str:
    if start == 0:
        return "at the start"
    previous = items[start - 1].block
    return f"after messages[{previous.message}]" if items[start].starts_message else f"after {previous.path}"
