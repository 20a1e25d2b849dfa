import pytest

from harness.promptcache.naming.alignment import find_hunks, find_move
from harness.promptcache.naming.text_changes import find_offsets


@pytest.mark.parametrize(
    ("old", "new", "hunks"),
    [
        ("abc", "abc", []),
        ("abcd", "cd", [("ab", "")]),
        ("abcd", "cdef", [("ab", ""), ("", "ef")]),
        ("abcd", "acdef", [("b", ""), ("", "ef")]),
        ("abcd", "ab", [("cd", "")]),
        ("abcd", "abxcd", [("", "x")]),
        ("abcd", "axcy", [("b", "x"), ("d", "y")]),
        ("aabc", "abc", [("a", "")]),
        ("xabc", "abcx", [("x", ""), ("", "x")]),
        ("xyab", "abxz", [("xy", ""), ("", "xz")]),
    ],
)
def test_sequences_line_up(old: str, new: str, hunks: list[tuple[str, str]]) -> None:
    found = find_hunks(old, new)

    assert [(old[hunk.old.start : hunk.old.stop], new[hunk.new.start : hunk.new.stop]) for hunk in found] == hunks


@pytest.mark.parametrize(
    ("old", "new", "move"),
    [
        ("abc", "bac", (0, 1, True)),
        ("abc", "cba", (0, 2, True)),
        ("abc", "bca", (0, 2, False)),
        ("abc", "cab", (2, 0, False)),
        ("xabc", "xbca", (1, 3, False)),
    ],
)
def test_what_moved_is_the_item_that_went_furthest(old: str, new: str, move: tuple[int, int, bool]) -> None:
    assert find_move(old, new) == move


LONG = "word " * 3_000


@pytest.mark.parametrize(
    ("old", "new", "offsets"),
    [
        ("Be good.", "Be kind.", [3]),
        ("Be good, and stay.", "Be kind, and go.", [3, 13]),
        ("a b c", "a x b c", [2]),
        ("a b c d", "a x b d", [2]),
        (f"Now {LONG}then", f"Then {LONG}now", [0, 15_005]),
        (f"Now\n{LONG}\nthen", f"At last\n{LONG}\nnow", [0, 15_009]),
        (f"Now {LONG}then", f"At last {LONG}now", [0]),
        ("same", "same", []),
    ],
)
def test_places_in_a_text_are_found_by_words_and_in_long_ones_by_lines(old: str, new: str, offsets: list[int]) -> None:
    assert find_offsets(old, new) == offsets
