"""The blocks of one level of a prompt, as they are compared with those of another prompt."""

from collections.abc import Sequence
from itertools import groupby
from typing import NamedTuple

from harness.prompt.blocks import Block


class Item(NamedTuple):
    """A block with what the prompt cache compares of it."""

    block: Block
    key: str
    """Equal for the same content anywhere: without the border of its message."""
    starts_message: bool
    position: int
    """The number of blocks of its level before it."""

    @property
    def path(self) -> str:
        """Path of the block."""
        return self.block.path


class Message(NamedTuple):
    """One message with its blocks."""

    number: int
    items: tuple[Item, ...]
    start: int
    """The number of blocks of earlier messages."""

    @property
    def end(self) -> int:
        """The number of blocks up to its end."""
        return self.start + len(self.items)

    @property
    def path(self) -> str:
        """Path of the message: ``messages[2]``."""
        return f"messages[{self.number}]"

    @property
    def role(self) -> str | None:
        """Its role."""
        return self.items[0].block.role

    @property
    def key(self) -> str:
        """Equal for the same content, whatever the role."""
        return " ".join(item.key for item in self.items)


def find_index(items: Sequence[Item], block: Block | None) -> int:
    """Find the index of a block among those of its level; their number if there is none."""
    return next((index for index, item in enumerate(items) if item.block is block), len(items))


def group_messages(items: Sequence[Item], first: int = 0) -> list[Message]:
    """Group blocks into their messages, from the message with the number ``first`` on."""
    messages: list[Message] = []
    end = 0
    for number, group in groupby(items, lambda item: item.block.message or 0):
        messages.append(Message(number, tuple(group), end))
        end = messages[-1].end
    return [message for message in messages if message.number >= first]


def count_shared(old: Sequence[Item], new: Sequence[Item]) -> int:
    """Count the first blocks that are the same in two runs, whatever their messages."""
    pairs = zip(old, new, strict=False)
    return next((index for index, (one, other) in enumerate(pairs) if one.key != other.key), min(len(old), len(new)))


def end_message(items: Sequence[Item], index: int) -> int:
    """Return the index after the last block of the message that holds the block at an index."""
    message = items[index].block.message
    return next((end for end in range(index, len(items)) if items[end].block.message != message), len(items))
