"""The conditions under which suites are rebuilt."""

from dataclasses import asdict
from pathlib import Path

from harness.stability.conditions import ANOTHER_PROCESS, HASH_SEED, PERTURBATIONS, USUAL, make_environment
from harness.stability.rebuild import reverse_keys


def test_every_perturbation_changes_one_thing_and_none_is_there_twice() -> None:
    usual = asdict(USUAL)
    changed = {
        (perturbation.name, key, value)
        for perturbation in PERTURBATIONS
        for conditions in perturbation.conditions
        for key, value in asdict(conditions).items()
        if value != usual[key]
    }

    assert {name for name, _, _ in changed} == {change.name for change in PERTURBATIONS if change.conditions} - {
        ANOTHER_PROCESS.name
    }
    # User and host change together.
    assert len({(name, key) for name, key, _ in changed}) == len({name for name, _, _ in changed}) + 1
    assert len([name for name, _, _ in changed if name == HASH_SEED.name]) == 4


def test_an_environment_is_the_inherited_one_with_what_the_conditions_say_in_order_of_name() -> None:
    inherited = {"ZED": "z", "LC_TIME": "fr_FR", "USER": "root", "HOME": "/root", "API": "a"}

    variables = make_environment(inherited, USUAL, home=None, folder=Path("/p"), temporary=Path("/t"))

    assert list(variables.items()) == [
        ("API", "a"),
        ("COMPUTERNAME", "build-host"),
        ("HOME", "/root"),
        ("HOSTNAME", "build-host"),
        ("LANG", "C.UTF-8"),
        ("LANGUAGE", "C.UTF-8"),
        ("LC_ALL", "C.UTF-8"),
        ("LOGNAME", "builder"),
        ("PWD", "/p"),
        ("PYTHONHASHSEED", "0"),
        ("TEMP", "/t"),
        ("TMP", "/t"),
        ("TMPDIR", "/t"),
        ("TZ", "UTC"),
        ("USER", "builder"),
        ("USERNAME", "builder"),
        ("ZED", "z"),
    ]


def test_keys_are_reversed_all_through_and_lists_stay() -> None:
    value = {"name": "Ana", "posts": [{"title": "Nurse", "year": 1}, 2], "age": 30}

    assert repr(reverse_keys(value)) == "{'age': 30, 'posts': [{'year': 1, 'title': 'Nurse'}, 2], 'name': 'Ana'}"
