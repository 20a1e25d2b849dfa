"""YAML is refused before it can exhaust the stack, the memory or the reader's patience."""

import pytest

from harness.errors import SuiteError
from harness.files.yaml_text import parse_yaml


def bomb(levels: int, width: int = 10) -> str:
    """Anchors of which each repeats the one before it."""
    lines = ["a0: &a0 [" + ", ".join("x" * width) + "]"]
    lines += [f"a{n}: &a{n} [" + ", ".join([f"*a{n - 1}"] * width) + "]" for n in range(1, levels)]
    return "\n".join(lines)


def chain(levels: int) -> str:
    """Anchors that nest deeper with each line."""
    return "\n".join(["a0: &a0 [x]"] + [f"a{n}: &a{n} [[[[[*a{n - 1}]]]]]" for n in range(1, levels)])


DEEP = "nested deeper than 100 levels"
TAG = "not YAML: could not determine a constructor for the tag"
HOSTILE = [
    pytest.param("[" * 100_000, f"1: {DEEP}", id="lists"),
    pytest.param("{" * 100_000, f"1: {DEEP}", id="objects"),
    pytest.param("- " * 100_000, f"1: {DEEP}", id="block-lists"),
    pytest.param("? " * 100_000, f"1: {DEEP}", id="keys"),
    pytest.param("\n".join(" " * n + "a:" for n in range(1_000)), f"101: {DEEP}", id="block-objects"),
    pytest.param(chain(30), f"21: {DEEP}", id="deep-by-aliases"),
    pytest.param(bomb(10), "6: more than 250,000 values, those of aliases included", id="alias-bomb"),
    pytest.param(
        "a: &a " + "y" * 1_000_000 + "\nb: [" + ", ".join(["*a"] * 100) + "]",
        "2: more than 67,108,864 characters, those of aliases included",
        id="bomb-of-text",
    ),
    pytest.param("a: &a [*a]", "1: *a refers to itself", id="alias-in-itself"),
    pytest.param("a: &a\n  b: {<<: *a}", "2: *a refers to itself", id="merge-of-itself"),
    pytest.param("a: *b", "1: *b refers to no anchor before it", id="no-anchor"),
    pytest.param("a: &a 1\nb: &a 2", "2: the anchor &a is there already, on line 1", id="anchor-twice"),
    pytest.param("a: 1\na: 2", "2: 'a' appears twice, first on line 1", id="duplicate-key"),
    pytest.param("a: 1\n? [b]\n: c", "2: a key is no text", id="list-as-key"),
    pytest.param("a: 1\n!env b: c", "2: a key is no text", id="tagged-key"),
    pytest.param("a: 1\n---\nb: 2", "2: a second document begins, expected one", id="two-documents"),
    pytest.param(
        "a: .inf", "1: '.inf' is no number that JSON can hold; if it is a text, quote it", id="infinity"
    ),
    pytest.param("a: -.INF", "1: '-.INF' is no number that JSON can hold; if it is a text, quote it", id="minus"),
    pytest.param("a: .nan", "1: '.nan' is no number that JSON can hold; if it is a text, quote it", id="nan"),
    pytest.param(
        "a: 1.0e+999", "1: '1.0e+999' is no number that JSON can hold; if it is a text, quote it", id="too-large"
    ),
    pytest.param("a: " + "9" * 5_000, "1: a number has 5,000 digits, expected at most 4,300", id="digits"),
    pytest.param("a: 1" + ":59" * 5_000, "1: a number has 15,001 digits, expected at most 4,300", id="base-60"),
    pytest.param("a: !!python/object/new:a.B [c]", f"1: {TAG} 'tag:yaml.org,2002:python/object/new:a.B'", id="code"),
    pytest.param("a: !!python/name:os.system", f"1: {TAG} 'tag:yaml.org,2002:python/name:os.system'", id="name"),
    pytest.param("a: !!set {b}", f"1: {TAG} 'tag:yaml.org,2002:set'", id="set"),
    pytest.param("a: !!bool maybe", "1: 'maybe' does not fit the tag 'tag:yaml.org,2002:bool'", id="no-bool"),
    pytest.param("a: !!int ''", "1: '' does not fit the tag 'tag:yaml.org,2002:int'", id="no-int"),
    pytest.param("a: !!timestamp x", "1: 'x' does not fit the tag 'tag:yaml.org,2002:timestamp'", id="no-time"),
    pytest.param("a: 2026-13-45", "1: '2026-13-45': month must be in 1..12", id="no-date"),
    pytest.param("a: b\nc: \x01", "2: not YAML: special characters are not allowed", id="control-character"),
    pytest.param(
        "a: 1\n<<: 1", "2: '<<' merges mappings only, such as <<: *name or <<: [*one, *other]", id="merge-of-a-number"
    ),
    pytest.param("<<: {a: 1}\n<<: {b: 1}", "2: '<<' appears twice, first on line 1", id="two-merges"),
]  # fmt: skip


@pytest.mark.parametrize(("text", "message"), HOSTILE)
def test_hostile_yaml_is_refused_with_its_line(text: str, message: str) -> None:
    with pytest.raises(SuiteError) as caught:
        parse_yaml(text, "f", SuiteError)

    assert str(caught.value) == f"f:{message}"


def test_keys_of_its_own_replace_merged_ones_and_earlier_merges_later_ones() -> None:
    text = "a: &a {x: 1, y: 2}\nb: &b {y: 3, z: 4}\nc:\n  <<: [*b, *a]\n  z: 5\n"

    value, lines = parse_yaml(text, "f", SuiteError)

    assert value["c"] == {"x": 1, "y": 3, "z": 5}
    assert [lines["c", key] for key in "xyz"] == [1, 2, 5]


def test_merges_are_merged_in_turn() -> None:
    value, _ = parse_yaml("a: &a {x: 1}\nb: &b {<<: *a, y: 2}\nc: {<<: *b, z: 3}", "f", SuiteError)

    assert value["c"] == {"x": 1, "y": 2, "z": 3}


def test_a_quoted_merge_is_a_key_like_any_other() -> None:
    assert parse_yaml("'<<': 1", "f", SuiteError) == ({"<<": 1}, {(): 1, ("<<",): 1})


def test_tags_can_be_allowed() -> None:
    value, _ = parse_yaml("- !point [1, 2]\n- !upper a", "f", SuiteError, tags={"!point": tuple, "!upper": str.upper})

    assert value == [(1, 2), "A"]


def test_a_value_that_does_not_fit_an_allowed_tag_is_refused() -> None:
    with pytest.raises(SuiteError, match=r"^f:2: '!number' does not fit its value: "):
        parse_yaml("a: 1\nb: !number x", "f", SuiteError, tags={"!number": int})


def test_many_cases_are_no_bomb() -> None:
    text = "shared: &shared {a: 1, b: 2}\ncases:\n" + "".join(
        f"  c{n}: {{<<: *shared, n: {n}}}\n" for n in range(9_000)
    )

    value, _ = parse_yaml(text, "f", SuiteError)

    assert value["cases"]["c8999"] == {"a": 1, "b": 2, "n": 8999}
