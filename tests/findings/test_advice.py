from typing import get_args

from harness.findings.advice import ADVICE
from harness.promptcache.causes import Cause


def test_every_cause_has_its_advice() -> None:
    assert set(ADVICE) == set(get_args(Cause))


def test_advice_is_two_sentences_without_full_stops() -> None:
    assert [text for row in ADVICE.values() for text in row if not text or text.endswith(".")] == []
