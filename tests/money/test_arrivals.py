import csv
import gzip
import io
import math
from itertools import accumulate, pairwise
from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from harness.money.arrivals import (
    DAY,
    Arrivals,
    Bursts,
    Even,
    Log,
    OfficeHours,
    Poisson,
    count_hits,
    simulate_hit_ratio,
)
from harness.prompt.reading import read
from harness.promptcache.simulator import Simulator
from harness.provider.limits import TTL_SECONDS, Ttl
from tests.house import ROOT

TTLS: tuple[Ttl, ...] = ("5m", "1h")

# Rates at which the hit ratio is neither 0 nor 1.
PATTERNS: tuple[tuple[Arrivals, tuple[float, ...]], ...] = (
    (Poisson(), (1, 5, 24, 100, 288, 1_000, 5_000)),
    (OfficeHours(), (1, 5, 20, 100, 500)),
    (OfficeHours(0, 23), (3, 100)),
    (OfficeHours(8, 9), (1, 10, 60)),
    (Bursts(10, 5), (20, 100, 1_000)),
    (Bursts(10, 299), (100, 1_000)),
    (Bursts(4, 400), (50, 500)),
    (Bursts(3, 5_000), (50,)),
)


@pytest.mark.parametrize("ttl", TTLS)
@pytest.mark.parametrize(("arrivals", "rate"), [(one, rate) for one, rates in PATTERNS for rate in rates])
def test_closed_form_and_simulation_agree_within_1_percent(arrivals: Arrivals, rate: float, ttl: Ttl) -> None:
    expected = arrivals.hit_ratio(rate, TTL_SECONDS[ttl])

    assert simulate_hit_ratio(arrivals, rate, TTL_SECONDS[ttl], calls=60_000, seed=7) == pytest.approx(
        expected, abs=0.01
    )


# A rate at which about half of the calls hit, and others around it; the tolerance is a share of the hit ratio itself.
@pytest.mark.parametrize(("ttl", "rate"), [("5m", 150), ("5m", 288), ("5m", 900), ("1h", 12), ("1h", 24), ("1h", 75)])
def test_hit_ratios_of_poisson_calls_agree_within_1_percent_of_themselves(ttl: Ttl, rate: float) -> None:
    expected = Poisson().hit_ratio(rate, TTL_SECONDS[ttl])

    assert 0.35 < expected < 0.96
    assert simulate_hit_ratio(Poisson(), rate, TTL_SECONDS[ttl], calls=150_000, seed=12) == pytest.approx(
        expected, rel=0.01
    )


@pytest.mark.parametrize(("ttl", "border"), [("5m", 288), ("1h", 24)])
def test_even_calls_hit_all_or_nothing(ttl: Ttl, border: int) -> None:
    seconds = TTL_SECONDS[ttl]
    assert Even().hit_ratio(border, seconds) == 1
    assert Even().hit_ratio(border - 0.001, seconds) == 0
    assert simulate_hit_ratio(Even(), border + 1, seconds, calls=1_000) == 0.999
    assert simulate_hit_ratio(Even(), border - 1, seconds, calls=1_000) == 0


@pytest.mark.parametrize(
    ("rate", "ttl", "ratio"),
    # By hand: 1 - exp(-288 * 300 / 86400) = 1 - 1/e, and 1 - exp(-24 * 3600 / 86400), the same.
    [(288, "5m", 1 - math.exp(-1)), (24, "1h", 1 - math.exp(-1)), (288, "1h", 1 - math.exp(-12))],
)
def test_the_hit_ratio_of_poisson_calls(rate: float, ttl: Ttl, ratio: float) -> None:
    assert Poisson().hit_ratio(rate, TTL_SECONDS[ttl]) == pytest.approx(ratio, rel=1e-12)


@given(st.floats(0.001, 1e9), st.sampled_from([pattern for pattern, _ in PATTERNS]), st.sampled_from(TTLS))
def test_a_hit_ratio_is_a_share_that_grows_with_the_rate_and_the_ttl(rate: float, arrivals: Arrivals, ttl: Ttl) -> None:
    ratio = arrivals.hit_ratio(rate, TTL_SECONDS[ttl])

    assert 0 <= ratio <= 1
    assert arrivals.hit_ratio(rate * 1.1, TTL_SECONDS[ttl]) >= ratio - 1e-12
    assert arrivals.hit_ratio(rate, 3_600) >= arrivals.hit_ratio(rate, 300) - 1e-12


def test_bursts_that_touch_are_even_calls() -> None:
    # One burst without an end: every call but the first finds the one before.
    assert Bursts(1_000_000, 60).hit_ratio(1_440, 300) == pytest.approx(1, abs=1e-5)


@pytest.mark.parametrize(
    ("times", "hits"),
    [
        ([], 0),
        ([5.0], 0),
        ([0.0, 300.0], 1),
        ([0.0, 300.1], 0),
        # The first read starts the lifetime again.
        ([0.0, 200.0, 450.0], 2),
        # Calls of one instant do not find each other's write, but that of an earlier call.
        ([0.0, 0.0, 0.0], 0),
        ([0.0, 1.0, 1.0, 400.0], 2),
    ],
)
def test_hits_are_counted_by_the_time_since_the_last_call(times: list[float], hits: int) -> None:
    assert count_hits(times, 300) == hits
    if len(set(times)) > 1:
        log = Log(times[::-1])
        assert log.hit_ratio(log.calls_per_day, 300) == pytest.approx(hits / len(times))


@pytest.mark.parametrize("ttl", TTLS)
def test_the_count_is_what_the_simulator_of_the_prompt_cache_reads(ttl: Ttl) -> None:
    text = {"type": "text", "text": "word " * 2_000, "cache_control": {"type": "ephemeral", "ttl": ttl}}
    body = {
        "model": "claude-sonnet-5-5",
        "max_tokens": 1,
        "system": [text],
        "messages": [{"role": "user", "content": "?"}],
    }
    prompt, simulator, source = read(body).record, Simulator(), Random(3)
    times = list(accumulate(source.expovariate(1.2 / TTL_SECONDS[ttl]) for _ in range(2_000)))

    reads = sum(simulator.send(prompt, at=at).read_index is not None for at in times)

    assert reads == count_hits(times, TTL_SECONDS[ttl])
    assert reads / len(times) == pytest.approx(
        Poisson().hit_ratio(1.2 / TTL_SECONDS[ttl] * DAY, TTL_SECONDS[ttl]), abs=0.02
    )


@given(st.lists(st.integers(0, 100_000), min_size=2, max_size=60), st.floats(0.1, 10), st.sampled_from(TTLS))
def test_a_log_at_another_rate_is_the_log_slower_or_faster(times: list[int], factor: float, ttl: Ttl) -> None:
    if len(set(times)) < 2:
        return
    log = Log([float(at) for at in times])
    rate = log.calls_per_day * factor
    drawn = log.draw(rate, 0, Random(0))

    # A gap that is the TTL to the last bit may round either way.
    assert (
        abs(log.hit_ratio(rate, TTL_SECONDS[ttl]) * len(times) - count_hits(drawn, TTL_SECONDS[ttl]))
        <= sum(abs((later - before) - TTL_SECONDS[ttl]) < 1e-6 for before, later in pairwise(drawn)) * len(times) + 1e-6
    )


def test_the_same_seed_draws_the_same_calls() -> None:
    found = {simulate_hit_ratio(Poisson(), 100, 300, calls=500, seed=seed) for seed in (1, 1, 2)}
    assert len(found) == 2


GAPS = ROOT.parent / "tests" / "data" / "agent_gaps.csv.gz"


def read_gaps(ttl: Ttl) -> list[tuple[float, str]]:
    """Seconds between recorded calls, and how much of what the earlier one left the later one read."""
    text = gzip.decompress(GAPS.read_bytes()).decode()
    return [(float(row["gap_seconds"]), row["read"]) for row in csv.DictReader(io.StringIO(text)) if row["ttl"] == ttl]


# In seconds, from and to; how many calls at least; the share that may be read otherwise than predicted. Entries live a
# little longer than their TTL in recorded traffic, so the minute after it is left out. Full reads that fail within the
# TTL are those of prompts that changed.
BANDS: tuple[tuple[Ttl, float, float, int, float], ...] = (
    ("5m", 0, 300, 8_000, 0.02),
    ("5m", 360, math.inf, 200, 0.02),
    ("1h", 0, 300, 3_500, 0.02),
    ("1h", 300, 3_600, 100, 0.15),
    ("1h", 3_660, math.inf, 15, 0.05),
)


@pytest.mark.parametrize(("ttl", "start", "end", "least", "share"), BANDS)
def test_recorded_calls_read_in_full_within_the_ttl_and_not_after(
    ttl: Ttl, start: float, end: float, least: int, share: float
) -> None:
    band = [(gap, read) for gap, read in read_gaps(ttl) if start <= gap < end]
    is_predicted = end <= TTL_SECONDS[ttl]

    assert len(band) >= least
    assert sum((read == "full") != is_predicted for _, read in band) <= share * len(band)


@pytest.mark.parametrize("ttl", TTLS)
def test_the_share_of_recorded_calls_that_hit_is_the_predicted_one_within_1_percent(ttl: Ttl) -> None:
    # A partial read is of a prefix that changed, or that other sessions kept, so it says nothing about the TTL.
    told = [(gap, read) for gap, read in read_gaps(ttl) if read != "partial"]
    predicted = sum(gap <= TTL_SECONDS[ttl] for gap, _ in told) / len(told)

    assert sum(read == "full" for _, read in told) / len(told) == pytest.approx(predicted, abs=0.01)
