"""Ways in which the text of a test may leave a run, by the channels of docs/private.md; ``TEXT`` is the canary."""

from dataclasses import dataclass, field

CANARY = "kanarienvogel7f3a"
_START = f'import os\nimport sys\nimport unittest\nimport warnings\n\nimport pytest\n\nTEXT = "{CANARY}"\n'


@dataclass(frozen=True, kw_only=True)
class Attempt:
    """The files of a project, and how pytest is run there."""

    files: dict[str, str]
    arguments: tuple[str, ...] = ()
    refused: str = ""
    """The options that are to be left out."""
    variables: dict[str, str] = field(default_factory=dict)


def tests(code: str, *arguments: str) -> Attempt:
    """A project of one test file."""
    return Attempt(files={"test_it.py": f"{_START}\n{code}"}, arguments=arguments)


def hooks(code: str, *arguments: str, test: str = "def test_it():\n    pass\n") -> Attempt:
    """A project with hooks in its ``conftest.py``."""
    return Attempt(files={"conftest.py": f"{_START}\n{code}", "test_it.py": f"{_START}\n{test}"}, arguments=arguments)


def failing_hook(signature: str, error: str = "RuntimeError(TEXT)") -> Attempt:
    """A project with a hook that fails."""
    return hooks(f"def pytest_{signature}:\n    raise {error}\n", "--junitxml=out/junit.xml")


def refused(*arguments: str, names: str = "") -> Attempt:
    """A run with options that cannot be withheld, of a project that would show its text anyway."""
    shown = names or arguments[0].partition("=")[0]
    files = {"conftest.py": f"{_START}\nprint(TEXT)\nopen('imported', 'w').close()\n", "test_it.py": FAILS}
    return Attempt(files=files, arguments=arguments, refused=shown)


FAILS = f"{_START}\ndef test_it():\n    print(TEXT)\n    assert TEXT == 'other'\n"
PARAMETRIZED = '@pytest.mark.parametrize("text", [TEXT + " 1", "2"])\ndef test_it(text):\n    assert text == "2"\n'
PLUGIN_OUTPUT = {
    "report header": "def pytest_report_header():\n    return TEXT\n",
    "collection finish": "def pytest_report_collectionfinish():\n    return TEXT\n",
    "category": "def pytest_report_teststatus(report):\n    return TEXT, TEXT, TEXT\n",
    "terminal summary": "def pytest_terminal_summary(terminalreporter):\n    terminalreporter.section(TEXT)\n",
    "terminal writer": "def pytest_sessionfinish(session):\n    session.config.get_terminal_writer().line(TEXT)\n",
    "reporter": (
        "def pytest_collection_finish(session):\n"
        '    session.config.pluginmanager.get_plugin("terminalreporter").write_line(TEXT)\n'
    ),
    "section of a report": (
        "@pytest.hookimpl(wrapper=True, tryfirst=True)\ndef pytest_runtest_makereport():\n"
        '    report = yield\n    report.sections.append((TEXT, TEXT))\n    report.outcome = "failed"\n'
        "    report.longrepr = TEXT\n    return report\n"
    ),
    "property of a report": (
        "@pytest.hookimpl(tryfirst=True)\ndef pytest_runtest_logreport(report):\n"
        '    report.user_properties.append(("a", TEXT))\n'
    ),
    "wrapper of the whole run": (
        "@pytest.hookimpl(wrapper=True, tryfirst=True)\ndef pytest_cmdline_main():\n"
        "    print(TEXT)\n    result = yield\n    print(TEXT)\n    return result\n"
    ),
    "clean-up": "def pytest_configure(config):\n    config.add_cleanup(lambda: print(TEXT))\n",
}

CHANNELS: dict[str, dict[str, Attempt]] = {
    "messages of errors": {
        "compared": tests("def test_it():\n    local = TEXT\n    assert [local] == [1], local\n", "-vv", "-l"),
        "grouped": tests("def test_it():\n    raise ExceptionGroup(TEXT, [ValueError(TEXT)])\n"),
        "caused": tests("def test_it():\n    raise KeyError(1) from ValueError(TEXT)\n", "--tb=native"),
        "noted": tests(
            "def test_it():\n    error = ValueError()\n    error.add_note(TEXT)\n    raise error\n", "--tb=line"
        ),
        "failed": tests("def test_it():\n    pytest.fail(TEXT, pytrace=False)\n", "-rA", "-q"),
        "warned of as an error": tests("def test_it():\n    warnings.warn(TEXT)\n", "-W", "error"),
    },
    "reasons of skips": {
        "strict xfail": tests("@pytest.mark.xfail(reason=TEXT, strict=True)\ndef test_it():\n    pass\n"),
        "xfail": tests("@pytest.mark.xfail(reason=TEXT)\ndef test_it():\n    assert TEXT == 1\n", "-rA", "--xfail-tb"),
        "xpass": tests("@pytest.mark.xfail(reason=TEXT, strict=False)\ndef test_it():\n    pass\n", "-rX"),
        "xfail at run time": tests("def test_it():\n    pytest.xfail(TEXT)\n", "-rx"),
        "skip": tests("def test_it():\n    pytest.skip(TEXT)\n", "-rs"),
        "skip in a mark": tests("@pytest.mark.skipif(True, reason=TEXT)\ndef test_it():\n    pass\n", "-rs"),
        "skip of a module": tests("pytest.skip(TEXT, allow_module_level=True)\n", "-rs"),
        "not importable": tests('pytest.importorskip("none_such", reason=TEXT)\n', "-rs"),
        "condition": tests("@pytest.mark.skipif('1 +' + TEXT, reason='')\ndef test_it():\n    pass\n"),
    },
    "what ends a run": {
        "exit": tests("def test_it():\n    pytest.exit(TEXT)\n"),
        "exit with a code": tests("def test_it():\n    pytest.exit(TEXT, returncode=3)\n"),
        "exit while collecting": tests("pytest.exit(TEXT)\n"),
        "exit at the start": hooks("def pytest_sessionstart():\n    pytest.exit(TEXT)\n"),
        "exit at the end": hooks("def pytest_sessionfinish():\n    pytest.exit(TEXT, returncode=3)\n"),
        "stop": tests("def test_it(request):\n    request.session.shouldstop = TEXT\n\n\ndef test_next():\n    pass\n"),
        "failure": tests(
            "def test_it(request):\n    request.session.shouldfail = TEXT\n\n\ndef test_next():\n    pass\n"
        ),
    },
    "errors in hooks": {
        "addoption": failing_hook("addoption()"),
        "configure": failing_hook("configure()"),
        "configure as a usage error": failing_hook("configure()", "pytest.UsageError(TEXT)"),
        "sessionstart": failing_hook("sessionstart()"),
        "collect_file": failing_hook("collect_file()"),
        "generate_tests": failing_hook("generate_tests()"),
        "modifyitems": failing_hook("collection_modifyitems()"),
        "runtestloop": failing_hook("runtestloop()"),
        "runtest_setup": failing_hook("runtest_setup()"),
        "makereport": failing_hook("runtest_makereport()"),
        "logreport": failing_hook("runtest_logreport()"),
        "sessionfinish": failing_hook("sessionfinish()"),
        "terminal_summary": failing_hook("terminal_summary()"),
        "unconfigure": failing_hook("unconfigure()"),
        "unconfigure as a usage error": failing_hook("unconfigure()", "pytest.UsageError(TEXT)"),
        "cmdline_main": failing_hook("cmdline_main()"),
    },
    "import of a `conftest.py`": {
        "error": hooks("print(TEXT)\nraise RuntimeError(TEXT)\n"),
        "exit of pytest": hooks("pytest.exit(TEXT)\n"),
        "syntax": Attempt(files={"conftest.py": f'"{CANARY}" + + * 7\n', "test_it.py": FAILS}),
        "plugin": Attempt(
            files={"conftest.py": 'pytest_plugins = ["broken"]\n', "broken.py": f'raise ValueError("{CANARY}")\n'},
            variables={"PYTHONPATH": "."},
        ),
        "in a folder": Attempt(files={"a/conftest.py": f'raise ValueError("{CANARY}")\n', "a/test_it.py": FAILS}),
    },
    "files that cannot be collected": {
        "error": tests("raise ValueError(TEXT)\n", "-vv"),
        "syntax": Attempt(files={"test_it.py": f'"{CANARY}" + + * 7\n'}),
        "unknown parameter": tests("@pytest.mark.parametrize(TEXT, [1])\ndef test_it():\n    pass\n"),
        "unknown fixture": tests(f"def test_it({CANARY}):\n    pass\n"),
    },
    "output of tests": {
        "print": tests("def test_it():\n    print(TEXT)\n    assert 0\n", "--show-capture=all"),
        "fixture": tests(
            "@pytest.fixture\ndef a():\n    print(TEXT)\n    assert 0\n\n\ndef test_it(a):\n    pass\n", "-rA"
        ),
        "hook": hooks("def pytest_configure():\n    print(TEXT, file=sys.stderr)\n"),
        "import": tests("print(TEXT)\nassert 0\n"),
    },
    "errors in threads": {
        "thread": tests(
            "import threading\n\n\ndef die():\n    raise ValueError(TEXT)\n\n\ndef test_it():\n"
            "    thread = threading.Thread(target=die)\n    thread.start()\n    thread.join()\n"
        ),
        "del": tests(
            "class It:\n    def __del__(self):\n        raise ValueError(TEXT)\n\n\ndef test_it():\n    It()\n"
        ),
    },
    "warnings": {
        "test": tests("def test_it():\n    warnings.warn(TEXT)\n", "-rw"),
        "collection": tests("warnings.warn(TEXT)\n\n\ndef test_it():\n    pass\n"),
        "configure": hooks(
            "def pytest_configure(config):\n    config.issue_config_time_warning(UserWarning(TEXT), 2)\n"
        ),
        "item": hooks("def pytest_runtest_setup(item):\n    item.warn(pytest.PytestWarning(TEXT))\n"),
    },
    "the terminal of plugins": {
        name: hooks(code, "-rA", "--junitxml=out/junit.xml", "-o", "junit_logging=all")
        for name, code in PLUGIN_OUTPUT.items()
    },
    "ids": {
        "parameters": tests(PARAMETRIZED, "-v", "--durations=3", "-vv", "--junitxml=out/junit.xml"),
        "ids": tests("@pytest.mark.parametrize('a', [1], ids=[TEXT])\ndef test_it(a):\n    assert not a\n"),
        "param": tests(
            "@pytest.mark.parametrize('a', [pytest.param(1, id=TEXT)])\ndef test_it(a):\n    assert not a\n"
        ),
        "fixture": tests(
            "@pytest.fixture(params=[TEXT])\ndef a(request):\n    pass\n\n\ndef test_it(a):\n    assert 0\n"
        ),
        "class": tests(
            "@pytest.mark.parametrize('a', [TEXT])\nclass TestIt:\n    def test_it(self, a):\n        assert 0\n", "-rA"
        ),
        "collected": tests(PARAMETRIZED, "--collect-only"),
        "collected quietly": tests(PARAMETRIZED, "--collect-only", "-q"),
        "items of other files": Attempt(
            files={
                "conftest.py": (
                    "import pytest\n\n\nclass Item(pytest.Item):\n    def runtest(self):\n        assert 0\n\n\n"
                    "class File(pytest.File):\n    def collect(self):\n"
                    "        yield Item.from_parent(self, name=self.path.read_text())\n\n\n"
                    "def pytest_collect_file(parent, file_path):\n"
                    '    if file_path.suffix == ".txt":\n        return File.from_parent(parent, path=file_path)\n'
                ),
                "a.txt": CANARY,
            },
            arguments=("-v", "--junitxml=out/junit.xml"),
        ),
    },
    "subtests": {
        "message": tests("def test_it(subtests):\n    with subtests.test(TEXT):\n        assert 0\n"),
        "values": tests(
            "def test_it(subtests):\n    with subtests.test(a=TEXT):\n        print(TEXT)\n        assert 0\n"
        ),
        "unittest": tests(
            "class TestIt(unittest.TestCase):\n    def test_it(self):\n"
            "        with self.subTest(TEXT, a=TEXT):\n            self.assertEqual(TEXT, 1)\n"
        ),
    },
    "doctests and `unittest`": {
        "doctest": tests('def it():\n    """\n    >>> TEXT\n    1\n    """\n', "--doctest-modules"),
        "text file": Attempt(files={"test_it.txt": f">>> '{CANARY}'\n1\n"}, arguments=("--doctest-glob=*.txt",)),
        "failure": tests("class TestIt(unittest.TestCase):\n    def test_it(self):\n        self.fail(TEXT)\n"),
        "skip": tests("class TestIt(unittest.TestCase):\n    def test_it(self):\n        self.skipTest(TEXT)\n", "-rs"),
        "unexpected success": tests(
            "class TestIt(unittest.TestCase):\n    @unittest.expectedFailure\n"
            "    def test_it(self):\n        print(TEXT)\n",
            "-rA",
        ),
    },
    "JUnit files": {
        name: tests(code, "--junitxml=out/junit.xml", "-o", "junit_logging=all", "-o", "junit_family=xunit1")
        for name, code in {
            "property": "def test_it(record_property):\n    record_property('a', TEXT)\n",
            "name of a property": "def test_it(record_property):\n    record_property('harness.' + TEXT, 1)\n",
            "attribute": "def test_it(record_xml_attribute):\n    record_xml_attribute('a', TEXT)\n",
            "property of the suite": (
                "def test_it(record_testsuite_property):\n    record_testsuite_property('a', TEXT)\n"
            ),
            "output": "def test_it():\n    print(TEXT)\n",
            "user property": "def test_it(request):\n    request.node.user_properties.append(('a', TEXT))\n",
        }.items()
    },
    "`.pytest_cache`": {
        "value": tests("def test_it(cache):\n    cache.set('a/b', TEXT)\n    assert cache.get('a/b', 0) == TEXT\n"),
        "name": tests("def test_it(cache):\n    cache.set(TEXT, 1)\n"),
        "folder": tests("def test_it(cache):\n    cache.mkdir(TEXT).joinpath('a').write_text(TEXT)\n"),
        "early value": hooks("def pytest_configure(config):\n    config.cache.set('a/b', TEXT)\n"),
        "last failures": tests(PARAMETRIZED, "--lf", "--nf"),
        "steps": tests(PARAMETRIZED, "--stepwise"),
    },
    "folders of `tmp_path`": {
        "folder": tests(PARAMETRIZED.replace("(text)", "(text, tmp_path)")),
    },
    "shown while tests run": {
        option: refused(*option.split(), names="-s, --capture=tee-sys, log_cli and --log-cli-level")
        for option in ("-s", "--capture=tee-sys", "--log-cli-level=INFO", "-o log_cli=true")
    },
    "written elsewhere": {
        "log file": refused("--log-file=out.log"),
        "log file of the project": refused("-o", "log_file=out.log", names="log_file"),
        "debug": refused("--debug"),
        "pastebin": refused("--pastebin=all"),
    },
    "debuggers": {option: refused(option) for option in ("--pdb", "--trace")},
    "listings": {
        option: refused(option)
        for option in ("--help", "--markers", "--fixtures", "--fixtures-per-test", "--cache-show", "--setup-show")
    }
    | {option: refused(option) for option in ("--setup-only", "--setup-plan", "--hypothesis-show-statistics")},
    "`--harness-list-cassettes`": {"list": refused("--harness-list-cassettes=out.txt")},
}
"""Attempts in this process, by the beginning of their row."""
