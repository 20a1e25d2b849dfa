"""The form of ``report.json``: models that check it on reading, and from which its published JSON schema is made."""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING, Annotated, Any, Literal

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, ValidationError, WithJsonSchema

from harness.errors import ReportError
from harness.findings.finding import Severity
from harness.findings.rules import Rule, RunVerdict
from harness.provider.endpoints import Origin

if TYPE_CHECKING:
    from collections.abc import Mapping

SCHEMA_ID = "https://prompt-cache-harness.invalid/report.schema.json"
"""Name of the schema; nothing is served there."""

OLDEST, NEWEST = 4, 5
"""Versions of ``report.json`` that are read."""


def _read_amount(value: object) -> object:
    # A float has lost digits already, and pydantic would take it for a decimal.
    if not isinstance(value, str | Decimal):
        raise ValueError("expected a decimal number in a string")
    return value


_AMOUNT = {"type": "string", "pattern": r"^-?\d+(\.\d+)?$"}

Usd = Annotated[Decimal, BeforeValidator(_read_amount), Field(allow_inf_nan=False), WithJsonSchema(_AMOUNT)]
"""Dollars in plain notation, as a string, so that no digit is lost."""

Amount = Annotated[Decimal, BeforeValidator(_read_amount), Field(allow_inf_nan=False), WithJsonSchema(_AMOUNT)]
"""A decimal number in plain notation, as a string."""

Share = Annotated[float, Field(ge=0, le=1)]
"""A share from 0 to 1."""

Count = Annotated[int, Field(ge=0)]
Interval = Annotated[tuple[float, float], Field(description="Lower and upper end of the interval.")]
UsageObject = Annotated[
    dict[str, Any], Field(description="Tokens by the API's names: input_tokens, cache_read_input_tokens, …")
]


class _Part(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True, use_attribute_docstrings=True)


class PlaceModel(_Part):
    """Where two requests differ, with the text around it from both."""

    path: str
    """Path of the block or parameter, such as system[0]."""
    offset: int | None
    """Offset of the first differing character."""
    first: str
    """Name of the first text; empty if there is only a second one."""
    second: str
    """Name of the second text."""
    before: str
    """Text of a prompt; in private runs its length and digest."""
    after: str
    """Text of a prompt; in private runs its length and digest."""


class EditModel(_Part):
    """One more change of the same prefix."""

    place: PlaceModel
    """Where two requests differ."""
    cause: str
    """Cause of the change, such as text_changed."""


class FindingModel(_Part):
    """One thing that a check reports: what is wrong, where, why, what it costs, what to do."""

    rule: Rule
    """Kind of the finding."""
    headline: str
    """What is wrong, in one line."""
    level: Severity
    facts: tuple[str, ...]
    """Observations, one line each."""
    place: PlaceModel | None
    """Where two requests differ."""
    quotes: tuple[str, ...]
    """Lines that quote prompts or inputs."""
    cause: str | None
    """Cause of the change, such as timestamp."""
    edits: tuple[EditModel, ...] = ()
    """What else changed in the same prefix, the most expensive first."""
    tokens: int
    """Tokens that are no longer read."""
    costs: tuple[str, ...]
    """Costs, one line each."""
    fix: str | None
    """How to fix it."""
    notes: tuple[str, ...]
    test: str
    """Id of the test that found it."""
    file: str | None
    """File of the prompt or case, relative to the project."""
    line: int | None
    command: str
    """Command to run next."""


class CallsCost(_Part):
    """The cost of a number of calls on one prefix."""

    calls: Count
    cost_usd: Usd
    """Dollars with the prompt cache."""
    cost_without_cache_usd: Usd
    """Dollars without it."""


class AttributionPart(_Part):
    """One part of the difference between two versions."""

    part: str
    """What changed: prompt size, cache behaviour, output length, price, model, …"""
    usd: Usd
    """Dollars; below 0 for a saving."""


class Attribution(_Part):
    """The difference in cost to an earlier version, in parts that add up to it."""

    against: str
    """The earlier version."""
    total_usd: Usd
    parts: tuple[AttributionPart, ...]


class TrafficPoint(_Part):
    """Hit ratio and monthly cost at one rate of calls."""

    calls_per_day: Amount
    hit_ratio_5m: Share
    hit_ratio_1h: Share
    monthly_usd_none: Usd
    """Dollars a month without the prompt cache."""
    monthly_usd_5m: Usd
    monthly_usd_1h: Usd


class TrafficModel(_Part):
    """What the traffic that a suite states costs with each lifetime of the prompt cache."""

    pattern: str
    """Such as poisson or office hours."""
    calls_per_day: Amount
    """The rate that the suite states."""
    points: tuple[TrafficPoint, ...]
    """Ascending by calls a day."""
    advice: str
    """Which lifetime to use, by which margin, and what that rests on."""
    pays_from_calls_per_day: dict[str, float | None] = {}
    """By lifetime, the rate from which it costs less than no caching."""
    per_1000_calls_usd: dict[str, Usd | None] = {}
    """By lifetime, dollars for 1,000 calls at the stated rate."""


class Quality(_Part):
    """The results of one check over the cases of a version."""

    check: str
    cases: Count
    passed: Count
    failed: Count
    cannot_tell: Count
    mean_score: float | None
    """Mean of the scores, for a check that scores."""
    rate: Share | None
    """Share of the cases that pass, of those that could be judged."""
    interval: Interval | None
    """95 % interval of the rate or mean score."""
    k: Count | None = None
    """Number of answers of the next two figures; null for one sample a case."""
    pass_at_k: Share | None = None
    """Chance that at least one of k answers passes, unbiased: mean over the cases."""
    pass_hat_k: Share | None = None
    """Chance that all of k answers pass (pass^k), unbiased: mean over the cases."""
    spread: float | None = None
    """Standard deviation among the samples of the same case."""


class VersionModel(_Part):
    """All calls of one suite with one prompt version, one model and one plan."""

    suite: str
    version: str
    model: str
    answered_by: Origin
    """Where the answers come from."""
    plan: str | None
    """The calls that each case makes; null for tests that are not cases."""
    calls: Count
    usage: UsageObject
    cost_usd: Usd | None
    """Dollars for all calls; null if a part of one has no known price."""
    cost_without_cache_usd: Usd | None
    """Dollars that all calls would have cost without the prompt cache."""
    savings_usd: Usd | None
    """Dollars saved; below 0 for a loss."""
    savings_share: Amount | None
    """Savings as a share of the cost without the prompt cache."""
    not_priced: tuple[str, ...]
    """Parts without a known price."""
    also_billed: tuple[str, ...]
    """What is billed besides tokens, and what changes their price."""
    first_call_usd: Usd | None = None
    """Mean dollars of a call that writes its prefix."""
    later_call_usd: Usd | None = None
    """Mean dollars of a call that reads from the prompt cache."""
    per_call_without_cache_usd: Usd | None = None
    """Mean dollars of a call without the prompt cache."""
    break_even_calls: int | None = None
    """Calls on one prefix after which caching has paid for its write; null for never or not known."""
    cost_by_calls: tuple[CallsCost, ...] = ()
    attribution: Attribution | None = None
    traffic: TrafficModel | None = None
    """Null for a suite without stated traffic."""
    quality: tuple[Quality, ...] = ()


class Comparison(_Part):
    """Two versions compared by one check, on the same cases."""

    suite: str
    check: str
    before: str
    after: str
    cases: Count
    units: Count = 0
    """Cases, or fewer groups of cases that share a fixture."""
    word: Literal["better", "worse", "not shown"]
    """What the comparison shows."""
    p_value: float | None
    """Two-sided, adjusted for all comparisons of the run."""
    p_worse: float | None = None
    """One-sided, adjusted: at most 0.025 is "worse"."""
    p_better: float | None = None
    """One-sided, adjusted: at most 0.025 is "better"."""
    difference: float | None
    """Mean of after less before."""
    interval: Interval | None
    """Interval of the difference."""
    says: str
    """The result in one sentence."""
    flipped: tuple[str, ...]
    """Cases that passed before and fail now."""
    fixed: tuple[str, ...]
    """Cases that failed before and pass now."""


class BlockModel(_Part):
    """One block of a prompt."""

    path: str
    """Such as system[0]."""
    level: Literal["tools", "system", "messages"]
    tokens: Count | None
    breakpoint: Literal["5m", "1h"] | None
    """Lifetime of the breakpoint at its end."""
    is_cached: bool
    """Whether it stands before a breakpoint."""
    state: Literal["as accepted", "changed", "new", "not accepted yet"] | None
    """How it compares with the lock file, which holds what stands before a breakpoint; null for what follows."""


class PromptModel(_Part):
    """The blocks of one request of a version, in the order in which the API renders them."""

    suite: str
    version: str
    case: str
    blocks: tuple[BlockModel, ...]


class CallModel(_Part):
    """One call of a case."""

    usage: UsageObject
    cost_usd: Usd | None
    cost_without_cache_usd: Usd | None


class CheckModel(_Part):
    """The result of one check of an answer."""

    check: str
    passed: bool | None
    """Null: cannot tell."""
    score: float | None
    why: str
    """One sentence."""
    place: str
    """Where in the answer; empty if nowhere."""


class AnswerModel(_Part):
    """One answer of a case."""

    text: str | None
    """Null in private runs, and if it holds a secret."""
    sha256: str
    length: Count
    """Characters."""
    accepted_diff: str | None
    """Unified diff to the accepted answer; null if it is the same or none is accepted."""


class CaseModel(_Part):
    """One test."""

    id: str
    """Its id in pytest."""
    suite: str
    version: str
    case: str
    outcome: Literal["passed", "failed", "skipped"]
    model: str | None
    answered_by: Origin | None
    calls: tuple[CallModel, ...]
    checks: tuple[CheckModel, ...]
    answers: tuple[AnswerModel, ...]


class ReportDocument(_Part):
    """The results of a run of prompt-cache-harness.

    Dollars and other decimal numbers are strings in plain notation; null means not known.
    """

    schema_: Annotated[int, Field(alias="schema", ge=OLDEST, le=NEWEST)]
    """Version of this form."""
    created: str | None = None
    """UTC time of the run, ISO 8601."""
    harness_version: str | None = None
    verdict: RunVerdict
    mode: str
    """Who was asked to answer: replay, emulate, record or live."""
    answered_by: tuple[Origin, ...]
    """Where the answers come from."""
    gateway: str = ""
    """Host through which the real API was called; empty for its own."""
    passed: Count
    """Tests that passed."""
    failed: Count
    """Tests that failed."""
    findings: tuple[FindingModel, ...]
    versions: tuple[VersionModel, ...]
    comparisons: tuple[Comparison, ...] = ()
    prompts: tuple[PromptModel, ...] = ()
    """One case for each suite and version."""
    cases: tuple[CaseModel, ...] = ()
    claims: tuple[dict[str, Any], ...] = ()
    """The documentation's claims about caching, computed."""


def read_document(data: Mapping[str, Any], *, place: str = "report.json") -> ReportDocument:
    """Check a parsed ``report.json``.

    Raises:
        ReportError: it has another form; the message starts with ``place`` and names the key.
    """
    version = data.get("schema")
    if isinstance(version, int) and version > NEWEST:
        raise ReportError(
            f"{place}: written in form {version}, and this version reads {OLDEST} to {NEWEST}",
            hint="pip install --upgrade prompt-cache-harness",
        )
    try:
        return ReportDocument.model_validate(data)
    except ValidationError as error:
        first = error.errors(include_url=False)[0]
        where = ".".join(map(str, first["loc"]))
        raise ReportError(
            f"{place}: not a report: {where}: {first['msg'].removeprefix('Value error, ').lower()}",
            hint="name a report.json that a run of the harness wrote",
        ) from None


def json_schema() -> dict[str, Any]:
    """The JSON schema (2020-12) of ``report.json``."""
    schema = ReportDocument.model_json_schema(by_alias=True)
    return {"$schema": "https://json-schema.org/draft/2020-12/schema", "$id": SCHEMA_ID, **schema}
