"""The report of a run: what each prompt version cost, and what it would cost without the prompt cache."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from decimal import Decimal
from importlib.metadata import version
from typing import Any, Self

from harness.calls.call import Call
from harness.errors import UnknownPriceError
from harness.findings.finding import Finding
from harness.findings.rules import RunVerdict
from harness.findings.verdict import judge
from harness.provider.endpoints import Origin
from harness.provider.pricing import price, price_without_cache
from harness.provider.usage import Usage

JUDGE = "judge"
"""The plan of the calls of judges, which keeps their cost apart."""

SCHEMA = 5
"""Schema of the JSON report; 2 added ``verdict`` and ``findings``, 3 the ``plan`` of each version, 4 ``not_priced``
and ``also_billed``, 5 ``gateway``, the ``edits`` of a finding, and the money of each version by call."""


@dataclass(frozen=True, slots=True, kw_only=True)
class CallRow:
    """One call of a run, in a form that can be sent as JSON."""

    suite: str
    version: str
    model: str
    origin: Origin
    usage: Usage
    cost: Decimal | None
    """Dollars; ``None`` if they are not known in full."""
    cost_without_cache: Decimal | None
    not_priced: tuple[str, ...] = ()
    """What has no known price."""
    plan: str = ""
    """Label of its case's plan, such as ``2 equal rounds``; empty for a test that is not a case of a suite."""

    @classmethod
    def from_call(cls, call: Call, *, suite: str, version: str, plan: str = "") -> Self:
        """Make the row of a call."""
        cost, plain, not_priced = _prices(call)
        return cls(
            suite=suite,
            version=version,
            model=call.model,
            origin=call.origin,
            usage=call.usage,
            cost=cost,
            cost_without_cache=plain,
            not_priced=not_priced,
            plan=plan,
        )

    def to_json(self) -> str:
        """Write the row as one JSON string, the only form that an xdist worker can send safely."""
        return json.dumps(asdict(self), default=str)

    @classmethod
    def from_json(cls, text: str) -> Self:
        """Read a row that `to_json` wrote."""
        data = json.loads(text)
        usage, not_priced = Usage.from_json(data.pop("usage")), tuple(data.pop("not_priced"))
        cost, plain = _decimal(data.pop("cost")), _decimal(data.pop("cost_without_cache"))
        return cls(usage=usage, cost=cost, cost_without_cache=plain, not_priced=not_priced, **data)


@dataclass(frozen=True, slots=True, kw_only=True)
class VersionRow:
    """All calls of one suite with one prompt version, one model and one plan."""

    suite: str
    version: str
    model: str
    origin: Origin
    plan: str
    calls: int
    usage: Usage
    cost: Decimal | None
    cost_without_cache: Decimal | None
    not_priced: tuple[str, ...] = ()
    """What has no known price, each once."""
    money: Mapping[str, Any] = field(default_factory=dict)
    """What its calls cost one by one, and why they cost more or less than those of the version before: keys of
    `harness.money.summary.summarize`."""

    @property
    def savings(self) -> Decimal | None:
        """Dollars saved by the prompt cache."""
        if self.cost is None or self.cost_without_cache is None:
            return None
        return self.cost_without_cache - self.cost

    @property
    def savings_share(self) -> Decimal | None:
        """Savings as a share of the cost without the prompt cache, from 0 to 1; below 0 for a loss."""
        if self.savings is None or not self.cost_without_cache:
            return None
        return self.savings / self.cost_without_cache


@dataclass(frozen=True, slots=True, kw_only=True)
class RunReport:
    """The results of a run."""

    mode: str
    rows: tuple[VersionRow, ...]
    passed: int
    failed: int
    findings: tuple[Finding, ...] = ()
    explained: int = 0
    """Failures that have a finding; the others come from the application or a test's own assertions."""
    folder: str = ""
    """The project's folder in its repository; empty if it is the whole of it."""
    gateway: str = ""
    """Host through which the real API was called; empty for its own."""
    created: str | None = None
    """UTC time of the run, ISO 8601."""
    prompts: tuple[Mapping[str, Any], ...] = ()
    """The map of one request of each suite and version."""
    cases: tuple[Mapping[str, Any], ...] = ()
    """Each test that made calls."""
    quality: Mapping[tuple[str, str, str], Sequence[Mapping[str, Any]]] = field(default_factory=dict)
    """What the checks of the answers say, by suite, version and origin."""
    comparisons: tuple[Mapping[str, Any], ...] = ()
    """Versions compared by these checks."""

    @property
    def origins(self) -> tuple[Origin, ...]:
        """Who answered, sorted."""
        return tuple(sorted({row.origin for row in self.rows}))

    @property
    def verdict(self) -> RunVerdict:
        """The verdict of the run."""
        return judge(self.findings, unexplained=self.unexplained)

    @property
    def unexplained(self) -> int:
        """Failures without a finding."""
        return self.failed - self.explained

    @property
    def cost(self) -> Decimal | None:
        """Dollars for all calls; ``None`` if those of one are not known."""
        return sum_known([row.cost for row in self.rows])

    @property
    def not_priced(self) -> tuple[str, ...]:
        """What has no known price, each once."""
        return unique(reason for row in self.rows for reason in row.not_priced)

    @property
    def cost_without_cache(self) -> Decimal | None:
        """Dollars that all calls would have cost without the prompt cache."""
        return sum_known([row.cost_without_cache for row in self.rows])

    def to_json(self, *, is_private: bool = True) -> str:
        """Write the report as indented JSON; money as strings, so that no digit is lost.

        Keys: ``schema``; ``verdict``, a `RunVerdict`; ``mode``; ``answered_by``, a list of
        origins; ``passed`` and ``failed``, numbers of tests; ``findings``, a list of objects
        with the fields of `Finding` and `Place` (in private, which is the default, only the
        lengths and digests of the texts ``before``, ``after`` and ``quotes``); ``versions``, a
        list of objects, one for each `VersionRow`: ``suite``, ``version``, ``model``,
        ``answered_by``, ``plan`` (``null`` for tests that are not cases of suites), ``calls``,
        ``usage`` (by the API's names), ``cost_usd``, ``cost_without_cache_usd``,
        ``savings_usd``, ``savings_share`` (0 to 1), ``not_priced``, ``also_billed``, and the keys of
        `harness.money.summary.summarize`; ``gateway``, a host or empty. The four figures are
        ``null`` if a part of a call has no known price; ``not_priced`` lists these parts. ``also_billed``
        lists what is billed besides the tokens of ``usage``, and what changes their price. The published JSON schema
        describes every key, also those of ``prompts`` and ``cases``.
        """
        document = {
            "schema": SCHEMA,
            "created": self.created,
            "harness_version": version("prompt-cache-harness"),
            "verdict": self.verdict,
            "mode": self.mode,
            "answered_by": list(self.origins),
            "gateway": self.gateway,
            "passed": self.passed,
            "failed": self.failed,
            "findings": [finding.to_json(is_private=is_private) for finding in self.findings],
            "versions": self._versions_json(),
            "comparisons": list(self.comparisons),
            "prompts": list(self.prompts),
            "cases": list(self.cases),
        }
        return json.dumps(document, indent=2, default=lambda amount: f"{amount:f}") + "\n"

    def _versions_json(self) -> list[dict[str, Any]]:
        """The rows; what the checks say of a version stands in the first of its rows that is not of a judge."""
        open_quality = dict(self.quality)
        found = []
        for row in self.rows:
            key = (row.suite, row.version, row.origin)
            quality = () if row.plan == JUDGE else open_quality.pop(key, ())
            found.append({**_version_json(row), "quality": list(quality)})
        return found


def sum_known(amounts: Sequence[Decimal | None]) -> Decimal | None:
    """Add the amounts; ``None`` if any of them is not known."""
    known = [amount for amount in amounts if amount is not None]
    return sum(known, Decimal(0)) if len(known) == len(amounts) else None


def unique(names: Iterable[str]) -> tuple[str, ...]:
    """List each name once, in order."""
    return tuple(dict.fromkeys(names))


def _version_json(row: VersionRow) -> dict[str, Any]:
    return {
        "suite": row.suite,
        "version": row.version,
        "model": row.model,
        "answered_by": row.origin,
        "plan": row.plan or None,
        "calls": row.calls,
        "usage": {**row.usage.input_to_api(), "output_tokens": row.usage.output_tokens},
        "cost_usd": row.cost,
        "cost_without_cache_usd": row.cost_without_cache,
        "savings_usd": row.savings,
        "savings_share": None if row.savings_share is None else round(row.savings_share, 4),
        "not_priced": list(row.not_priced),
        "also_billed": list(row.usage.also_billed),
        **row.money,
    }


def _prices(call: Call) -> tuple[Decimal | None, Decimal | None, tuple[str, ...]]:
    try:
        return price(call.usage, call.model), price_without_cache(call.usage, call.model), ()
    except UnknownPriceError as error:
        return None, None, error.reasons


def _decimal(value: str | None) -> Decimal | None:
    return None if value is None else Decimal(value)
