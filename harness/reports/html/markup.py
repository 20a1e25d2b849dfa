"""HTML that is built of elements, so that no text of a prompt is ever markup."""

from __future__ import annotations

from html import escape
from unicodedata import category


class Html(str):
    """Markup that may stand in a page as it is."""

    __slots__ = ()


Child = str | Html | None
"""What an element may hold: text, which is escaped, or markup; ``None`` is left out."""

_EMPTY = frozenset({"input", "link", "meta"})
"""Elements without an end tag."""


def element(tag: str, *children: Child, **attributes: str | int | bool | None) -> Html:
    """Write an element. A name of an attribute ends in ``_`` where it is a word of Python, and has ``_`` for ``-``.

    Attributes that are ``None`` or ``False`` are left out.
    """
    start = f"<{tag}{''.join(_attribute(name, value) for name, value in attributes.items())}>"
    return Html(start if tag in _EMPTY else f"{start}{join(*children)}</{tag}>")


def join(*children: Child) -> Html:
    """Write children one after the other."""
    return Html("".join(child if isinstance(child, Html) else text(child) for child in children if child is not None))


def text(value: str) -> Html:
    """Write text so that all of it is seen, and none of it is markup."""
    return Html(escape(visible(value)))


def visible(value: str) -> str:
    """Text in which control, invisible and direction-changing characters are escapes, but line breaks and tabs stay."""
    if value.isprintable():
        return value
    return "".join(char if _is_shown(char) else ascii(char)[1:-1] for char in value.replace("\r\n", "\n"))


def _is_shown(char: str) -> bool:
    return char.isprintable() or char in "\n\t" or category(char) == "Zs"


def _attribute(name: str, value: str | int | bool | None) -> str:
    name = name.rstrip("_").replace("_", "-")
    if value is None or value is False:
        return ""
    return f" {name}" if value is True else f' {name}="{text(str(value))}"'
