"""JSON with bounds: its depth is counted before it is parsed, since code that walks over the result may recurse."""

import json
import math
import re
from itertools import accumulate
from typing import Any, NoReturn

MAX_DEPTH = 1_024
"""The deepest nesting that the API accepts."""

_TEXT = re.compile(r'"(?:[^"\\]|\\.)*+"?', re.DOTALL)
_NO_BRACKET = re.compile(r"[^\[\]{}]+")
_STEPS = {"[": 1, "{": 1, "]": -1, "}": -1}


def load_json(text: str, *, max_depth: int = MAX_DEPTH) -> Any:
    """Parse JSON that is nested at most ``max_depth`` levels deep, and whose numbers are finite.

    Raises:
        ValueError: the text is not such JSON; a ``json.JSONDecodeError`` where the place is known.
    """
    try:
        check_depth(text, max_depth)
        return json.loads(text, parse_constant=_refuse_constant, parse_float=_read_float)
    except RecursionError as error:
        raise ValueError(str(error)) from None


def check_depth(text: str, max_depth: int = MAX_DEPTH) -> None:
    """Check how deep the brackets of a JSON text are nested.

    Raises:
        RecursionError: they are nested deeper than ``max_depth`` levels.
    """
    if text.count("[") + text.count("{") <= max_depth:
        return
    brackets = _NO_BRACKET.sub("", _TEXT.sub("", text))
    if max(accumulate(map(_STEPS.__getitem__, brackets)), default=0) > max_depth:
        raise RecursionError(f"nested deeper than {max_depth:,} levels")


def _read_float(text: str) -> float:
    value = float(text)
    if not math.isfinite(value):
        raise ValueError(f"{text:.40} is beyond the range of a number")
    return value


def _refuse_constant(name: str) -> NoReturn:
    raise ValueError(f"{name} is not a number of JSON")
