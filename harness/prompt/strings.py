"""First differences of two strings, and pieces cut out of one."""

_CONTEXT = 24


def first_difference(before: str, after: str) -> int:
    """Find the index of the first character that differs; the length of the shorter text if it is a prefix."""
    low, high = 0, min(len(before), len(after))
    while low < high:
        middle = (low + high + 1) // 2
        if before[:middle] == after[:middle]:
            low = middle
        else:
            high = middle - 1
    return low


def cut(text: str, start: int, offset: int) -> str:
    """Cut a text from ``start`` to a little after ``offset``, with marks where it is cut."""
    end = offset + _CONTEXT
    return f"{'…' if start else ''}{text[start:end]}{'…' if end < len(text) else ''}"


def cut_around(text: str, offset: int) -> str:
    """Cut a text around an offset, with marks where it is cut."""
    return cut(text, max(0, offset - _CONTEXT), offset)
