"""Checks of answers, as functions: each takes the text of an answer and returns a `CheckResult`.

`harness.evaluation.compiling` makes the same checks from ``suite.yaml``.
"""

from harness.evaluation.checks.grounding import grounded
from harness.evaluation.checks.keywords import keywords
from harness.evaluation.checks.language import language
from harness.evaluation.checks.markdown import headings
from harness.evaluation.checks.structured import fields, json_schema, valid_json
from harness.evaluation.checks.text import contains, lacks, length, regex, similarity

__all__ = [
    "contains",
    "fields",
    "grounded",
    "headings",
    "json_schema",
    "keywords",
    "lacks",
    "language",
    "length",
    "regex",
    "similarity",
    "valid_json",
]
