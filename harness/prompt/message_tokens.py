"""Tokens of messages: their blocks, and the borders between them."""

from collections.abc import Mapping, Sequence
from typing import Any

from harness.prompt.blocks import Block
from harness.prompt.images import image_size, image_tokens, most_tokens, unscaled_tokens
from harness.prompt.known_fields import find_unknown
from harness.prompt.tally import Tally
from harness.prompt.tool_tokens import call_tokens, result_text_tokens

_DOCUMENT = 38
"""Around the text of a document; 37 to 39 in five recorded calls, of Sonnet 4.6 and Opus 4.8."""
_DOCUMENT_DOUBT = 8

_RESULT_WITH_IMAGE, _RESULT_PART = 4, 7
"""Added to a tool result that holds an image: once, and for each of its parts."""


def doubt_unknown(tally: Tally, block: Block) -> None:
    """Note the first type or field in a block that is not known."""
    unknown = find_unknown(block)
    if unknown is None:
        return
    where, is_type = unknown.removesuffix(".type"), unknown.endswith(".type")
    what = f"the type {block.type!r} is not known" if is_type else "it is not known"
    tally.doubt(where, f"{what}, nor what it adds to the prompt", counted=0)


class MessageTally:
    """One walk over the blocks of all messages."""

    def __init__(self, tally: Tally, blocks: Sequence[Block], *, is_adaptive: bool) -> None:
        self._tally = tally
        self._rules = tally.rules
        self._blocks = blocks
        self._has_several_results = False
        calls = [block for block in blocks if block.type == "tool_use"]
        self._tool_names = {str(call.content.get("id")): str(call.content.get("name")) for call in calls}
        mixed = {block.message for block in blocks if block.type != "text"}
        self._answers = {block.message for block in blocks} - mixed if is_adaptive else set()

    def run(self) -> None:
        """Add all blocks with the borders between them."""
        previous: Block | None = None
        for block in self._blocks:
            if previous is None:
                self._start(block)
            else:
                self._end_results(previous, block)
                self._tally.total += self._border(previous, block)
            doubt_unknown(self._tally, block)
            self._tally.total += self._block(block, previous)
            self._tally.end_block()
            previous = block
        if previous is not None:
            self._end_results(previous, None)

    # --- borders -----------------------------------------------------------------------------------------

    def _start(self, block: Block) -> None:
        if block.role == "assistant":
            self._tally.doubt_unproven("assistant_first", block.path, "a conversation that starts with the assistant")
            self._tally.total += self._rules.assistant_first

    def _border(self, previous: Block, block: Block) -> int:
        if previous.type == "tool_result":
            return self._border_behind_result(previous, block)
        if block.role != previous.role:
            return self._rules.per_message + self._adaptive_answer(previous)
        return self._rules.same_role if block.message != previous.message else 0

    def _end_results(self, block: Block, following: Block | None) -> None:
        """Move what closes the results of a turn to their side of the border, where a breakpoint on them reads it."""
        if block.type == "tool_result" and (following is None or following.type != "tool_result"):
            self._tally.prefixes[-1] += self._rules.tail - self._rules.tail_after_tool_result

    def _adaptive_answer(self, previous: Block) -> int:
        if previous.role != "assistant" or previous.message not in self._answers or not self._rules.adaptive_answer:
            return 0
        self._tally.doubt_unproven("adaptive_answer", previous.path, "more than one case of an answer without thinking")
        return self._rules.adaptive_answer

    def _border_behind_result(self, result: Block, block: Block) -> int:
        if block.type == "tool_result":
            return 0
        if block.role != result.role:
            return self._rules.answer_after_result + self._merge_behind_result(block)
        is_next = block.message != result.message
        rule = "message_after_result" if is_next else "part_after_result"
        self._tally.doubt_unproven(rule, block.path, f"what a {block.type} of the user costs behind a tool result")
        return self._rules.after_result[is_next]

    def _merge_behind_result(self, block: Block) -> int:
        """An answer goes on behind the results, where a word costs a token that a digit does not."""
        if block.type != "text" or not self._rules.in_front_of_answer:
            return 0
        before, text = self._rules.in_front_of_answer, _first_words(block_text(block))
        return self._tally.text(before + text) - self._tally.text(before) - self._tally.text(text)

    # --- blocks ------------------------------------------------------------------------------------------

    def _block(self, block: Block, previous: Block | None) -> int:
        match block.type:
            case "text":
                return self._message_text(block, previous)
            case "image":
                return self._image(block.content, block.path)
            case "tool_use":
                return call_tokens(self._tally, block)
            case "tool_result":
                return self._tool_result(block, previous)
            case "thinking" | "redacted_thinking":
                return self._thinking(block)
            case "document":
                return self._document(block)
            case _:
                self._tally.doubt(block.path, f"{block.type} blocks cannot be counted offline", counted=0)
                return 0

    def _message_text(self, block: Block, previous: Block | None) -> int:
        if block.content.get("citations"):
            self._tally.doubt(block.path, "citations are rendered in an unknown form", counted=0)
        text, count = block_text(block), self._tally.text
        if previous is None or previous.message != block.message or previous.type != "text":
            return count(text)
        # Neighbouring text blocks are one text to the model: count what merges where they meet.
        before, after = _last_words(block_text(previous)), _first_words(text)
        return count(text) + count(before + after) - count(before) - count(after)

    def _thinking(self, block: Block) -> int:
        tokens = self._tally.text(str(block.content.get("thinking") or ""))
        if block.type == "redacted_thinking":
            why = "redacted thinking cannot be counted offline"
        else:
            why = "thinking is billed at its full length, the block holds a summary"
        self._tally.doubt(block.path, why, counted=tokens)
        return tokens

    def _image(self, content: Mapping[str, Any], path: str) -> int:
        rules, source = self._rules.image, content.get("source")
        size = image_size(source)
        tokens = 0 if size is None else image_tokens(size, rules)
        self._tally.doubt_unproven("image", path, "how this model counts images", counted=tokens)
        if size is None:
            kind = source.get("type") if isinstance(source, dict) else None
            why = f"the size of an image by {kind or 'unknown source'} is not known offline"
            self._tally.doubt(path, why, most_tokens(rules) + (self._rules.unproven.get("downscaling") or 0), counted=0)
            return 0
        if tokens < unscaled_tokens(size, rules):
            self._tally.doubt_unproven("downscaling", path, "to which size images are scaled down")
        return tokens

    def _document(self, block: Block) -> int:
        """Tokens of a document: the text of a plain one, and what stands around it; 0 for any other."""
        source = block.content.get("source")
        text = source.get("data") if isinstance(source, dict) and source.get("type") == "text" else None
        if not isinstance(text, str):
            self._tally.doubt(block.path, "document blocks cannot be counted offline", counted=0)
            return 0
        if any(block.content.get(field) for field in ("title", "context", "citations")):
            self._tally.doubt(block.path, "the title, context and citations of a document are not counted", counted=0)
        else:
            self._tally.doubt(block.path, "few recorded calls show a document of text", _DOCUMENT_DOUBT)
        return self._tally.text(text) + _DOCUMENT

    # --- tool results ------------------------------------------------------------------------------------

    def _tool_result(self, block: Block, previous: Block | None) -> int:
        tokens = self._rules.result + self._several_results(block, previous) + self._result_content(block)
        if block.content.get("is_error"):
            self._tally.doubt_unproven("is_error", block.path, "an erroneous tool result")
            tokens += self._rules.is_error
        return tokens

    def _several_results(self, block: Block, previous: Block | None) -> int:
        """Tokens of naming the tools, which the results of a turn do once there are several."""
        if previous is None or previous.type != "tool_result":
            self._has_several_results = False
            return 0
        tokens = self._named_result(block)
        if not self._has_several_results:
            # Only now is it known that the first result is one of several.
            self._has_several_results = True
            self._tally.doubt_unproven("several_results", block.path, "several tool results in one turn")
            tokens += self._rules.several_results + self._named_result(previous)
        return tokens

    def _named_result(self, result: Block) -> int:
        name = self._tool_names.get(str(result.content.get("tool_use_id")), "")
        return self._rules.named_result + self._tally.text(name)

    def _result_content(self, block: Block) -> int:
        content = block.content.get("content")
        if isinstance(content, str):
            return result_text_tokens(self._tally, content)
        parts = [part for part in content or () if isinstance(part, dict)]
        tokens, kinds = 0, [part.get("type") for part in parts]
        for index, part in enumerate(parts):
            path = f"{block.path}.content[{index}]"
            if part.get("type") == "text":
                tokens += result_text_tokens(self._tally, str(part.get("text") or ""))
            elif part.get("type") == "image":
                tokens += self._image(part, path)
            else:
                self._tally.doubt(path, f"{part.get('type')} blocks cannot be counted offline", counted=0)
        if "image" in kinds:
            tokens += _RESULT_WITH_IMAGE + _RESULT_PART * len(parts)
            self._tally.doubt_unproven("image_in_result", block.path, "an image in a tool result")
        elif len(parts) > 1:
            why = "no recorded call shows a tool result of several parts without an image"
            self._tally.doubt(block.path, why, _RESULT_WITH_IMAGE + _RESULT_PART * len(parts))
        return tokens


def block_text(block: Block) -> str:
    """The text of a text block; empty where it has none."""
    text = block.content.get("text")
    return text if isinstance(text, str) else ""


def _last_words(text: str) -> str:
    start = len(text)
    for _ in range(3):
        start = max(text.rfind(" ", 0, start), text.rfind("\n", 0, start), 0)
    return text[max(start, len(text) - 200) :]


def _first_words(text: str) -> str:
    end = 0
    for _ in range(3):
        found = [position for position in (text.find(" ", end + 1), text.find("\n", end + 1)) if position > 0]
        if not found:
            return text[:200]
        end = min(found)
    return text[: min(end, 200)]
