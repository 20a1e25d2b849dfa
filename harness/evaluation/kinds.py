"""The kinds of checks: a table of what compiles each of them."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from importlib.util import find_spec
from typing import Any

from pydantic import BaseModel, ValidationError

from harness.errors import SuiteError, UsageError
from harness.evaluation import checks
from harness.evaluation.check import Answered, Check
from harness.evaluation.checks.inputs import find_value
from harness.evaluation.checks.keywords import find_terms
from harness.evaluation.checks.language import check_codes
from harness.evaluation.checks.structured import RULES, TYPES, is_rule, make_validator
from harness.evaluation.item import Item, explain
from harness.evaluation.options import (
    FencedOptions,
    GroundedOptions,
    HeadingsOptions,
    KeywordsOptions,
    LanguageOptions,
    LengthOptions,
    RegexOptions,
    SimilarityOptions,
    TextOptions,
    check_pattern,
)
from harness.evaluation.result import CheckResult
from harness.evaluation.user_checks import make_user_check
from harness.suites.fixtures import load_fixture, load_text

type Run = Callable[[Answered], CheckResult]


def _read[Options: BaseModel](
    item: Item, model: type[Options], short: str = "", *, kinds: tuple[type, ...] = (str, list)
) -> Options:
    """Read the options of an item; a value of one of the ``kinds`` alone is that of the option ``short``."""
    value = item.value
    if short and isinstance(value, kinds):
        value = {short: value}
    try:
        return model.model_validate({} if value is None else value)
    except ValidationError as error:
        raise SuiteError(f"{item.place}: {item.kind}: {explain(error)}") from None


def _contains(item: Item) -> Run:
    options = _read(item, TextOptions, "texts")
    return lambda one: checks.contains(one.text, *options.texts, ignore_case=options.ignore_case)


def _lacks(item: Item) -> Run:
    options = _read(item, TextOptions, "texts")
    return lambda one: checks.lacks(one.text, *options.texts, ignore_case=options.ignore_case)


def _regex(item: Item) -> Run:
    options = _read(item, RegexOptions, "pattern", kinds=(str,))
    pattern = re.compile(options.pattern)
    return lambda one: checks.regex(one.text, pattern, at_least=options.min, at_most=options.max)


def _json(item: Item) -> Run:
    options = _read(item, FencedOptions)
    return lambda one: checks.valid_json(one.text, fenced=options.fenced)


def _json_schema(item: Item) -> Run:
    value = item.value
    if isinstance(value, str):
        value = load_fixture(item.files.folder / value, item.place, item.files.root)
    if not isinstance(value, dict) or not value:
        raise SuiteError(f"{item.place}: json_schema is {value!r:.60}, expected a file or a schema")
    try:
        make_validator(value)
    except ValueError as error:
        raise SuiteError(f"{item.place}: json_schema: {error}") from None
    except UsageError as error:
        raise SuiteError(f"{item.place}: {error.message}", hint=error.hint) from None
    return lambda one: checks.json_schema(one.text, value)


def _fields(item: Item) -> Run:
    value = item.value
    if not isinstance(value, dict) or not value or not all(isinstance(path, str) and path for path in value):
        raise SuiteError(f"{item.place}: fields is {value!r:.60}, expected paths with their values")
    for path, wanted in value.items():
        if problem := _find_rule_problem(wanted):
            raise SuiteError(f"{item.place}: fields: {path}: {problem}")
    return lambda one: checks.fields(one.text, value)


def _find_rule_problem(wanted: Any) -> str:
    if not isinstance(wanted, dict) or not wanted.keys() & RULES:
        # An object of other keys is the value itself.
        return ""
    if not is_rule(wanted):
        unknown = next(key for key in wanted if key not in RULES)
        return f"{unknown!r:.60} is not a rule, expected {', '.join(sorted(RULES))}"
    for rule, value in wanted.items():
        match rule:
            case "one_of" if not isinstance(value, list) or not value:
                return "one_of needs a list of values"
            case "regex":
                try:
                    check_pattern(value)
                except (ValueError, TypeError) as error:
                    return str(error)
            case "min" | "max" if isinstance(value, bool) or not isinstance(value, int | float):
                return f"{rule} is {value!r:.60}, expected a number"
            case "type" if value not in TYPES:
                return f"type is {value!r:.60}, expected {', '.join(TYPES)}"
            case "not_empty" if value is not True:
                return "not_empty is true or left out"
    return ""


def _length(item: Item) -> Run:
    options = _read(item, LengthOptions)
    words, characters, tokens = (
        (None, None) if bounds is None else bounds.pair
        for bounds in (options.words, options.characters, options.tokens)
    )
    return lambda one: checks.length(
        one.text, words=words, characters=characters, tokens=tokens, count_tokens=one.count_tokens
    )


def _headings(item: Item) -> Run:
    options = _read(item, HeadingsOptions, "names")
    return lambda one: checks.headings(one.text, options.names, exact=options.exact)


def _language(item: Item) -> Run:
    options = _read(item, LanguageOptions, "codes")
    try:
        check_codes(options.codes)
    except UsageError as error:
        raise SuiteError(f"{item.place}: language: {error.message}", hint=error.hint) from None
    return lambda one: checks.language(one.text, options.codes)


def _keywords(item: Item) -> Run:
    options = _read(item, KeywordsOptions, "of")

    def run(one: Answered) -> CheckResult:
        found = [term for path in options.of for term in find_terms(find_value(one.inputs, path))]
        return checks.keywords(one.text, [*found, *options.terms], synonyms=options.synonyms, min_score=item.min_score)

    return run


def _grounded(item: Item) -> Run:
    options = _read(item, GroundedOptions, "in")
    return lambda one: checks.grounded(
        one.text,
        [find_value(one.inputs, path) for path in options.sources],
        allow=options.allow,
        min_score=item.min_score,
    )


def _similarity(item: Item) -> Run:
    options = _read(item, SimilarityOptions, "to", kinds=(str,))
    if find_spec("rapidfuzz") is None:
        raise SuiteError(
            f"{item.place}: similarity needs rapidfuzz", hint='pip install "prompt-cache-harness[evaluation]"'
        )
    if options.to is not None:
        reference = load_text(item.files.folder / options.to, item.place, item.files.root)
        return lambda one: checks.similarity(one.text, reference, min_score=item.min_score)
    path = options.to_input or ""
    return lambda one: checks.similarity(one.text, str(find_value(one.inputs, path)), min_score=item.min_score)


def _python(item: Item) -> Run:
    if not isinstance(item.value, str) or not item.value:
        raise SuiteError(f"{item.place}: python is {item.value!r:.60}, expected file.py:function or module:function")
    return make_user_check(item.value, folder=item.files.folder, place=item.place, min_score=item.min_score)


KINDS: Mapping[str, Callable[[Item], Run | Check]] = {
    "contains": _contains,
    "lacks": _lacks,
    "regex": _regex,
    "json": _json,
    "json_schema": _json_schema,
    "fields": _fields,
    "length": _length,
    "headings": _headings,
    "language": _language,
    "keywords": _keywords,
    "grounded": _grounded,
    "similarity": _similarity,
    "python": _python,
}
"""Every kind of check with what compiles it, except those that need more than the answer and its inputs."""
