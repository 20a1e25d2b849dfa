"""Planted non-determinism, one project each: the cause is named, and a clean project has no findings."""

import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from harness.findings.finding import Finding
from harness.stability.determinism import check_rebuilds, find_difference_between_cases
from harness.stability.leaks import find_leaks_of_case
from harness.suites.loader import load_function, read_suite_file
from harness.suites.model import Suite
from harness.suites.runner import CaseRun
from tests.stability.examples import MARK, RESUME, build, make_run

PRELUDE = """
import calendar, json, locale, os, platform, random, secrets, socket, tempfile, time, uuid
from datetime import UTC, date, datetime
from getpass import getuser
from pathlib import Path

TOOLS = {name: {"name": name, "input_schema": {"type": "object"}} for name in ("search", "fetch", "rank", "cite")}


def request(system, resume, tools=()):
    block = {"type": "text", "text": system, "cache_control": {"type": "ephemeral"}}
    made = {"model": "claude-sonnet-5-5", "max_tokens": 9, "tools": list(tools), "system": [block]}
    return {**made, "messages": [{"role": "user", "content": resume["name"]}]}

"""
SUITE = """
suites:
  {name}:
    {key}: app.py:run
    client: anthropic
    prompts: {{v1: {{}}}}
    fixtures: {{resume: resumes}}
    cases: {{ana: {{resume: ana}}, ben: {{resume: ben}}}}
"""
BUILT = "def run(resume):\n    return request({0}, resume)\n"
CALLED = "def run(client, resume):\n    return client.messages.create(**request({0}, resume)).content[0].text\n"
IMPORTED = "TEXT = {0}\ndef run(resume):\n    return request(TEXT, resume)\n"

CLOCK, RANDOM, HASH_SEED = "depends on the clock", "depends on the random state", "depends on the hash seed"
LOCALE, FOLDER = "depends on the locale", "depends on the temporary folder"
NAMES, ENVIRONMENT = "depends on the user and host name", "depends on the environment order"
DIRECTORY, ZONE, FIXTURES = (
    "depends on the working directory",
    "depends on the time zone",
    "depends on the fixture order",
)
PROCESS, TWICE = "is not the same in another process", "is not the same in two builds in one process"

TEXTS = {
    "now": ("f'It is {datetime.now()}.'", CLOCK),
    "weekday": ("f'It is {date.today():%A}.'", CLOCK),
    "uuid4": ("str(uuid.uuid4())", RANDOM),
    "uuid1": ("str(uuid.uuid1())", CLOCK),
    "secret": ("secrets.token_hex(4)", RANDOM),
    "generator": ("str(random.Random().random())", RANDOM),
    "set": ("', '.join({'brief', 'polite'})", HASH_SEED),
    "json": ("json.dumps({'tags': list({'brief', 'polite', 'plain'})})", HASH_SEED),
    "hash": ("str(hash('brief'))", HASH_SEED),
    "environment": (r"'\n'.join(f'{name}={value}' for name, value in os.environ.items())", ENVIRONMENT),
    "variables": ("' '.join(os.environ)", ENVIRONMENT),
    "date": ("date(2026, 3, 4).strftime('%d %B %Y')", LOCALE),
    "locale": ("locale.setlocale(locale.LC_ALL, '') and format(date(2026, 3, 4), '%c')", LOCALE),
    "month": ("calendar.month_name[3]", LOCALE),
    "number": ("locale.format_string('%.2f', 1234567.89, grouping=True)", LOCALE),
    "zone": ("str(datetime.fromtimestamp(1_700_000_000))", ZONE),
    "host": ("socket.gethostname()", NAMES),
    "node": ("platform.node() + platform.uname().node", NAMES),
    "domain": ("socket.getfqdn()", NAMES),
    "user": ("getuser()", NAMES),
    "home": ("str(Path.home())", NAMES),
    "mac": ("str(uuid.getnode())", NAMES),
    "folder": ("tempfile.mkdtemp()", FOLDER),
    "file": ("Path(tempfile.mkdtemp()).name", FOLDER),
    "directory": ("os.getcwd()", DIRECTORY),
    "process": ("str(os.getpid())", PROCESS),
    "address": ("repr(object())", PROCESS),
}
CALLED_TEXTS = ("now", "set", "host", "folder")
"""The texts that are also tried with a function that calls a client."""

SOURCES = {
    "tools-by-hash": (
        "NAMES = set(TOOLS)\ndef run(resume):\n    return request('Be brief.', resume, map(TOOLS.get, NAMES))\n",
        HASH_SEED,
    ),
    "tools-at-random": (
        "def run(resume):\n    return request('Be brief.', resume, random.sample(list(TOOLS.values()), 4))\n",
        RANDOM,
    ),
    "breakpoint": (
        "def run(resume):\n    made = request('Be brief.', resume, map(dict, TOOLS.values()))\n"
        "    del made['system'][0]['cache_control']\n"
        "    made['tools'][hash('brief') % 4]['cache_control'] = {'type': 'ephemeral'}\n    return made\n",
        HASH_SEED,
    ),
    "counter": (
        "CALLS = []\ndef run(resume):\n    CALLS.append(resume)\n    return request(f'Call {len(CALLS)}.', resume)\n",
        TWICE,
    ),
    "first-case": (
        "KEPT = {}\ndef run(resume):\n    return request(KEPT.setdefault('name', resume['name']), resume)\n",
        FIXTURES,
    ),
    "key-order": ("def run(resume):\n    return request(json.dumps(list(resume)), resume)\n", FIXTURES),
}

CLEAN = {
    "plain": BUILT.format("'Be brief.'"),
    "called": CALLED.format("'Be brief.'"),
    "sorted": BUILT.format("', '.join(sorted({'brief', 'polite'}))"),
    "seeded": BUILT.format("str(random.Random(7).random())"),
    "iso-date": BUILT.format("date(2026, 3, 4).isoformat()"),
    "fixed-locale": BUILT.format("locale.setlocale(locale.LC_ALL, 'C') and format(date(2026, 3, 4), '%B')"),
    "prompt-file": BUILT.format("Path(__file__).with_name('suite.yaml').read_text()"),
    "printing": "print('imported')\nos.system('echo imported')\n" + BUILT.format("'Be brief.'"),
    "messages": "def run(resume):\n"
    "    return request('Be brief.', {'name': f'{datetime.now()} {uuid.uuid4()} {os.getpid()}'})\n",
}


def plant(folder: Path, name: str, source: str, *, is_called: bool = False) -> Suite:
    """A project with one suite."""
    project = folder / name
    (project / "resumes").mkdir(parents=True)
    for person, text in (("ana", "Ana Silva"), ("ben", "Ben Okoro")):
        (project / "resumes" / f"{person}.json").write_text(f'{{"name": "{text}", "city": "Lisbon", "age": 30}}')
    (project / "app.py").write_text(PRELUDE + source)
    (project / "suite.yaml").write_text(SUITE.format(name=name, key="call" if is_called else "build"))
    return read_suite_file(project / "suite.yaml").load(name)


@pytest.fixture(scope="module")
def verdicts(tmp_path_factory: pytest.TempPathFactory) -> dict[str, list[str]]:
    """The findings of each planted project; all are built together, because the processes take the time."""
    root = tmp_path_factory.mktemp("planted")
    suites = [plant(root, f"built-{name}", BUILT.format(text)) for name, (text, _) in TEXTS.items()]
    suites += [plant(root, f"imported-{name}", IMPORTED.format(text)) for name, (text, _) in TEXTS.items()]
    suites += [plant(root, f"called-{name}", CALLED.format(TEXTS[name][0]), is_called=True) for name in CALLED_TEXTS]
    suites += [plant(root, name, source) for name, (source, _) in SOURCES.items()]
    suites += [plant(root, name, source, is_called=name == "called") for name, source in CLEAN.items()]
    found: dict[str, list[str]] = {suite.name: [] for suite in suites}
    for finding in check_rebuilds(suites, root=root):
        assert (finding.rule, finding.level, finding.line) == ("unstable", "error", 3)
        assert finding.file is not None
        found[finding.file.removesuffix("/suite.yaml")].append(finding.headline)
    return found


@pytest.mark.parametrize(
    ("name", "verdict"),
    [
        *((f"{how}-{name}", verdict) for how in ("built", "imported") for name, (_, verdict) in TEXTS.items()),
        *((f"called-{name}", TEXTS[name][1]) for name in CALLED_TEXTS),
        *((name, verdict) for name, (_, verdict) in SOURCES.items()),
    ],
)
def test_what_moves_a_prefix_is_found_and_named_once(name: str, verdict: str, verdicts: dict[str, list[str]]) -> None:
    assert verdicts[name] == [f"the cached prefix of {name} v1 {verdict}"]


@pytest.mark.parametrize("name", CLEAN)
def test_nothing_is_said_of_a_clean_project(name: str, verdicts: dict[str, list[str]]) -> None:
    assert verdicts[name] == []


def test_a_clean_project_on_its_own_has_no_findings(tmp_path: Path) -> None:
    suite = plant(tmp_path, "support", BUILT.format("'Be brief.'"))

    assert check_rebuilds(suite, root=tmp_path / "support") == ()


def test_each_block_is_reported_under_what_explains_it_best(tmp_path: Path) -> None:
    source = (
        "def run(resume):\n"
        "    return request(f'Today is {date.today()}.', resume, map(TOOLS.get, {'search', 'fetch', 'rank'}))\n"
    )
    suite = plant(tmp_path, "support", source)

    clock, hash_seed = check_rebuilds(suite, root=tmp_path)

    assert str(clock) == (
        "the cached prefix of support v1 depends on the clock\n"
        "  built on 4 March 2026 and on 22 November 2031\n"
        "  differs in 2 of 2 cases; shown below for ana\n"
        "  system[0] also changes with: time zone\n"
        "  first difference: system[0] at character 11\n"
        "    usual:     'Today is 2026-03-04.'\n"
        "    perturbed: 'Today is 2031-11-22.'\n"
        "  cause: timestamp: the prefix contains a date or time that changes\n"
        "  fix:   move the date or time after the last breakpoint, into the user message"
    )
    assert "2026-03-04" not in "\n".join(clock.lines(is_private=True))
    assert hash_seed.headline == "the cached prefix of support v1 depends on the hash seed"
    assert hash_seed.cause == "tool_reorder"
    assert hash_seed.fix == "sort the items of a set before rendering them, and do not render the results of hash()"
    assert hash_seed.place is not None
    assert hash_seed.place.path.startswith("tools[")


@pytest.mark.parametrize(
    ("source", "messages"),
    [
        pytest.param(
            BUILT.format("Path('support/suite.yaml').read_text()"),
            ["support v1 could not be built under another working directory: FileNotFoundError\n  raised at app.py:16"],
            id="folder-that-is-not-there",
        ),
        pytest.param(
            "def run(resume):\n    count = 1 if Path('support').exists() else 3\n"
            "    return [request('Be brief.', resume)] * count\n",
            ["support v1 made 3 requests instead of 1 under another working directory"],
            id="other-number-of-requests",
        ),
        pytest.param(
            "if not Path('support').exists():\n    os._exit(3)\n" + BUILT.format("'Be brief.'"),
            ["support v1 could not be built under another working directory: its process ended with exit code 3"],
            id="end-of-the-process",
        ),
    ],
)
def test_what_fails_under_other_conditions_only_is_a_note(source: str, messages: list[str], tmp_path: Path) -> None:
    findings = check_rebuilds(plant(tmp_path, "support", source), root=tmp_path)

    assert [str(finding) for finding in findings] == messages
    assert {(finding.rule, finding.level) for finding in findings} == {("cannot-tell", "note")}


WITHOUT_PYTEST = "\n  fix:   make app.py:run work without pytest: no fixtures and no conftest.py are loaded there"


@pytest.mark.parametrize(
    ("source", "message"),
    [
        pytest.param(
            "def run(resume):\n    raise KeyError('CANARY')\n",
            "support v1 could not be built in a separate process: KeyError\n  raised at app.py:16",
            id="raises",
        ),
        pytest.param(
            "import no_such_module\n",
            "support v1 could not be built in a separate process: ModuleNotFoundError\n  raised at app.py:15",
            id="cannot-be-imported",
        ),
        pytest.param(
            "raise SystemExit('CANARY')\n",
            "support v1 could not be built in a separate process: SystemExit\n  raised at app.py:15",
            id="ends",
        ),
        pytest.param(
            "os._exit(3)\n",
            "support could not be built in a separate process: its process ended with exit code 3",
            id="ends-at-once",
        ),
        pytest.param(
            "time.sleep(60)\n",
            "support could not be built in a separate process: no answer within 1 seconds",
            id="hangs",
        ),
        pytest.param(
            "def run(resume):\n    return []\n",
            "support v1 could not be built in a separate process: no request was made",
            id="builds-nothing",
        ),
        pytest.param(
            "import urllib.request\ndef run(resume):\n    urllib.request.urlopen('http://203.0.113.1/')\n",
            "support v1 could not be built in a separate process: URLError\n  raised at app.py:17",
            id="asks-the-network",
        ),
    ],
)
def test_what_cannot_be_built_at_all_cannot_be_judged(source: str, message: str, tmp_path: Path) -> None:
    # Only one of them must take too long, however busy the machine is.
    seconds = 1 if "sleep" in source else 60

    (finding,) = check_rebuilds(plant(tmp_path, "support", source), root=tmp_path, timeout_seconds=seconds)

    assert str(finding) == message + WITHOUT_PYTEST
    assert (finding.rule, finding.level) == ("cannot-tell", "error")


def test_modules_come_from_the_given_path(tmp_path: Path) -> None:
    (tmp_path / "lib").mkdir()
    (tmp_path / "lib" / "texts.py").write_text("TEXT = 'Be brief.'\n")
    suite = plant(tmp_path, "support", "import texts\n" + BUILT.format("texts.TEXT"))

    (finding,) = check_rebuilds(suite, root=tmp_path)

    assert "ModuleNotFoundError" in finding.headline

    assert check_rebuilds(suite, root=tmp_path, sys_path=[*sys.path, str(tmp_path / "lib")]) == ()


# --- differences between cases ----------------------------------------------------------------------------


def difference(function: Callable[..., Any], first: Any, other: Any) -> Finding | None:
    one = make_run(function, {"resume": first})
    two = make_run(function, {"resume": other}, name="ben")
    return find_difference_between_cases(one, two, function)


BEN = {**RESUME, "name": "Ben Okoro", "age": 52}


def test_cases_with_two_prefixes_are_named() -> None:
    def greet(resume: Any) -> dict[str, Any]:
        return build(f"You help somebody of {resume['age']}.", resume["name"])

    assert str(difference(greet, RESUME, BEN)) == (
        "the cached prefix of support v1 is not the same in the cases ana and ben\n"
        "  first difference: system[0] at character 21\n"
        "    ana: 'You help somebody of 30.'\n"
        "    ben: 'You help somebody of 52.'\n"
        "  fix:   move what differs from case to case after the last breakpoint, into the user message"
    )


def test_cases_may_differ_in_their_messages() -> None:
    def ask(resume: Any) -> dict[str, Any]:
        content = [{"type": "text", "text": resume["name"], "cache_control": MARK}]
        return build("Be brief.", content, cache_control=MARK, temperature=resume["age"] / 100)

    assert difference(ask, RESUME, BEN) is None


def test_cases_whose_only_breakpoint_is_in_the_messages_are_not_compared() -> None:
    def ask(resume: Any) -> dict[str, Any]:
        return {**build("x", resume["name"], cache_control=MARK), "system": resume["name"]}

    assert difference(ask, RESUME, BEN) is None


def test_a_breakpoint_that_only_one_case_has_is_a_difference() -> None:
    def ask(resume: Any) -> dict[str, Any]:
        made = build("Be brief.", resume["name"], cache_control=MARK)
        return made if resume["age"] < 40 else {**made, "system": "Be brief."}

    found = difference(ask, RESUME, BEN)

    assert found is not None
    assert found.cause == "breakpoint_removed"
    assert found.place is not None
    assert (found.place.before, found.place.after) == ("breakpoint on system[0]", "no breakpoint")


def test_a_call_that_one_case_makes_more_is_not_compared() -> None:
    def ask(resume: Any) -> list[dict[str, Any]]:
        return [build("Be brief.")] * (1 if resume["age"] < 40 else 2)

    assert difference(ask, RESUME, BEN) is None


def test_functions_that_call_a_client_are_taken_too(tmp_path: Path) -> None:
    suite = plant(tmp_path, "support", CALLED.format("f'You help {resume[\"name\"]}.'"), is_called=True)
    ana, ben = (CaseRun(suite=suite, version=suite.versions[0], case=case) for case in suite.cases)
    function = load_function(suite)

    (leak,) = find_leaks_of_case(ana, function)
    found = find_difference_between_cases(ana, ben, function)

    assert leak.headline.startswith("resume.name is in the cached prefix")
    assert found is not None
    assert found.headline == "the cached prefix of support v1 is not the same in the cases ana and ben"
