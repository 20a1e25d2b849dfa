from pathlib import Path

from harness.cassettes.format import BLOB_CHARACTERS
from harness.cassettes.store import CassetteStore
from harness.prompt.reader import PromptReader
from harness.sessions.miss import find_miss
from tests.cassettes.examples import cassette, interaction, request
from tests.recordings import counter

LONG = "Weigh the evidence of each skill. " * (BLOB_CHARACTERS // 20)


def _body(system: str, question: str = "Hello") -> dict[str, object]:
    return {
        "model": "claude-sonnet-5-5",
        "max_tokens": 64,
        "system": [{"type": "text", "text": system, "cache_control": {"type": "ephemeral"}}],
        "messages": [{"role": "user", "content": question}],
    }


def test_a_store_counts_the_cassettes_that_hold_a_text(tmp_path: Path) -> None:
    store = CassetteStore(tmp_path)
    for number in range(3):
        store.save(f"case{number}", cassette(interaction(_body(LONG, f"Question {number}"))))
    store.save("other", cassette(interaction(_body(LONG + "!"))))

    assert CassetteStore(tmp_path).count_sharing(LONG) == 3
    assert CassetteStore(tmp_path).count_sharing("short") == 0


def test_a_miss_says_how_many_more_cassettes_have_the_recorded_text(tmp_path: Path) -> None:
    store = CassetteStore(tmp_path)
    for number in range(3):
        store.save(f"case{number}", cassette(interaction(_body(LONG, f"Question {number}"))))

    finding = find_miss(
        request(_body(LONG.replace("Weigh", "weigh", 1), "Question 0")),
        store.load("case0"),
        "case0",
        reader=PromptReader(counter()),
        count_sharing=CassetteStore(tmp_path).count_sharing,
    )

    assert finding.notes == ("shared: 2 more cassettes have the recorded text",)
