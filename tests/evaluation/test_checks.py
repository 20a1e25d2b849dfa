"""Each kind of check: what passes, what fails, what it says, and where."""

import json
from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from harness.errors import UsageError
from harness.evaluation import checks
from harness.evaluation.checks.keywords import find_terms
from harness.evaluation.result import CheckResult

PLAN = "# Anna\n\n## Fit\nGood.\n\n```\n## Not this\n```\n\n**Gaps:**\n- none\n\n### 3. Next steps ###\n"
OBJECT = '{"items": [{"price": 9.5, "name": "tea"}, {"price": 12, "name": ""}], "done": true, "count": 2}'


def said(result: CheckResult) -> tuple[bool | None, str, str]:
    return result.passed, result.why, result.place


@pytest.mark.parametrize(
    ("result", "expected"),
    [
        (checks.contains("a\nb c", "b"), (True, "contains 'b'", "line 2")),
        (checks.contains("a\nb", "b", "x", "y"), (False, "lacks 'x', 'y'", "")),
        (checks.contains("STRASSE", "strasse"), (False, "lacks 'strasse'", "")),
        (checks.contains("STRASSE", "strasse", ignore_case=True), (True, "contains 'strasse'", "line 1")),
        (checks.lacks("a\nb", "x"), (True, "lacks 'x'", "")),
        (checks.lacks("a\nb\nb", "x", "b"), (False, "contains 'b'", "line 2")),
        (checks.lacks("As An AI", "as an ai", ignore_case=True), (False, "contains 'as an ai'", "line 1")),
        (checks.regex("one\ntwo", r"(?m)^t"), (True, "1 match of '(?m)^t'", "line 2")),
        (checks.regex("one", r"z"), (False, "0 matches of 'z', expected 1 or more", "")),
        (checks.regex("aaa\na", r"a", at_most=3), (False, "4 matches of 'a', expected 1 to 3", "line 2")),
        (checks.regex("b", r"a", at_least=0, at_most=0), (True, "0 matches of 'a'", "")),
        (checks.regex("a", r"a", at_least=2, at_most=2), (False, "1 match of 'a', expected 2", "")),
        (checks.length("one two  three", words=(1, 3)), (True, "3 words", "")),
        (checks.length("one two", words=(3, None)), (False, "2 words, expected 3 or more", "")),
        (checks.length("abc", characters=(None, 2)), (False, "3 characters, expected 2 or fewer", "")),
        (
            checks.length("abcd", tokens=(1, 1), words=(1, 1), count_tokens=lambda text: len(text) // 2),
            (False, "2 tokens, expected 1 to 1", ""),
        ),
        (checks.headings(PLAN, ["Fit", "gaps", "Next steps"]), (True, "3 headings in order", "")),
        (checks.headings(PLAN, ["Gaps", "Fit"]), (False, "the heading 'Fit' does not stand after 'Gaps'", "line 3")),
        (
            checks.headings(PLAN, ["Fit", "Risks"]),
            (False, "lacks the heading 'Risks'; has 'Anna', 'Fit', 'Gaps:', '3. Next steps'", ""),
        ),
        (checks.headings("text", ["A"]), (False, "lacks the heading 'A'; has none", "")),
        (
            checks.headings(PLAN, ["Fit", "Gaps", "Next steps"], exact=True),
            (False, "4 headings, expected 3: 'Anna' is not expected", "line 1"),
        ),
        (checks.valid_json(OBJECT), (True, "JSON: an object with 3 keys", "")),
        (checks.valid_json("[1, 2]"), (True, "JSON: an array of 2", "")),
        (
            checks.valid_json("```json\n{}\n```"),
            (False, "not JSON: expecting value; it begins with '```json\\n{}\\n```'", "line 1"),
        ),
        (checks.valid_json("```json\n{}\n```", fenced=True), (True, "JSON: an object with 0 keys", "")),
        (checks.valid_json("{} x"), (False, "not JSON: extra data; it begins with '{} x'", "line 1")),
        (checks.fields(OBJECT, {"count": 2, "done": True}), (True, "2 values as expected", "")),
        (checks.fields(OBJECT, {"done": 1}), (False, "done is True, expected 1", "done")),
        (
            checks.fields(OBJECT, {"items[1].price": {"max": 10}}),
            (False, "items[1].price is 12, expected 10 or less", "items[1].price"),
        ),
        (
            checks.fields(OBJECT, {"items[*].name": {"not_empty": True}}),
            (False, "items[1].name is '', expected a value that is not empty", "items[1].name"),
        ),
        (checks.fields(OBJECT, {"items[*].name": {"one_of": ["tea", ""]}}), (True, "1 value as expected", "")),
        (
            checks.fields(OBJECT, {"count": {"type": "boolean"}}),
            (False, "count is 2, expected a value of type boolean", "count"),
        ),
        (
            checks.fields(OBJECT, {"items[0].name": {"regex": "^c"}}),
            (False, "items[0].name is 'tea', expected a match of '^c'", "items[0].name"),
        ),
        (checks.fields(OBJECT, {"items[5].name": "x"}), (False, "has no value at items[5].name", "items[5].name")),
        (checks.fields('{"a": []}', {"a[*].b": "x"}), (False, "has no value at a[*].b", "a[*].b")),
        (checks.language("Das ist ein kurzer Satz auf Deutsch.", "de"), (True, "written in de", "")),
        (
            checks.language("This is a sentence that is written in English.", ["de", "fr"]),
            (False, "written in en, expected de or fr", ""),
        ),
        (checks.language("4711", "de"), (None, "too short to tell its language", "")),
    ],
)  # fmt: skip
def test_a_check_says_what_it_found_and_where(result: CheckResult, expected: tuple[bool | None, str, str]) -> None:
    assert said(result) == expected


SCHEMA = {
    "type": "object",
    "required": ["items"],
    "properties": {"items": {"type": "array", "items": {"type": "object", "properties": {"price": {"maximum": 10}}}}},
}


def test_a_json_schema_names_the_value_and_its_path() -> None:
    assert said(checks.json_schema(OBJECT, SCHEMA)) == (
        False,
        "12 does not match the schema's maximum: 10",
        "items[1].price",
    )
    assert said(checks.json_schema("{}", SCHEMA)) == (False, "'items' is a required property", "")
    assert checks.json_schema('{"items": []}', SCHEMA).passed is True
    assert checks.json_schema("prose", SCHEMA).why.startswith("not JSON: ")


@pytest.mark.parametrize(
    ("answer", "terms", "score"),
    [
        ("We run Kafka and k8s.", ["Kafka", "Kubernetes"], 1.0),
        ("kafkaesque", ["Kafka"], 0.0),
        ("C++ and C#", ["C", "C++", "C#"], pytest.approx(2 / 3)),
        ("on call rotations", ["On-call", "rotation"], 1.0),
        ("CI/CD pipelines", ["CI CD", "pipeline"], 1.0),
        ("ＰｏｓｔｇｒｅＳＱＬ", ["PostgreSQL"], 1.0),
        ("細胞培養の経験", ["細胞培養", "精製"], 0.5),
        ("خبرة في الجبر", ["الجبر"], 1.0),
        ("gestão de projetos", ["Gestão de projetos", "Excel"], 0.5),
    ],
)
def test_keywords_are_whole_words_in_any_script(answer: str, terms: list[str], score: float) -> None:
    assert checks.keywords(answer, terms, synonyms={"Kubernetes": ["k8s"]}).score == score


def test_a_lowest_score_decides_and_missing_keywords_are_named() -> None:
    result = checks.keywords("Kafka", ["Kafka", "gRPC"], min_score=0.6)

    assert said(result) == (False, "1 of 2 keywords; missing 'gRPC' (score 0.50, at least 0.6 wanted)", "")
    assert checks.keywords("Kafka", ["Kafka", "gRPC"]).passed is True


def test_keywords_of_sentences_are_the_names_in_them() -> None:
    value = {
        "skills": ["Go", "Code review"],
        "text": "We use Kafka and PCI DSS. Then we deploy to Kubernetes daily, always.",
    }

    assert find_terms(value) == ["Go", "Code review", "Kafka", "PCI", "DSS", "Kubernetes"]


def test_similarity_counts_shared_words_in_any_order() -> None:
    assert checks.similarity("Anna works in Graz", "in graz, Anna works").score == 1
    low = checks.similarity("Anna works in Graz", "A cat sat on a mat", min_score=0.8)
    assert (low.passed, low.score is not None and low.score < 0.5) == (False, True)


def test_an_unknown_language_is_refused() -> None:
    with pytest.raises(UsageError, match=r"^'xx' is not the code of a known language, such as en or de"):
        checks.language("text", "xx")


HOSTILE = ["", "\x00", "\x1b[31mred", "\u202eevil", "\ud800", "</script>", "x" * 300_000, "# " * 9_999, "[" * 9_999]
CALLS: list[Callable[[str], CheckResult]] = [
    lambda text: checks.contains(text, "a"),
    lambda text: checks.lacks(text, "a"),
    lambda text: checks.regex(text, "a"),
    lambda text: checks.length(text, words=(1, 2)),
    lambda text: checks.headings(text, ["A"], exact=True),
    checks.valid_json,
    lambda text: checks.json_schema(text, SCHEMA),
    lambda text: checks.fields(text, {"a": 1}),
    lambda text: checks.keywords(text, ["a"]),
    lambda text: checks.grounded(text, ["a"]),
    lambda text: checks.similarity(text[:5_000], "a"),
    lambda text: checks.language(text.encode("utf-8", "replace").decode(), "en"),
]


@pytest.mark.parametrize("check", CALLS)
@pytest.mark.parametrize("text", HOSTILE, ids=range(len(HOSTILE)))
def test_a_hostile_answer_is_judged_and_its_quotes_are_printable(
    text: str, check: Callable[[str], CheckResult]
) -> None:
    result = check(text)

    assert result.why.isprintable()
    assert result.place.isprintable()
    assert len(result.why) < 400


values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
)


@given(values)
def test_whatever_parses_is_json(value: Any) -> None:
    assert checks.valid_json(json.dumps(value)).passed is True
