"""Times of logs: every unit is recognised, and what is no plausible time is refused."""

import math
from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from harness.errors import RequestError
from harness.moments import MomentReader, read_moment
from harness.numbers import parse_json

EXPECTED = "expected seconds from any start, a Unix time in s, ms, µs or ns up to the year 2100, or an ISO time"
TIME = "expected a time of day too, such as 2026-11-23T10:00:00Z"
TEXT = 'expected a Unix time, or an ISO time in quotes, such as "2026-11-23T10:00:00Z"'
MOMENT = 1_795_428_000.0
"""2026-11-23T10:00:00Z."""


@pytest.mark.parametrize(
    ("value", "seconds"),
    [
        (1_795_428_000, MOMENT),
        (1_795_428_000.25, MOMENT + 0.25),
        (1_795_428_000_000, MOMENT),
        (1_795_428_000_250, MOMENT + 0.25),
        (1_795_428_000_250.5, MOMENT + 0.2505),
        (1_795_428_000_250_000, MOMENT + 0.25),
        (1_795_428_000_250_000_000, MOMENT + 0.25),
        (1.795428e12, MOMENT),
        (946_684_800, 946_684_800),
        (4_102_444_800, 4_102_444_800),
        (100_000_000_000, 100_000_000),
        (4_102_444_800_000_000_000, 4_102_444_800),
        ("2026-11-23T10:00:00Z", MOMENT),
        ("2026-11-23t10:00:00z", MOMENT),
        ("2026-11-23T10:00:00", MOMENT),
        ("2026-11-23 10:00:00", MOMENT),
        ("2026-11-23 10:00:00.250", MOMENT + 0.25),
        ("2026-11-23T10:00:00.250000123Z", MOMENT + 0.25),
        ("2026-11-23T12:00:00+02:00", MOMENT),
        ("2026-11-23 04:30:00-0530", MOMENT),
        ("20261123T100000Z", MOMENT),
        ("2026-11-23T10:00Z", MOMENT),
        ("1969-12-31T23:59:59Z", -1.0),
        ("2026-11-22T24:00:00Z", MOMENT - 36_000),
        ("2026-11-22t24:00", MOMENT - 36_000),
        ("2026-11-22 24:00:00.000", MOMENT - 36_000),
        ("20261122T240000Z", MOMENT - 36_000),
        ("2026-11-22T24Z", MOMENT - 36_000),
        ("2026-11-22T24:00:00+02:00", MOMENT - 43_200),
        ("2026-12-31T24:00:00Z", 1_798_761_600),
        (202_613_041_015, 202_613_041.015),
    ],
)
def test_date_is_seconds_since_1970(value: Any, seconds: float) -> None:
    moment = read_moment(value, "at")

    assert moment.seconds == pytest.approx(seconds, abs=1e-6)
    assert not moment.is_relative


@pytest.mark.parametrize(
    "value",
    [0, 0.0, 5, 299.5, 20261304, 20260230, 19891231, 21010101, 20260304.5, 2_026_030, 86_400, 31_536_000, 946_684_799],
)
def test_small_number_is_seconds_from_any_start(value: float) -> None:
    assert read_moment(value, "at") == (value, True)


@pytest.mark.parametrize(
    ("value", "message"),
    [
        (None, f"at is None, {EXPECTED}"),
        (True, f"at is True, {EXPECTED}"),
        (False, f"at is False, {EXPECTED}"),
        (-1, f"at is -1, {EXPECTED}"),
        (-0.5, f"at is -0.5, {EXPECTED}"),
        (-1_795_428_000_000, f"at is -1795428000000, {EXPECTED}"),
        (math.nan, f"at is nan, {EXPECTED}"),
        (math.inf, f"at is inf, {EXPECTED}"),
        (-math.inf, f"at is -inf, {EXPECTED}"),
        (4_102_444_801, f"at is 4102444801, {EXPECTED}"),
        (99_999_999_999, f"at is 99999999999, {EXPECTED}"),
        (4_102_444_800_001, f"at is 4102444800001, {EXPECTED}"),
        (99_999_999_999_999, f"at is 99999999999999, {EXPECTED}"),
        (4_102_444_800_000_001, f"at is 4102444800000001, {EXPECTED}"),
        (4_102_444_800_000_000_001, f"at is 4102444800000000001, {EXPECTED}"),
        (10**30, f"at is 1{'0' * 30}, {EXPECTED}"),
        (parse_json("1e400"), f"at is 1e400, {EXPECTED}"),
        ([1], f"at is [1], {EXPECTED}"),
        ({}, f"at is {{}}, {EXPECTED}"),
        ("", f"at is '', {EXPECTED}"),
        ("soon", f"at is 'soon', {EXPECTED}"),
        ("10:00:00", f"at is '10:00:00', {EXPECTED}"),
        ("2026-13-01", f"at is '2026-13-01', {EXPECTED}"),
        ("2026-11-23T24:00:01Z", f"at is '2026-11-23T24:00:01Z', {EXPECTED}"),
        ("2026-11-23T24:01", f"at is '2026-11-23T24:01', {EXPECTED}"),
        ("2026-11-23T24:00:00.5", f"at is '2026-11-23T24:00:00.5', {EXPECTED}"),
        ("2026-11-23T25:00", f"at is '2026-11-23T25:00', {EXPECTED}"),
        ("9999-12-31T24:00", f"at is '9999-12-31T24:00', {EXPECTED}"),
        *(
            (text, f"at is {text!r}, a text, expected a number: remove the quotes")
            for text in ("1795428000", "1795428000.5", "1795428000000", "0", "5", "-1", "1.8e9", " 1795428000 ")
        ),
        *(
            (number, f"at is {number!r}, the digits of a date, {TEXT}")
            for number in (20260304, 20260304.0, 19991231, 21001231, 202603041015, 20260304101559)
        ),
        ("2026-13-01T10:00:00Z", f"at is '2026-13-01T10:00:00Z', {EXPECTED}"),
        ("23.11.2026 10:00", f"at is '23.11.2026 10:00', {EXPECTED}"),
        ("0000-01-01T00:00:00Z", f"at is '0000-01-01T00:00:00Z', {EXPECTED}"),
        ("2026-11-23", f"at is '2026-11-23', {TIME}"),
        ("20261123", f"at is '20261123', {TIME}"),
        ("2026-W48-1", f"at is '2026-W48-1', {TIME}"),
    ],
)
def test_what_is_no_plausible_time_is_refused(value: Any, message: str) -> None:
    with pytest.raises(RequestError) as caught:
        read_moment(value, "at")

    assert str(caught.value) == message


@given(st.datetimes(datetime(2001, 1, 1), datetime(2099, 12, 31)))
def test_a_moment_is_the_same_in_every_form(when: datetime) -> None:
    when = when.replace(tzinfo=UTC)
    microseconds = round(when.timestamp() * 1_000_000)
    forms = [microseconds, microseconds * 1_000, microseconds / 1_000, microseconds / 1_000_000]
    texts = [when.isoformat(), when.isoformat(sep=" "), when.replace(tzinfo=None).isoformat()]

    for form in (*forms, *texts):
        assert read_moment(form, "at").seconds == pytest.approx(when.timestamp(), abs=1e-3)


ONE_KIND = (
    ("seconds", (0, 5.5, 946_684_799)),
    ("Unix times", (1_795_428_000, 1_795_428_001.5)),
    ("units mixed", (1_795_428_000, 1_795_428_000_001, 1_795_428_000_000_002, 1_795_428_000_000_000_003)),
    ("Unix and ISO times", (1_795_428_000_000, "2026-11-23T10:00:01Z", 1_795_428_002)),
    ("ISO times", ("2026-11-23 10:00:00", "2026-11-23T10:00:00Z")),
)


@pytest.mark.parametrize("values", [row[1] for row in ONE_KIND], ids=[row[0] for row in ONE_KIND])
def test_times_of_one_kind_are_read(values: tuple[Any, ...]) -> None:
    reader = MomentReader()

    assert [reader.read(value, "at", "f:1") for value in values] == [
        read_moment(value, "at").seconds for value in values
    ]


@pytest.mark.parametrize(
    ("first", "second", "message"),
    [
        (5, 1_795_428_000, "f:2: at is 1795428000, a date, but f:1 has 5, expected times of one kind"),
        (5, 1_795_428_000_000, "f:2: at is 1795428000000, a date, but f:1 has 5, expected times of one kind"),
        (0.5, "2026-11-23 10:00", "f:2: at is '2026-11-23 10:00', a date, but f:1 has 0.5, expected times of one kind"),
        (1_795_428_000, 7, "f:2: at is 7, seconds from any start, but f:1 has 1795428000, expected times of one kind"),
        ("2026-11-23T10:00Z", 7.5,
         "f:2: at is 7.5, seconds from any start, but f:1 has '2026-11-23T10:00Z', expected times of one kind"),
    ],
)  # fmt: skip
def test_times_from_two_starts_are_refused_with_both_places(first: Any, second: Any, message: str) -> None:
    reader = MomentReader()
    reader.read(first, "at", "f:1")

    with pytest.raises(RequestError) as caught:
        reader.read(second, "at", "f:2")

    assert str(caught.value) == message


def test_time_that_is_refused_names_its_place() -> None:
    with pytest.raises(RequestError) as caught:
        MomentReader().read("soon", "first_token_at", "f:9")

    assert str(caught.value) == f"f:9: first_token_at is 'soon', {EXPECTED}"
