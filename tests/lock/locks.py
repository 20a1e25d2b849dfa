"""Small lock files, and strategies that draw them."""

from dataclasses import replace

from hypothesis import strategies as st

from harness.lock.entries import Lock, LockedBlock, LockedBreakpoint, LockedCall, LockEntry, prefix_ends
from harness.lock.results import LockedResult
from harness.lock.values import block_order

POINT = LockedBreakpoint("system[0]", "5m", 2_400, "ab" * 32)
BLOCK = LockedBlock("system[0]", "-", "text", 2_400, "cd" * 32)
CALL = LockedCall(
    model="claude-sonnet-5-5",
    parameters={"tool_choice": {"type": "any"}},
    breakpoints=(POINT,),
    blocks=(BLOCK,),
    tail_tokens=4,
)
ENTRY = LockEntry(suite="support/support", version="v1", case="refund", calls=(CALL,))
PLAIN = LockEntry(suite="tests/test_app", version="", case="test_ask", calls=(), reason="typo in rule 3 – ça va")


def make_lock(*entries: LockEntry) -> Lock:
    """A lock with the given entries."""
    return Lock(entries={entry.key: entry for entry in entries})


LOCK = make_lock(ENTRY, PLAIN)


def make_entry(text: str = "a", *, version: str = "v1", case: str = "refund", suite: str = "eu/support") -> LockEntry:
    """A case with a prompt of one block that depends on a letter, and tail tokens that depend on its name."""
    block = LockedBlock("system[0]", "-", "text", 2_400, text * 64)
    point = LockedBreakpoint("system[0]", "5m", 2_400, text * 64)
    call = LockedCall(
        model="claude-sonnet-5-5", parameters={}, breakpoints=(point,), blocks=(block,), tail_tokens=len(case)
    )
    return LockEntry(suite=suite, version=version, case=case, calls=(call,))


_DIGESTS = st.text("0123456789abcdef", min_size=64, max_size=64)
_TOKENS = st.integers(0, 10**7)
_PATHS = st.sampled_from(["tools[0]", "tools[2]", "tools[10]", "system[12]", "messages[2].content[0]"])
_BLOCKS = st.builds(
    LockedBlock, _PATHS, st.sampled_from(["-", "user", "us er"]), st.sampled_from(["text", "json"]), _TOKENS, _DIGESTS
)
_JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(), lambda inner: st.dictionaries(st.text(), inner, max_size=2)
)


@st.composite
def _calls(draw: st.DrawFn) -> LockedCall:
    blocks = draw(st.lists(_BLOCKS, max_size=3, unique_by=lambda block: block.path))
    in_order = tuple(sorted(blocks, key=lambda block: block_order(block.path)))
    points = [
        LockedBreakpoint(path, draw(st.sampled_from(["5m", "1h"])), tokens, draw(_DIGESTS))
        for path, tokens in prefix_ends(in_order).items()
        if draw(st.booleans())
    ]
    if points and draw(st.booleans()):
        points[-1] = points[-1]._replace(is_automatic=True)
    parameters = draw(st.dictionaries(st.sampled_from(["thinking", "speed"]), _JSON))
    return LockedCall(
        model=draw(st.text()),
        parameters=parameters,
        breakpoints=tuple(points),
        blocks=in_order,
        tail_tokens=draw(_TOKENS),
    )


_RESULTS = st.dictionaries(
    st.text(min_size=1),
    st.builds(
        lambda passed, others, score: LockedResult.of(passed, passed + others, score),
        st.integers(0, 20),
        st.integers(0, 20),
        st.none() | st.floats(0, 1),
    ),
    max_size=3,
)


def _with_results(entry: LockEntry, results: dict[str, LockedResult]) -> LockEntry:
    return replace(entry, answered_by="emulator", results=results) if results else entry


@st.composite
def _entries(draw: st.DrawFn) -> list[LockEntry]:
    """The entries of a version, some of which share a prefix."""
    known = draw(st.lists(_calls(), min_size=1, max_size=2))
    suite, version = draw(st.text(min_size=1)), draw(st.text())
    shared = st.builds(replace, st.sampled_from(known), tail_tokens=_TOKENS)
    entries = st.builds(
        LockEntry,
        suite=st.just(suite),
        version=st.just(version),
        case=st.text(min_size=1),
        calls=st.lists(shared, max_size=2).map(tuple),
        reason=st.none() | st.text(min_size=1),
    )
    entries = st.builds(_with_results, entries, _RESULTS)
    return draw(st.lists(entries, max_size=4))


LOCKS = st.lists(_entries(), max_size=3).map(lambda groups: make_lock(*(one for group in groups for one in group)))
