"""An in-memory lock file with its texts, and requests to compare with it."""

from hashlib import sha256

from harness.lock.accept import keep_texts
from harness.lock.compare import CaseRequests, Gate
from harness.lock.entries import Lock
from harness.lock.locate import Source
from harness.prompt import read
from harness.prompt.blocks import Request
from harness.prompt.tokens import CountText
from harness.suites.plan import ONE_ROUND, TWO_EQUAL_ROUNDS

SOURCE = Source(file="support/suite.yaml", line=7, prompts={})


def quarter(text: str, _: str) -> int:
    """One token per four characters, for tests that do not depend on counts."""
    return len(text) // 4 + 1


class Texts(dict[str, str]):
    """Texts by digest."""

    def keep(self, text: str) -> None:
        """Store a text."""
        self[sha256(text.encode()).hexdigest()] = text


def make_case(
    *requests: Request,
    version: str = "v1",
    case: str = "refund",
    reason: str | None = None,
    source: Source = SOURCE,
    count_text: CountText = quarter,
) -> CaseRequests:
    """A case of the suite ``support/support``."""
    return CaseRequests(
        suite="support/support" if version else "support/test_app",
        version=version,
        case=case,
        prompts=tuple(read(request, count_text) for request in requests),
        plan=TWO_EQUAL_ROUNDS if version else ONE_ROUND,
        source=source,
        reason=reason,
    )


def accept(*subjects: CaseRequests, count_text: CountText = quarter) -> Gate:
    """A gate that has accepted the requests that were sent."""
    texts = Texts()
    entries = [one.make_entry() for one in subjects]
    for one, entry in zip(subjects, entries, strict=True):
        for prompt, call in zip(one.prompts, entry.calls, strict=True):
            keep_texts(prompt, call, texts.keep)
    return Gate(lock=Lock(entries={entry.key: entry for entry in entries}), get_text=texts.get, count_text=count_text)
