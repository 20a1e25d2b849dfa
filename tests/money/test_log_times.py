from pathlib import Path

import pytest

from harness.errors import SuiteError
from harness.money.log_times import read_log


def write(folder: Path, text: str) -> Path:
    path = folder / "times.txt"
    path.write_text(text)
    return path


@pytest.mark.parametrize(
    "text",
    [
        "0\n86400\n\n129600\n",
        "2026-11-26T00:00:00Z\n2026-11-27T12:00:00Z\n2026-11-27T00:00:00Z\n",
        '"2026-11-26T00:00:00Z"\n"2026-11-27T00:00:00Z"\n"2026-11-27T12:00:00Z"\n',
        '{"at": 0}\n{"at": 86400, "usage": {}}\n{"timestamp": 129600}\n',
        "1764115200000\n1764201600000\n1764244800000\n",
    ],
)
def test_a_log_has_a_time_in_each_line(text: str, tmp_path: Path) -> None:
    log = read_log(write(tmp_path, text), named_at="suite.yaml:6")

    assert log.calls_per_day == pytest.approx(4 / 3)
    assert log.hit_ratio(log.calls_per_day, 3_600) == 0
    assert log.hit_ratio(log.calls_per_day, 86_400) == pytest.approx(2 / 3)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", ":1: 0 times, expected two different ones at least"),
        ("5\n5\n", ":1: 2 times, expected two different ones at least"),
        ("1\n{}\n", ":2: no key 'at' or 'timestamp'"),
        ('1\n{"at": \n', ":2: not JSON: Expecting value"),
        ('{"at": null}\n', ":1: at is None, expected seconds from any start"),
        ("[1]\n", ":1: time is [1], expected seconds from any start"),
        ("soon\n", ":1: time is 'soon', expected seconds from any start"),
        ("true\n", ":1: time is True, expected seconds from any start"),
        ("5\n2026-11-26T00:00:00Z\n", ":2: time is '2026-11-26T00:00:00Z', a date, but"),
        ("NaN\n", ":1: not JSON: NaN is not a number of JSON"),
    ],
)
def test_a_bad_line_is_named(text: str, message: str, tmp_path: Path) -> None:
    path = write(tmp_path, text)

    with pytest.raises(SuiteError) as caught:
        read_log(path, named_at="suite.yaml:6")

    assert str(caught.value).startswith(f"{path}{message}")


def test_a_missing_log_is_named_with_the_line_that_names_it(tmp_path: Path) -> None:
    path = tmp_path / "times.txt"

    with pytest.raises(SuiteError) as caught:
        read_log(path, named_at="suite.yaml:6")

    assert str(caught.value) == f"suite.yaml:6: {path}: unreadable: No such file or directory"
