"""Cases that share a fixture are one cluster."""

from hypothesis import given
from hypothesis import strategies as st

from harness.evaluation.clusters import clusters


def test_cases_with_fixtures_of_their_own_are_units_of_their_own() -> None:
    inputs = {name: {"resume": name, "job": name} for name in ("nurse", "clerk", "cook")}

    assert clusters(inputs) == {name: name for name in inputs}


def test_a_fixture_of_all_cases_joins_none() -> None:
    inputs = {name: {"resume": name, "job": "one job"} for name in ("nurse", "clerk", "cook")}

    assert clusters(inputs) == {name: name for name in inputs}


def test_cases_that_share_a_resume_or_a_job_are_one_unit() -> None:
    inputs = {
        "a": {"resume": "nurse", "job": "ward"},
        "b": {"resume": "nurse", "job": "clinic"},
        "c": {"resume": "doctor", "job": "clinic"},
        "d": {"resume": "cook", "job": "kitchen"},
        "e": {"resume": "clerk", "job": "office"},
        "f": {"resume": "clerk", "job": "shop"},
    }

    assert clusters(inputs) == {"a": "a", "b": "a", "c": "a", "d": "d", "e": "e", "f": "e"}


def test_where_all_would_be_one_unit_the_key_with_the_fewest_fixtures_counts() -> None:
    inputs = {f"{r}{j}": {"resume": f"resume {r}", "job": f"job {j}"} for r in range(3) for j in range(4)}

    found = clusters(inputs)

    assert len(set(found.values())) == 3
    assert all(found[case] == f"{case[0]}0" for case in inputs)


def test_a_case_without_a_fixture_shares_none() -> None:
    inputs = {"a": {"resume": "nurse"}, "b": {"resume": "nurse"}, "c": {}, "d": {}}

    assert clusters(inputs) == {"a": "a", "b": "a", "c": "c", "d": "d"}


def test_one_case_or_none_has_as_many_units() -> None:
    assert clusters({"a": {"resume": "nurse"}}) == {"a": "a"}
    assert clusters({}) == {}


names = st.sampled_from(["one", "two", "three", "four"])


@given(st.dictionaries(st.text(max_size=2), st.fixed_dictionaries({"resume": names, "job": names}), max_size=10))
def test_every_case_has_a_cluster_named_after_its_first_case(inputs: dict[str, dict[str, str]]) -> None:
    found = clusters(inputs)

    order = list(inputs)
    assert found.keys() == inputs.keys()
    assert all(found[name] == name and order.index(name) <= order.index(case) for case, name in found.items())
