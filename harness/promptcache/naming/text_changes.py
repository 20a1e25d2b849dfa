"""What changed between two texts: only whitespace, Unicode form, a time or key order, or more; and where else."""

import re
import unicodedata
from collections.abc import Mapping
from itertools import accumulate, groupby
from typing import Any

from harness.numbers import make_decoder, write_json
from harness.prompt.strings import first_difference
from harness.prompt.times import reads_as_time
from harness.promptcache.causes import Cause
from harness.promptcache.naming.alignment import Hunk, find_hunks

_NEIGHBOURS = 8
"""Characters on either side of a difference that may compose with it."""
_MOST_WORDS = 2_000
_WORDS = re.compile(r"\S+\s*|\s+")


def find_offsets(old: str, new: str) -> list[int]:
    """Find where two texts differ, as indexes into the later one; only the first place if they are too long."""
    hunks = find_text_hunks(old, new)
    if hunks is None:
        return [first_difference(old, new)]
    return [hunk.new.start + first_difference(*_cut(old, new, hunk)) for hunk in hunks]


def name_text_hunk(old: str, new: str, hunk: Hunk) -> Cause | None:
    """Name the change that two texts would differ in if only one of their hunks differed; as `name_string`."""
    changed = _cut(old, new, hunk)
    if squeeze(changed[0]) == squeeze(changed[1]):
        return "whitespace"
    alone = old[: hunk.old.start] + changed[1] + old[hunk.old.stop :]
    return name_form(old, alone)


def find_text_hunks(old: str, new: str) -> list[Hunk] | None:
    """Find the words in which two texts differ, as ranges of their characters; ``None`` if they are too long."""
    first = first_difference(old, new)
    end = first_difference(old[first:][::-1], new[first:][::-1])
    # A word in which the difference begins counts as a whole.
    start = max(old.rfind(" ", 0, first), old.rfind("\n", 0, first)) + 1
    regions = old[start : len(old) - end], new[start : len(new) - end]
    old_words, new_words = _split(*regions)
    starts = [list(accumulate(map(len, words), initial=start)) for words in (old_words, new_words)]
    if len(old_words) == len(new_words):
        pairs = zip(old_words, new_words, strict=True)
        runs = groupby(enumerate(pairs), lambda item: item[1][0] != item[1][1])
        changed = [[index for index, _ in run] for is_changed, run in runs if is_changed]
        hunks = [Hunk(range(run[0], run[-1] + 1), range(run[0], run[-1] + 1)) for run in changed]
    elif max(len(old_words), len(new_words)) > _MOST_WORDS:
        return None
    else:
        hunks = find_hunks(old_words, new_words)
    return [
        Hunk(*(range(at[span.start], at[span.stop]) for at, span in zip(starts, hunk, strict=True))) for hunk in hunks
    ]


def _split(old: str, new: str) -> tuple[list[str], list[str]]:
    """Split two texts into words, or into lines if they have too many words."""
    words = _WORDS.findall(old), _WORDS.findall(new)
    if len(words[0]) == len(words[1]) or max(map(len, words)) <= _MOST_WORDS:
        return words
    return old.splitlines(keepends=True), new.splitlines(keepends=True)


def _cut(old: str, new: str, hunk: Hunk) -> tuple[str, str]:
    return old[hunk.old.start : hunk.old.stop], new[hunk.new.start : hunk.new.stop]


def name_string(old: str, new: str) -> Cause | None:
    """Name a change of whitespace, Unicode form, time or key order; ``None`` if there is more to it."""
    if squeeze(old) == squeeze(new):
        return "whitespace"
    return name_form(old, new) or ("key_order" if _differs_in_key_order(old, new) else None)


def name_form(old: str, new: str) -> Cause | None:
    """Name a change of Unicode form or time; ``None`` if there is more to it."""
    if _differ_in_form(old, new):
        return "unicode"
    return "timestamp" if reads_as_time(old, new) else None


def squeeze(value: Any) -> Any:
    """Copy a value without the whitespace in its texts."""
    if isinstance(value, str):
        return "".join(value.split())
    if isinstance(value, Mapping):
        return {key: squeeze(item) for key, item in value.items()}
    return [squeeze(item) for item in value] if isinstance(value, list | tuple) else value


def _differ_in_form(old: str, new: str) -> bool:
    """Whether two texts are equal after normalisation; only the text around the differences is compared."""
    if old.isascii() and new.isascii():
        return False
    start = max(0, first_difference(old, new) - _NEIGHBOURS)
    end = max(0, first_difference(old[start:][::-1], new[start:][::-1]) - _NEIGHBOURS)
    return _normalised(old[start : len(old) - end]) == _normalised(new[start : len(new) - end])


def _normalised(text: str) -> str:
    visible = "".join(char for char in text if unicodedata.category(char) != "Cf")
    return unicodedata.normalize("NFKC", visible)


def sort_keys(value: Any) -> str:
    """Write a value as JSON with sorted keys: equal for two that differ only in the order of keys."""
    return write_json(value, sort_keys=True)


def _differs_in_key_order(old: str, new: str) -> bool:
    """Whether two texts differ only in the order of keys of one JSON object inside them."""
    decoder = make_decoder()
    limit = first_difference(old, new)
    start = old.rfind("{", 0, limit)
    for _ in range(20):
        if start < 0:
            return False
        try:
            first, first_end = decoder.raw_decode(old, start)
            second, second_end = decoder.raw_decode(new, start)
        except (ValueError, RecursionError):
            pass
        else:
            # Of another length, it would be written with other spaces too.
            return (
                first_end == second_end > limit
                and sort_keys(first) == sort_keys(second)
                and old[first_end:] == new[second_end:]
            )
        start = old.rfind("{", 0, start)
    return False
