from html.parser import HTMLParser

from hypothesis import given
from hypothesis import strategies as st

from harness.reports.html.markup import Html, element, join, text, visible
from tests.reports.examples import HOSTILE


class Seen(HTMLParser):
    """Collects tags and text."""

    def __init__(self, markup: str) -> None:
        super().__init__()
        self.tags: list[str] = []
        self.text = ""
        self.feed(markup)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        self.attributes = attrs

    def handle_data(self, data: str) -> None:
        self.text += data


@given(HOSTILE)
def test_text_is_shown_as_it_is_and_makes_no_element(words: str) -> None:
    seen = Seen(element("p", words))

    assert (seen.tags, seen.text) == (["p"], visible(words))


@given(HOSTILE)
def test_a_value_of_an_attribute_stays_one(words: str) -> None:
    assert Seen(element("p", title=words)).attributes == [("title", visible(words))]


@given(st.text())
def test_nothing_invisible_is_left(words: str) -> None:
    shown = visible(words)

    assert all(char.isprintable() or char in "\n\t" or char.isspace() for char in shown)
    assert not any(mark in shown for mark in "\u202e\u2066\u200b\x1b\x00\ud800")


def test_line_breaks_stay_and_direction_marks_are_escaped() -> None:
    assert visible("a\r\nb\tc \u202e\x1b[31m\U000e0041é日") == "a\nb\tc \\u202e\\x1b[31m\\U000e0041é日"


def test_elements_are_nested_and_what_is_none_is_left_out() -> None:
    link = element("a", "x & y", None, href="#a", hidden=False, data_from="/a")

    assert join(link, "<", element("meta", charset="utf-8")) == (
        '<a href="#a" data-from="/a">x &amp; y</a>&lt;<meta charset="utf-8">'
    )
    assert text("'\"") == "&#x27;&quot;"
    assert isinstance(link, Html)
