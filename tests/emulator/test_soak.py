"""Load on ``harness serve``; the long runs are ``benchmarks/soak_server.py``, with their figures in docs/soaks.md."""

import importlib.util
from pathlib import Path
from types import ModuleType

import pytest

SCRIPT = Path(__file__).parents[2] / "benchmarks" / "soak_server.py"


@pytest.fixture(scope="module")
def soak() -> ModuleType:
    spec = importlib.util.spec_from_file_location("soak_server", SCRIPT)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def test_200_streams_of_100_events_at_once_are_all_answered(soak: ModuleType) -> None:
    with soak.serving() as (url, _, _):
        _, outcomes = soak.flood(url, ["Be brief."] * 200)
        assert outcomes == {(200, 104): 200}
        _, outcomes = soak.flood(url, [soak.long_prompt(seed) for seed in range(20)])
        assert outcomes == {(200, 104): 20}


def test_a_minute_of_mixed_calls_is_answered_right_in_flat_memory(
    soak: ModuleType, capsys: pytest.CaptureFixture[str]
) -> None:
    assert soak.run_mixed(1.0), capsys.readouterr().out
