"""Builders whose cached prefix depends on an input, and builders whose prefix depends on none; one suite each."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

ORDER = """\
{id: 4711, total: 12.5, is_gift: true, coupon: null, placed: 2026-03-04, customer: Ana Silva, note: '',
 items: [{sku: a-1, count: 2}, {sku: b-2, count: 5}], tags: {fragile: 1}, plan: pro, paid_at: 2026-03-04T10:15:00}"""

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
}
"""What the user message is made of; the system prompt is the same for all."""

APP = """\
import json
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from hashlib import sha256


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
    assert set(order) == kinds.keys() | {"coupon", "note", "plan", "paid_at"}
    return str(order["id"])


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
