"""Why each cause loses the prefix, and what to do about it."""

from typing import NamedTuple


class Advice(NamedTuple):
    """Why a prefix is lost and how to fix it: one sentence each, without a full stop."""

    why: str
    fix: str


UNEXPLAINED = "other"
"""The cause that says nothing by itself, so that it is not shown."""

ADVICE: dict[str, Advice] = {
    "timestamp": Advice(
        "the prefix contains a date or time that changes",
        "move it after the last breakpoint, into the user message",
    ),
    "whitespace": Advice(
        "only whitespace differs",
        "render the text from one template, and strip it on every path or on none",
    ),
    "unicode": Advice(
        "only the Unicode form differs: the texts look the same, but their bytes are not",
        "normalise the text once where it is read (unicodedata.normalize('NFC', text)), without invisible characters",
    ),
    "text_changed": Advice(
        "the text changed",
        "undo it, or move what varies from call to call after the last breakpoint",
    ),
    "key_order": Advice(
        "the same keys are in a different order",
        "build the object in a fixed order, or serialise it with sort_keys=True",
    ),
    "tool_added": Advice(
        "a tool was added",
        "add tools at the end, or load the tool deferred; either way the prefix is written once more",
    ),
    "tool_removed": Advice(
        "a tool was removed",
        "keep the list of tools the same in every call, and refuse calls to the tool instead",
    ),
    "tool_reorder": Advice("the tools are in a different order", "sort the tools by name before sending them"),
    "tool_changed": Advice(
        "a tool's definition changed", "keep definitions fixed; put what varies into the user message"
    ),
    "history_edit": Advice("an earlier message was changed", "append to the conversation, never rewrite what was sent"),
    "history_drop": Advice(
        "earlier messages, or blocks of them, were dropped",
        "drop many messages at once and rarely, or keep the first ones and compact the rest",
    ),
    "block_boundary": Advice(
        "the same text is split into different blocks or messages",
        "keep the split where it was: one block for the static text, one for the rest",
    ),
    "model_changed": Advice("each model has its own prompt cache", "keep a conversation on one model"),
    "tool_choice_changed": Advice(
        "tool_choice is rendered before the messages",
        "keep it fixed, and ask for the tool in the user message",
    ),
    "thinking_changed": Advice(
        "the thinking parameter is rendered before the messages",
        "keep it fixed within a conversation",
    ),
    "thinking_stripped": Advice(
        "this model drops the thinking of earlier turns once a new user turn begins",
        "put a breakpoint before the first thinking block, or use a model that keeps thinking",
    ),
    "effort_changed": Advice("effort is rendered before the messages", "keep it fixed within a conversation"),
    "speed_changed": Advice("each speed has its own prompt cache", "keep a conversation at one speed"),
    "image_added": Advice(
        "a first image changes what is rendered before the messages",
        "send an image from the first turn on, or in a separate conversation",
    ),
    "image_removed": Advice(
        "the last image is gone, which changes what is rendered before the messages",
        "keep the image in the conversation",
    ),
    "citations_changed": Advice("citations are rendered after the tools", "switch them on or off for all calls"),
    "breakpoint_moved": Advice(
        "the breakpoint moved, and nothing was written where it is now",
        "put it back, or keep the old one too",
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
        "put more static text before the breakpoint, or remove it",
    ),
    "ttl_expired": Advice("the entry's TTL had expired", 'ask for "ttl": "1h", or call more often'),
    "ttl_order": Advice(
        "a 1h breakpoint comes after a 5m one",
        "put the longer TTL first, in the order tools, system, messages",
    ),
    "ttl_conflict": Advice(
        "the top-level TTL differs from the last block's own", "give both the same ttl, or leave one out"
    ),
    "ttl_changed": Advice(
        "the TTL of the breakpoint changed",
        "keep one TTL for a block; otherwise the entry is written once more",
    ),
    "too_many_breakpoints": Advice(
        "there are more than 4 breakpoints",
        "keep the last one in the tools, the last one in the system prompt and one or two in the messages",
    ),
    "automatic_after_unique_tail": Advice(
        "the automatic breakpoint is on the last block, which differs in every call",
        "put an explicit breakpoint on the last block that stays the same",
    ),
    "deferred_marked": Advice(
        "a deferred tool cannot carry a breakpoint",
        "move the breakpoint to the last tool that is not deferred",
    ),
    "parameter_changed": Advice(
        "a parameter that is rendered into the prompt has a different value",
        "keep it the same in every call that should read the prefix",
    ),
    "unmarked": Advice(
        "nothing is kept in the prompt cache",
        'mark the end of the static part: "cache_control": {"type": "ephemeral"}',
    ),
    "other": Advice(
        "it has a reason that no other cause covers",
        "see the place, the texts and the notes",
    ),
}
"""Keyed by `harness.promptcache.causes.Cause`; a test proves that every cause has a row."""
