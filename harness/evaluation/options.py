"""The options that each kind of check takes in ``suite.yaml``."""

from __future__ import annotations

import re
from typing import Annotated, Any

from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    StrictBool,
    StrictInt,
    StrictStr,
    model_validator,
)


def _as_list(value: Any) -> Any:
    return [value] if isinstance(value, str) else value


Texts = Annotated[list[Annotated[StrictStr, Field(min_length=1)]], BeforeValidator(_as_list), Field(min_length=1)]


def check_pattern(value: str) -> str:
    """Check that a pattern can be compiled.

    Raises:
        ValueError: it cannot.
    """
    try:
        re.compile(value)
    except re.error as error:
        raise ValueError(f"{value!r} is not a pattern: {error}") from None
    return value


Pattern = Annotated[StrictStr, Field(min_length=1), AfterValidator(check_pattern)]


class Options(BaseModel):
    """What all options have in common: no unknown keys."""

    model_config = ConfigDict(extra="forbid")


class TextOptions(Options):
    """Of ``contains`` and ``lacks``."""

    texts: Texts
    ignore_case: StrictBool = False


class RegexOptions(Options):
    """Of ``regex``: a pattern, and how often it matches."""

    pattern: Pattern
    min: Annotated[StrictInt, Field(ge=0)] = 1
    max: Annotated[StrictInt, Field(ge=0)] | None = None

    @model_validator(mode="after")
    def _check(self) -> RegexOptions:
        if self.max is not None and self.max < self.min:
            raise ValueError(f"max is {self.max}, below min, which is {self.min}")
        return self


class FencedOptions(Options):
    """Of ``json``."""

    fenced: StrictBool = False


class BoundsOptions(Options):
    """A lowest and a highest number, both included."""

    min: Annotated[StrictInt, Field(ge=0)] | None = None
    max: Annotated[StrictInt, Field(ge=0)] | None = None

    @model_validator(mode="after")
    def _check(self) -> BoundsOptions:
        if self.min is None and self.max is None:
            raise ValueError("needs min, max or both")
        if self.min is not None and self.max is not None and self.max < self.min:
            raise ValueError(f"max is {self.max}, below min, which is {self.min}")
        return self

    @property
    def pair(self) -> tuple[float | None, float | None]:
        """Lowest and highest number."""
        return self.min, self.max


class LengthOptions(Options):
    """Of ``length``."""

    words: BoundsOptions | None = None
    characters: BoundsOptions | None = None
    tokens: BoundsOptions | None = None

    @model_validator(mode="after")
    def _check(self) -> LengthOptions:
        if self.words is None and self.characters is None and self.tokens is None:
            raise ValueError("needs words, characters or tokens")
        return self


class HeadingsOptions(Options):
    """Of ``headings``."""

    names: Texts
    exact: StrictBool = False


class KeywordsOptions(Options):
    """Of ``keywords``."""

    of: Texts = []
    terms: Texts = []
    synonyms: dict[str, Texts] = {}

    @model_validator(mode="after")
    def _check(self) -> KeywordsOptions:
        if not self.of and not self.terms:
            raise ValueError("needs of, the path of an input such as job.skills, or terms")
        return self


class GroundedOptions(Options):
    """Of ``grounded``."""

    sources: Annotated[Texts, Field(alias="in")]
    allow: Annotated[list[StrictStr], BeforeValidator(_as_list)] = []


class SimilarityOptions(Options):
    """Of ``similarity``."""

    to: StrictStr | None = None
    to_input: StrictStr | None = None

    @model_validator(mode="after")
    def _check(self) -> SimilarityOptions:
        if (self.to is None) == (self.to_input is None):
            raise ValueError("needs either to, a file, or to_input, the path of an input")
        return self


class LanguageOptions(Options):
    """Of ``language``."""

    codes: Texts
