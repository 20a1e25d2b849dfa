"""Builders whose cached prefix depends on an input, and builders whose prefix depends on none; one suite each."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

ORDER = """\
{id: 4711, total: 12.5, is_gift: true, coupon: null, placed: 2026-03-04, customer: Ana Silva, note: '',
 items: [{sku: a-1, count: 2}, {sku: b-2, count: 5}], tags: {fragile: 1}, plan: pro, paid_at: 2026-03-04T10:15:00,
 is_express: false, is_paid: true, balance: 40, due: 2026-03-09T08:00:00, work: [], address: null}"""

LEAKS = {
    "int": ("f'Order {order[\"id\"]}.'", "order.id is"),
    "text-of-int": ("'Order ' + str(order['id']).zfill(9)", "order.id is"),
    "parity": ("'odd' if order['id'] % 2 else 'even'", "order.id"),
    "threshold": ("'large' if order['total'] > 3 else 'small'", "order.total"),
    "float": ("f'Total {order[\"total\"]}.'", "order.total is"),
    "rounded": ("str(round(order['total'], -1))", "order.total"),
    "decimal": ("str(Decimal(str(order['total'])) * 2)", "order.total"),
    "two-numbers": ("'bulk' if order['total'] > 3 or order['id'] > 5 else 'single'", "order.id and order.total"),
    "bool": ("'A gift.' if order['is_gift'] else 'Not a gift.'", "order.is_gift"),
    "json-of-bool": ("json.dumps({'gift': order['is_gift']})", "order.is_gift is"),
    "none": ("'No coupon.' if order['coupon'] is None else 'With a coupon.'", "order.coupon"),
    "text-of-none": ("f'Coupon: {order[\"coupon\"]}.'", "order.coupon is"),
    "date": ("f'Ordered on {order[\"placed\"]}.'", "order.placed is"),
    "month": ("f'Ordered in {order[\"placed\"]:%B}.'", "order.placed"),
    "weekday": ("order['placed'].strftime('%A')", "order.placed"),
    "hour": ("f'{order[\"paid_at\"]:%H} o clock'", "order.paid_at"),
    "sorted-keys": ("', '.join(sorted(order))", "order (its keys)"),
    "first-key": ("next(iter(order['tags']))", "order.tags (its keys)"),
    "key": ("'Fragile.' if 'fragile' in order['tags'] else ''", "order.tags.fragile (whether it is there)"),
    "key-of-items": (
        "'Counted.' if any('count' in item for item in order['items']) else 'x'",
        "order.items[].count (whether it is there)",
    ),
    "length": ("f'{len(order[\"items\"])} items'", "order.items (its length)"),
    "many": ("'many' if len(order['items']) > 1 else 'few'", "order.items (its length)"),
    "item": ('f\'{order["items"][1]["count"]} of the second\'', "order.items[1].count is"),
    "sum": ("str(sum(item['count'] for item in order['items']))", "order.items[0].count and order.items[1].count"),
    "length-of-text": ("str(len(order['customer']))", "order.customer"),
    "hash-of-text": ("sha256(order['customer'].encode()).hexdigest()", "order.customer"),
    "first-letter": ("order['customer'][0]", "order.customer"),
    "choice": ("'Be quick.' if order['plan'] == 'pro' else 'Be brief.'", "order.plan"),
    "empty-text": ("'With a note.' if order['note'] else 'Without.'", "order.note"),
    "filled-text": ("'Named.' if order['customer'] else 'Nameless.'", "order.customer"),
    # One side of a decision.
    "half-year": ("'First' if order['placed'].month <= 6 else 'Second'", "order.placed"),
    "weekend": ("'Weekend.' if order['placed'].weekday() >= 5 else 'Weekday.'", "order.placed"),
    "sunday": ("'Closed.' if order['placed'].isoweekday() == 7 else 'Open.'", "order.placed"),
    "monday": ("'New week.' if order['placed'].weekday() == 0 else 'Old week.'", "order.placed"),
    "late-hour": ("'Late.' if order['paid_at'].hour >= 22 else 'Early.'", "order.paid_at"),
    "night": ("'Night.' if order['paid_at'].hour < 6 else 'Day.'", "order.paid_at"),
    "noon": ("'Morning.' if order['paid_at'].hour < 12 else 'Evening.'", "order.paid_at"),
    "december": ("'Happy holidays.' if order['placed'].month == 12 else ''", "order.placed"),
    "last-of-month": ("'Last day.' if order['placed'].day > 28 else ''", "order.placed"),
    "first-of-month": ("'First day.' if order['placed'].day == 1 else ''", "order.placed"),
    "leap-year": ("'Leap year.' if order['placed'].year % 4 == 0 else ''", "order.placed"),
    "past": ("'Old.' if order['placed'].year < 2000 else 'New.'", "order.placed"),
    "future": ("'Planned.' if order['placed'].year > 2050 else ''", "order.placed"),
    "below-zero": ("'In debt.' if order['balance'] < 0 else 'Fine.'", "order.balance"),
    "zero": ("'Free.' if order['balance'] == 0 else 'Paid.'", "order.balance"),
    "negative-total": ("'Refund.' if order['total'] < 0 else 'Sale.'", "order.total"),
    "whole-total": ("'Round.' if order['total'] == int(order['total']) else 'Cents.'", "order.total"),
    "long-name": ("'Short answers.' if len(order['customer']) > 40 else ''", "order.customer"),
    "long-note": ("'Long.' if len(order['note']) > 1_000 else ''", "order.note"),
    "long-by-get": ("'Long.' if len(order.get('customer', '')) > 500 else ''", "order.customer"),
    "below-zero-by-get": ("'Owing.' if order.get('balance', 0) < 0 else 'Fine.'", "order.balance"),
    "false-by-get": ("'Unpaid.' if order.get('is_paid') is False else ''", "order.is_paid"),
    "more-than-three": ("'Many.' if len(order['items']) > 3 else 'Few.'", "order.items (its length)"),
    "five": ("'Bulk.' if len(order['items']) >= 5 else ''", "order.items (its length)"),
    "more-than-ten": ("'Pallet.' if len(order['items']) > 10 else ''", "order.items (its length)"),
    "line-break": ("'Lines.' if '\\n' in order['customer'] else ''", "order.customer"),
    "digit": ("'A robot.' if any(map(str.isdigit, order['customer'])) else ''", "order.customer"),
    "upper-case": ("'Loud.' if order['customer'].isupper() else ''", "order.customer"),
    # Relations.
    "overdue": ("'Overdue.' if order['due'].date() < order['placed'] else 'In time.'", "order.due"),
    "not-due": ("'On time.' if order['due'].date() > order['placed'] else 'Late.'", "order.due"),
    "days-left": ("'Soon.' if (order['due'].date() - order['placed']).days <= 7 else ''", "order.due and order.placed"),
    "days-passed": (
        "'Long ago.' if (order['due'] - order['paid_at']).days > 30 else ''",
        "order.due and order.paid_at",
    ),
    "same-day": ("'Today.' if order['paid_at'].date() == order['placed'] else ''", "order.placed and order.paid_at"),
    "other-day": ("'Today.' if order['due'].date() == order['placed'] else ''", "order.placed and order.due"),
    "or": ("'Hurry.' if order['is_gift'] or order['is_express'] else ''", "order.is_gift"),
    "and": ("'Hurry.' if order['is_gift'] and order['is_express'] else ''", "order.is_express"),
    "exclusive": (
        "'One.' if order['is_gift'] != order['is_express'] else 'Both.'",
        "order.is_express and order.is_gift",
    ),
    "alike": ("'Alike.' if order['is_gift'] == order['is_paid'] else ''", "order.is_gift"),
    "number-of-true": ("str(sum([order['is_gift'], order['is_express']]))", "order.is_express and order.is_gift"),
    "any": (
        "'Some.' if any([order['is_gift'], order['is_express'], order['is_paid']]) else 'None.'",
        "order.is_gift and order.is_paid",
    ),
    "counts": (
        "'Up.' if order['items'][0]['count'] < order['items'][1]['count'] else 'Down.'",
        "order.items[1].count",
    ),
    "counts-down": (
        "'Falling.' if order['items'][0]['count'] > order['items'][1]['count'] else 'Rising.'",
        "order.items[1].count",
    ),
    "covered": ("'Covered.' if order['balance'] >= order['total'] else 'Open.'", "order.balance"),
    "equal-numbers": ("'Equal.' if order['balance'] == order['id'] else ''", "order.id and order.balance"),
    # What is not there.
    "optional-object": (
        "f'{order[\"coupon\"][\"percent\"]} % off.' if order['coupon'] else 'No coupon.'",
        "order.coupon is",
    ),
    "optional-number": ("'Large.' if order['coupon'] and order['coupon']['percent'] > 5 else ''", "order.coupon"),
    "optional-mapping": ("'Coupon.' if isinstance(order['coupon'], dict) else ''", "order.coupon"),
    "optional-get": ("order['address'].get('city', '') if order['address'] else 'Unknown.'", "order.address is"),
    "optional-attribute": ("f'In {order[\"address\"].city}.' if order['address'] else ''", "order.address is"),
    "optional-text": ("order['address'].strip() if order['address'] else ''", "order.address is"),
    "optional-format": ("f'Fee {order[\"address\"][\"fee\"]:.2f}.' if order['address'] else ''", "order.address is"),
    "empty-list": ("order['work'][0]['company'] if order['work'] else 'No work.'", "order.work (its length)"),
    "empty-list-of-objects": ("', '.join(str(job['id']) for job in order['work'])", "order.work (its length)"),
    "empty-list-of-texts": ("'Worked at ' + ', '.join(order['work'])", "order.work (its length)"),
    "empty-list-of-numbers": ("str(sum(job['years'] + 1 for job in order['work']))", "order.work (its length)"),
    "absent-get": ("'Answer in ' + order.get('language', 'English')", "order.language (whether it is there)"),
    "absent-in": ("'Gifted.' if 'wrap' in order else ''", "order.wrap (whether it is there)"),
    "absent-nested": ("str(order['tags'].get('color'))", "order.tags.color (whether it is there)"),
    "absent-of-items": (
        "str({item.get('color') for item in order['items'][:1]} - {None})",
        "order.items[].color (whether it is there)",
    ),
    "absent-number": ("'Old.' if order.get('age', 0) + 1 > 60 else ''", "order.age (whether it is there)"),
    "absent-try": ("look_up(order, 'region')", "order.region (whether it is there)"),
    "absent-object": ("(order.get('shop') or {'name': 'A'})['name']", "order.shop (whether it is there)"),
}
"""The system prompt, and the beginning of what is said: that the field is in the prefix, or that this depends on it."""

CLEAN = {
    "unused": "'Why?'",
    "message": "json.dumps(order, default=str)",
    "sorted": "json.dumps(dict(sorted(order.items())), default=str)",
    "derived": 'f\'{len(order["items"])} {order["id"] % 2} {order["placed"]:%B} {order["customer"][0]}\'',
    "items": "order['items'][0]['sku'] + order['items'][-1]['sku']",
    "words": "order['customer'].split()[1]",
    "two-items": "'{} {}'.format(*(item['sku'] for item in order['items']))",
    "typed": "str(Order(**{key: order[key] for key in ('id', 'total', 'placed')}))",
    "strict-types": "check(order)",
    "no-default": "order.get('customer').upper()",
    "parsed": "str(date.fromisoformat(str(order['placed'])).year)",
    "relations": 'f\'{order["due"].date() < order["placed"]} {order["total"] < order["balance"]}\'',
    "days": "str((order['due'] - order['paid_at']).days)",
    "decisions": 'f\'{order["is_gift"] or order["is_express"]} {order["placed"].weekday() >= 5}\'',
    "model": "Parcel.model_validate(order).model_dump_json()",
    "strict-model": "Strict(id=order['id'], plan=order['plan'], coupon=order['coupon']).plan",
    "enum": "find_plan(order['plan']).name",
    "optional-object": "f'{order[\"coupon\"][\"percent\"]}' if order['coupon'] else 'none'",
    "optional-items": "order['work'][0]['company'] if order['work'] else 'none'",
    "optional-keys": "order.get('language', 'en') + str('wrap' in order) + str(order['tags'].get('color'))",
    "question": "order['coupon'] or 'none'",
    "tried-keys": "look_up(order, 'region')",
    "strict-pairs": "str(list(zip(order['items'], 'ab', strict=True)))",
    "copies": "str(pickle.loads(pickle.dumps(deepcopy({**order}))))",
    "matched": "match(order)",
    "square-root": "str(math.sqrt(order['balance']))",
}
"""What the user message is made of; the system prompt is the same for all."""

APP = """\
import json
import math
import pickle
from copy import deepcopy
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from enum import Enum
from hashlib import sha256

from pydantic import BaseModel


class Plan(Enum):
    PRO = "pro"
    FREE = "free"


class Item(BaseModel):
    sku: str
    count: int


class Parcel(BaseModel):
    id: int
    total: float
    coupon: dict | None
    placed: date
    items: list[Item]
    language: str = "en"


class Strict(BaseModel, strict=True, extra="forbid"):
    id: int
    plan: str
    coupon: dict | None


@dataclass(frozen=True)
class Order:
    id: int
    total: float
    placed: date

    def __post_init__(self):
        assert all(isinstance(getattr(self, name), kind) for name, kind in self.__annotations__.items())


def check(order):
    kinds = {"id": int, "total": float, "is_gift": bool, "placed": date, "customer": str, "items": list, "tags": dict}
    for name, kind in kinds.items():
        assert type(order[name]) in (kind, *kind.__subclasses__()), name
    more = {"coupon", "note", "plan", "paid_at", "is_express", "is_paid", "balance", "due", "work", "address"}
    assert set(order) == kinds.keys() | more
    return str(order["id"])


def find_plan(name):
    try:
        return Plan(name)
    except ValueError:
        return Plan.FREE


def look_up(order, key):
    try:
        return order[key]
    except KeyError:
        return "unknown"


def match(order):
    match order:
        case {"customer": str(name), "items": [first, *_]}:
            return name + first["sku"]
        case _:
            return "unknown"


def request(system, question):
    block = {"type": "text", "text": RULES + system, "cache_control": {"type": "ephemeral"}}
    messages = [{"role": "user", "content": question}]
    return {"model": "claude-sonnet-5-5", "max_tokens": 9, "system": [block], "messages": messages}


RULES = "".join(f"Rule {number}: be polite.\\n" for number in range(400))
"""


def write(folder: Path) -> None:
    """Write an application and a suite for each builder."""
    app, suites = [APP], ["suites:"]
    for name, (system, question) in {
        **{f"leak-{name}": (system, "'Why?'") for name, (system, _) in LEAKS.items()},
        **{f"clean-{name}": ("''", question) for name, question in CLEAN.items()},
    }.items():
        function = name.replace("-", "_")
        app.append(f"\n\ndef {function}(order):\n    return request({system}, {question})\n")
        case = ORDER.replace("\n", "\n" + " " * 10)
        suites.append(f"  {name}:\n    build: planted_app.py:{function}\n    prompts: {{v1: {{}}}}\n    cases:")
        suites.append(f"      ana:\n        order:\n          {case}")
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "planted_app.py").write_text("".join(app), encoding="utf-8")
    (folder / "suite.yaml").write_text("\n".join([*suites, ""]), encoding="utf-8")


def find_wrong(findings: Sequence[dict[str, Any]]) -> dict[str, list[str]]:
    """What was said of suites, from the findings of a report, where it is not what is expected; by suite."""
    said: dict[str, list[str]] = {f"leak-{name}": [] for name in LEAKS}
    for finding in findings:
        if finding["rule"] != "new-prompt":
            suite = finding["test"].partition("::")[2].partition("[")[0]
            said.setdefault(suite, []).append(f"{finding['level']}: {finding['headline']}")
    return {suite: lines for suite, lines in said.items() if not _is_expected(suite, lines)}


def _is_expected(suite: str, lines: Sequence[str]) -> bool:
    _, start = LEAKS.get(suite.removeprefix("leak-"), ("", "nothing"))
    if start.endswith(" is"):
        return lines == [f"error: {start} in the cached prefix, so each order writes its own prefix"]
    return lines == [f"error: the cached prefix depends on {start}"]
