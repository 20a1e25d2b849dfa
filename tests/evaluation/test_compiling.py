"""Checks as suite.yaml states them: every form that is understood, and every mistake with its line."""

import sys
from fnmatch import fnmatchcase
from pathlib import Path
from typing import Any

import pytest

from harness.errors import SuiteError
from harness.evaluation.check import Answered, Check
from harness.evaluation.compiling import compile_checks
from harness.evaluation.item import Files
from harness.evaluation.kinds import KINDS

INPUTS = {"job": {"skills": ["Kafka", "Go"]}, "resume": "Anna ran Kafka in Graz for 3 years.", "reference": "So be it."}

CHECKS = """
def passes(answer): return "yes" in answer
def scores(answer, job): return len(job["skills"]) / 4
def takes_all(answer, **inputs): return sorted(inputs) == ["job", "reference", "resume"]
def raises(answer, job): raise KeyError("skills\\n\\x1b[31m")
def returns_nothing(answer): return None
def returns_two(answer): return 2.0
def returns_nan(answer): return float("nan")
def returns_text_with_controls(answer):
    from harness.evaluation.result import CheckResult
    return CheckResult(check="", passed=True, why="line\\n\\x1b[31m" + "x" * 999, place="\u202e")
def returns_a_bad_score(answer):
    from harness.evaluation.result import CheckResult
    return CheckResult(check="", passed=True, score=7, why="")
def no_answer(): return True
constant = 3
"""


def compile_(entries: Any, folder: Path, **options: Any) -> tuple[Check, ...]:
    files = Files(folder, folder, lambda *keys: ":".join(["suite.yaml", *map(str, keys)]))
    return compile_checks(entries, files=files, **options)


def judge(entry: Any, text: str, folder: Path) -> bool | None:
    (check,) = compile_([entry], folder)
    return check.evaluate(Answered(text=text, inputs=INPUTS, count_tokens=len)).passed


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "checks.py").write_text(CHECKS)
    (tmp_path / "schema.json").write_text('{"type": "object"}')
    (tmp_path / "bad.json").write_text('{"type": "nonsense"}')
    (tmp_path / "reference.md").write_text("So be it.")
    return tmp_path


@pytest.mark.parametrize(
    ("entry", "good", "bad"),
    [
        ({"contains": "a"}, "a", "b"),
        ({"contains": ["a", "b"]}, "ab", "a"),
        ({"contains": {"texts": ["A"], "ignore_case": True}}, "a", "b"),
        ({"lacks": ["x"]}, "a", "x"),
        ({"regex": "^a"}, "ab", "ba"),
        ({"regex": {"pattern": "a", "min": 0, "max": 1}}, "", "aa"),
        ("json", "{}", "no"),
        ({"json": None}, "{}", "```\n{}\n```"),
        ({"json": {"fenced": True}}, "```\n{}\n```", "no"),
        ({"json_schema": "schema.json"}, "{}", "[]"),
        ({"json_schema": {"type": "array"}}, "[]", "{}"),
        ({"fields": {"a[0].b": 1}}, '{"a": [{"b": 1}]}', '{"a": [{"b": 2}]}'),
        ({"fields": {"a": {"one_of": [1, 2], "max": 1}}}, '{"a": 1}', '{"a": 2}'),
        ({"fields": {"a": {"c": 1}}}, '{"a": {"c": 1}}', '{"a": {"c": 2}}'),
        ({"length": {"words": {"max": 2}}}, "a b", "a b c"),
        ({"length": {"tokens": {"min": 2}}}, "ab", "a"),
        ({"headings": ["A", "B"]}, "# A\n# B", "# B\n# A"),
        ({"headings": {"names": ["A"], "exact": True}}, "# A", "# A\n# B"),
        ({"language": "en"}, "This sentence is written in English.", "Dieser Satz ist auf Deutsch geschrieben."),
        ({"keywords": "job.skills", "min_score": 1}, "Kafka, Go", "Kafka"),
        ({"keywords": {"terms": ["Rust"], "synonyms": {"Rust": "crab"}}, "min_score": 1}, "crab", "C"),
        ({"grounded": "resume"}, "Anna, 3 years in Graz", "Anna, 4 years in Graz"),
        ({"grounded": {"in": ["resume", "job"], "allow": "Vienna"}}, "Go in Vienna", "Go in Linz: the Linz"),
        ({"similarity": "reference.md", "min_score": 0.9}, "so be it", "never"),
        ({"similarity": {"to_input": "reference"}, "min_score": 0.9}, "so be it", "never"),
        ({"python": "checks.py:passes"}, "yes", "no"),
    ],
)  # fmt: skip
def test_each_form_passes_and_fails(entry: Any, good: str, bad: str, folder: Path) -> None:
    assert judge(entry, good, folder) is True
    assert judge(entry, bad, folder) is False


@pytest.mark.parametrize(
    ("entry", "passed", "score"),
    [
        ({"python": "checks.py:scores"}, True, 0.5),
        ({"python": "checks.py:scores", "min_score": 0.6}, False, 0.5),
        ({"python": "checks.py:takes_all"}, True, None),
        ({"python": "checks.py:raises"}, None, None),
        ({"python": "checks.py:returns_nothing"}, None, None),
        ({"python": "checks.py:returns_two"}, None, None),
        ({"python": "checks.py:returns_nan"}, None, None),
        ({"python": "checks.py:returns_a_bad_score"}, None, None),
        ({"python": "checks.py:returns_text_with_controls"}, True, None),
        ({"keywords": "job.salary"}, None, None),
    ],
)
def test_a_function_returns_a_verdict_or_cannot_tell(
    entry: Any, passed: bool | None, score: float | None, folder: Path
) -> None:
    (check,) = compile_([entry], folder)

    result = check.evaluate(Answered(text="", inputs=INPUTS, count_tokens=len))

    assert (result.passed, result.score, result.is_broken) == (passed, score, passed is None)
    assert (result.why + result.place).isprintable()
    assert len(result.why) <= 400


def test_names_are_unique_and_may_be_given(folder: Path) -> None:
    entries = ["json", "json", {"contains": "a", "name": "greets"}, {"contains": "b"}]

    assert [check.name for check in compile_(entries, folder)] == ["json", "json 2", "greets", "contains"]
    assert [check.name for check in compile_(["json"], folder, known=["json", "json 2"])] == ["json 3"]


@pytest.mark.parametrize(
    ("entries", "problem"),
    [
        ([], "suite.yaml: checks are a list of one or more, such as [json]"),
        ("json", "suite.yaml: checks are a list of one or more, such as [json]"),
        ([3], "suite.yaml:0: 3 is not a check, expected a kind such as json or contains: text"),
        ([{}], "suite.yaml:0: {} is not a check, expected a kind such as json or contains: text"),
        (["jsn"], "suite.yaml:0: 'jsn' is not a kind of check\n  try: did you mean json?"),
        (
            ["json", {"contains": "a", "lacks": "b"}],
            "suite.yaml:1: a check has one kind, and this one has contains, lacks",
        ),
        ([{"name": "x"}], "suite.yaml:0: a check has one kind, and this one has none"),
        (["json", {"lacks": "b", "name": "json"}], "suite.yaml:1: another check has the name 'json' already"),
        ([{"lacks": "b", "name": ""}], "suite.yaml:0: the name of a check is '', expected some words"),
        (
            [{"lacks": "b", "min_score": 0.5}],
            "suite.yaml:0: lacks does not score, so there is no min_score\n"
            "  try: grounded, keywords, python, similarity do",
        ),
        ([{"keywords": "a", "min_score": True}], "suite.yaml:0: min_score is True, expected a number from 0 to 1"),
        ([{"lacks": "b", "pass_rate": 0}], "suite.yaml:0: pass_rate is 0, expected a number from 0 to 1"),
        ([{"lacks": "b", "pass_rate": "1"}], "suite.yaml:0: pass_rate is '1', expected a number from 0 to 1"),
        ([{"contains": []}], "suite.yaml:0:contains: contains: texts: Value should have at least 1 item*"),
        ([{"contains": ""}], "suite.yaml:0:contains: contains: texts.0: String should have at least 1 character"),
        ([{"contains": {"text": "a"}}], "suite.yaml:0:contains: contains: texts: Field required"),
        ([{"regex": "("}], "suite.yaml:0:regex: regex: pattern: '(' is not a pattern: *"),
        (
            [{"regex": {"pattern": "a", "min": 2, "max": 1}}],
            "suite.yaml:0:regex: regex: max is 1, below min, which is 2",
        ),
        ([{"json": {"fence": True}}], "suite.yaml:0:json: json: fence: not a known key"),
        (
            [{"json_schema": "none.json"}],
            "suite.yaml:0:json_schema: *none.json is unreadable: No such file or directory",
        ),
        ([{"json_schema": "bad.json"}], "suite.yaml:0:json_schema: json_schema: not a JSON schema: *"),
        ([{"json_schema": 3}], "suite.yaml:0:json_schema: json_schema is 3, expected a file or a schema"),
        ([{"json_schema": "../outside.json"}], "suite.yaml:0:json_schema: *outside.json is outside the project *"),
        ([{"fields": {}}], "suite.yaml:0:fields: fields is {}, expected paths with their values"),
        (
            [{"fields": {"a": {"min": 1, "mx": 2}}}],
            "suite.yaml:0:fields: fields: a: 'mx' is not a rule, expected equals, *",
        ),
        ([{"fields": {"a": {"min": "1"}}}], "suite.yaml:0:fields: fields: a: min is '1', expected a number"),
        ([{"fields": {"a": {"type": "text"}}}], "suite.yaml:0:fields: fields: a: type is 'text', expected string, *"),
        ([{"length": {}}], "suite.yaml:0:length: length: needs words, characters or tokens"),
        ([{"length": {"words": {}}}], "suite.yaml:0:length: length: words: needs min, max or both"),
        ([{"language": "xx"}], "suite.yaml:0:language: language: 'xx' is not the code of a known language, *"),
        (
            [{"keywords": {}}],
            "suite.yaml:0:keywords: keywords: needs of, the path of an input such as job.skills, or terms",
        ),
        ([{"similarity": {}}], "suite.yaml:0:similarity: similarity: needs either to, a file, or to_input, *"),
        (
            [{"python": "checks.py:none"}],
            "suite.yaml:0:python: python is 'checks.py:none', but * has no function 'none'",
        ),
        ([{"python": "checks.py:constant"}], "suite.yaml:0:python: * has no function 'constant'"),
        ([{"python": "checks.py:no_answer"}], "suite.yaml:0:python: python is *, which takes no answer: *"),
        ([{"python": "nowhere:f"}], "suite.yaml:0:python: * but nowhere cannot be imported: *"),
        ([{"python": 1}], "suite.yaml:0:python: python is 1, expected file.py:function or module:function"),
    ],
)  # fmt: skip
def test_a_mistake_is_named_with_its_line(entries: Any, problem: str, folder: Path) -> None:

    with pytest.raises(SuiteError) as caught:
        compile_(entries, folder)

    said = str(caught.value)
    pattern = problem.replace("[", "[[]")
    assert fnmatchcase(said, pattern) or fnmatchcase(said, f"{pattern}\n*"), said


@pytest.mark.parametrize(
    ("package", "entry"),
    [
        ("rapidfuzz", {"similarity": "reference.md"}),
        ("jsonschema", {"json_schema": "schema.json"}),
    ],
)
def test_a_missing_extra_is_named_when_the_suite_is_loaded(
    package: str, entry: Any, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, package, None)

    with pytest.raises(SuiteError) as caught:
        compile_([entry], folder)

    assert f'needs {package}\n  try: pip install "prompt-cache-harness[evaluation]"' in str(caught.value)


def test_every_kind_is_tried_here() -> None:
    source = Path(__file__).read_text(encoding="utf-8")

    assert [kind for kind in KINDS if f'"{kind}"' not in source] == []
