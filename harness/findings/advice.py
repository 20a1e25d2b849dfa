"""For each cause why the prefix is lost, and what to do about it."""

from typing import NamedTuple


class Advice(NamedTuple):
    """One plain sentence each, without a full stop."""

    why: str
    fix: str


ADVICE: dict[str, Advice] = {
    "timestamp": Advice(
        "a date or time stands in the prefix, and changes",
        "move it behind the last breakpoint, into the user message",
    ),
    "whitespace": Advice(
        "only white space differs",
        "render the text from one template, and do not strip it on one path only",
    ),
    "unicode": Advice(
        "only the Unicode form differs; it looks the same and is not",
        "normalise the text once (unicodedata.normalize('NFC', text)) where it is read",
    ),
    "text_changed": Advice(
        "the text changed",
        "if this is meant, give the prompt a new version; else move what varies behind the last breakpoint",
    ),
    "key_order": Advice(
        "the same keys stand in another order",
        "build the object in a fixed order, or serialise it with sort_keys=True",
    ),
    "tool_added": Advice(
        "a tool was added",
        "add tools at the end, or load it deferred; the prefix is written once more either way",
    ),
    "tool_removed": Advice(
        "a tool was removed",
        "keep the list of tools the same in every call, and refuse the call of a tool instead",
    ),
    "tool_reorder": Advice("the tools stand in another order", "sort the tools by name before they are sent"),
    "tool_changed": Advice(
        "a tool's definition changed", "keep definitions fixed; put what varies into the user message"
    ),
    "history_edit": Advice("an earlier message was changed", "append to the conversation, never rewrite what was sent"),
    "history_drop": Advice(
        "an earlier message was dropped",
        "drop many messages at once and seldom, or keep the head and compact the rest",
    ),
    "block_boundary": Advice(
        "the same text is cut into other blocks",
        "keep the cut where it was: one block for the static text, one for the rest",
    ),
    "model_changed": Advice("each model has its own prompt cache", "keep a conversation on one model"),
    "tool_choice_changed": Advice(
        "tool_choice is rendered in front of the messages",
        "keep it fixed, and ask for the tool in the user message",
    ),
    "thinking_changed": Advice(
        "the thinking parameter is rendered in front of the messages",
        "keep it fixed within a conversation",
    ),
    "thinking_stripped": Advice(
        "this model drops thinking of earlier turns once a new user turn begins",
        "put a breakpoint in front of the first thinking block, or use a model that keeps it",
    ),
    "effort_changed": Advice("effort is rendered in front of the messages", "keep it fixed within a conversation"),
    "speed_changed": Advice("each speed has its own prompt cache", "keep a conversation at one speed"),
    "image_added": Advice(
        "a first image changes what is rendered in front of the messages",
        "send an image from the first turn on, or in a conversation of its own",
    ),
    "image_removed": Advice(
        "the last image is gone, which changes what is rendered in front of the messages",
        "keep the image in the conversation",
    ),
    "citations_changed": Advice("citations are rendered behind the tools", "switch them on or off for all calls"),
    "breakpoint_moved": Advice(
        "the breakpoint moved, and nothing was written where it is now",
        "put it back, or keep the old one beside the new",
    ),
    "breakpoint_removed": Advice(
        "the breakpoint is gone", 'put "cache_control": {"type": "ephemeral"} back on the block'
    ),
    "lookback": Advice(
        "the entry is more than 19 positions before the next breakpoint",
        "add a breakpoint at least every 19 blocks, or on the block that was written",
    ),
    "below_minimum": Advice(
        "the prefix is shorter than the model's minimum",
        "put more static text before the breakpoint, or leave the marker out",
    ),
    "ttl_expired": Advice("the entry's lifetime had passed", 'ask for "ttl": "1h", or call more often'),
    "ttl_order": Advice(
        "a 1h breakpoint comes after a 5m one",
        "put the longer TTL first, in the order tools, system, messages",
    ),
    "ttl_conflict": Advice(
        "the top-level TTL and the last block's own differ", "give both the same ttl, or leave one out"
    ),
    "ttl_changed": Advice(
        "the TTL of the breakpoint changed",
        "keep one TTL for a block; the entry is written once more otherwise",
    ),
    "too_many_breakpoints": Advice(
        "there are more than 4 breakpoints",
        "keep the last of the tools, the last of the system prompt and one or two in the messages",
    ),
    "automatic_after_unique_tail": Advice(
        "the automatic breakpoint is on a last block that is different in every call",
        "put an explicit breakpoint on the last block that stays the same",
    ),
    "deferred_marked": Advice(
        "a deferred tool cannot carry a breakpoint",
        "move the marker to the last tool that is not deferred",
    ),
    "parameter_changed": Advice(
        "a parameter that is rendered into the prompt has another value",
        "keep it the same in every call that is to read the prefix",
    ),
    "unmarked": Advice(
        "nothing is kept in the prompt cache",
        'mark the end of the static part: "cache_control": {"type": "ephemeral"}',
    ),
    "other": Advice(
        "a reason that has no name of its own here",
        "see the place, the texts and the API's answer above",
    ),
}
"""Keyed by `harness.promptcache.causes.Cause`; a test holds that every cause has its row."""
