"""Suite files: the content of valid ones, and the errors for invalid ones."""

import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from harness.errors import SuiteError
from harness.settings import DEFAULT_MODEL
from harness.suites.loader import load_function, read_suite_file
from harness.suites.model import Suite
from harness.suites.plan import Plan

GOOD = """\
suites:
  support:
    call: app.py:ask
    prompts:
      v1: {file: prompt.md}
    cases:
      refund: {question: How}
"""

PACKAGE_DATA = {"prompt.md": b"Be kind.\n", "app.py": b"def ask(client, prompt, question):\n    return question\n"}


def load_all(path: Path) -> tuple[Suite, ...]:
    source = read_suite_file(path)
    return tuple(source.load(name) for name in source.entries)


def write(folder: Path, suite: str | bytes, **files: bytes) -> Path:
    """The path of a suite file next to a prompt, an application and ``files``."""
    for name, data in {**PACKAGE_DATA, **files}.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(data)
    path = folder / "suite.yaml"
    path.write_bytes(suite.encode() if isinstance(suite, str) else suite)
    return path


def load_one(path: Path) -> Suite:
    (suite,) = load_all(path)
    return suite


def test_suite_has_its_call_client_versions_and_cases(tmp_path: Path) -> None:
    path = write(
        tmp_path,
        """\
suites:
  support:
    call: app.py:ask
    client: anthropic
    prompts:
      v1: {file: prompt.md, model: claude-3-7-sonnet-20250219}
      v2: {file: prompts/v2.md}
    fixtures: {order: orders}
    cases:
      refund: {order: late, question: How}
""",
        **{"prompts/v2.md": "Sei nett – immer.\n".encode(), "orders/late.json": b'{"id": 7}'},
    )

    suite = load_one(path)

    assert (suite.name, suite.path, suite.line, suite.function, suite.client) == (
        "support", path, 2, "app.py:ask", "anthropic",
    )  # fmt: skip
    assert [(version.name, version.text, version.model) for version in suite.versions] == [
        ("v1", "Be kind.\n", "claude-3-7-sonnet-20250219"),
        ("v2", "Sei nett – immer.\n", DEFAULT_MODEL),
    ]
    assert [(case.name, case.line, case.inputs) for case in suite.cases] == [
        ("refund", 10, {"order": {"id": 7}, "question": "How"})
    ]


def test_suite_gets_a_claude_client_unless_it_says_otherwise(tmp_path: Path) -> None:
    assert load_one(write(tmp_path, GOOD)).client == "claude"


def test_prompt_text_has_the_same_line_ends_in_every_checkout(tmp_path: Path) -> None:
    path = write(tmp_path, GOOD, **{"prompt.md": b"Be kind.\r\nBe brief.\r\n"})

    assert load_one(path).versions[0].text == "Be kind.\nBe brief.\n"


def test_suites_come_in_the_order_of_the_file(tmp_path: Path) -> None:
    second = GOOD.split("\n", 1)[1].replace("support", "account")
    path = write(tmp_path, GOOD + second)

    assert [suite.name for suite in load_all(path)] == ["support", "account"]


def test_anchors_share_cases_between_suites(tmp_path: Path) -> None:
    shared = GOOD.replace("cases:", "cases: &cases")
    second = "  account:\n    call: app.py:ask\n    prompts: {v1: {file: prompt.md}}\n    cases: *cases\n"

    first, other = load_all(write(tmp_path, shared + second))

    assert first.cases == other.cases


TWO_CASES = GOOD + "      parcel: {question: Where}\n"
QUESTIONS = """\
suites:
  support:
    call: app.py:ask
    plan: questions
    prompts:
      v1: {file: prompt.md}
    fixtures: {order: orders}
    cases:
      refund:
        order: late
        rounds:
          - {question: How}
          - {question: When, order: paid}
"""


def with_plan(line: str) -> str:
    return TWO_CASES.replace("    cases:", f"    {line}\n    cases:")


@pytest.mark.parametrize(
    ("line", "refund", "parcel"),
    [
        pytest.param("client: claude", Plan(), Plan(), id="none"),
        pytest.param("plan: repeat", Plan(), Plan(), id="kind-alone"),
        pytest.param("plan: {rounds: 3}", Plan(rounds=3), Plan(rounds=3), id="rounds-alone"),
        pytest.param("samples: 5", *[Plan(kind="samples", rounds=5)] * 2, id="samples-in-short"),
        pytest.param("plan: {kind: samples, rounds: 5}", *[Plan(kind="samples", rounds=5)] * 2, id="samples"),
        pytest.param("plan: conversation", *[Plan(kind="conversation", rounds=1)] * 2, id="conversation"),
        pytest.param(
            "plan: {kind: conversation, rounds: 2}", *[Plan(kind="conversation", rounds=2)] * 2, id="conversations"
        ),
        pytest.param("case_plans: {refund: {rounds: 4}}", Plan(rounds=4), Plan(), id="one-case"),
        pytest.param(
            "samples: 3\n    case_plans: {refund: conversation}",
            Plan(kind="conversation", rounds=1),
            Plan(kind="samples", rounds=3),
            id="one-case-otherwise-than-its-suite",
        ),
    ],
)
def test_plan_is_the_suites_unless_the_case_has_its_own(line: str, refund: Plan, parcel: Plan, tmp_path: Path) -> None:
    suite = load_one(write(tmp_path, with_plan(line)))

    assert [case.plan for case in suite.cases] == [refund, parcel]


def test_questions_have_the_inputs_of_their_case_and_their_own(tmp_path: Path) -> None:
    orders = {"orders/late.json": b'{"id": 7}', "orders/paid.json": b'{"id": 8}'}

    (case,) = load_one(write(tmp_path, QUESTIONS, **orders)).cases

    assert case.plan == Plan(kind="questions", rounds=2)
    assert [case.round_inputs(number) for number in range(2)] == [
        {"order": {"id": 7}, "question": "How"},
        {"order": {"id": 8}, "question": "When"},
    ]
    assert case.inputs == case.round_inputs(0)


def test_rounds_are_an_input_like_any_other_without_questions(tmp_path: Path) -> None:
    (case,) = load_one(write(tmp_path, GOOD.replace("question: How", "rounds: [3, 4]"))).cases

    assert (case.inputs, case.plan) == ({"rounds": [3, 4]}, Plan())


KINDS = "Input should be 'repeat', 'samples', 'questions' or 'conversation'"
BAD_PLANS = [
    pytest.param(with_plan("plan: dialog"), f"6: suites.support.plan.kind: {KINDS}", id="unknown-kind"),
    pytest.param(with_plan("plan:\n      kind: chat"), f"7: suites.support.plan.kind: {KINDS}", id="kind-on-its-line"),
    pytest.param(with_plan("plan: 3"), "6: suites.support.plan: expected keys with values", id="number-alone"),
    pytest.param(
        with_plan("plan: {kind: repeat, times: 3}"), "6: suites.support.plan.times: not a known key", id="unknown-key"
    ),
    pytest.param(
        with_plan("plan: {rounds: 0}"),
        "6: suites.support.plan.rounds: Input should be greater than or equal to 1",
        id="no-rounds",
    ),
    pytest.param(
        with_plan("plan: {rounds: yes}"),
        "6: suites.support.plan.rounds: Input should be a valid integer",
        id="rounds-that-are-no-number",
    ),
    pytest.param(
        with_plan("plan: {rounds: 1}"),
        "6: suites.support.plan: one round cannot read what another wrote: repeat needs two or more",
        id="one-round",
    ),
    pytest.param(
        with_plan("plan: samples"),
        "6: suites.support.plan: samples need a number of rounds",
        id="samples-without-a-number",
    ),
    pytest.param(
        with_plan("samples: 1"),
        "6: suites.support.samples: Input should be greater than or equal to 2",
        id="one-sample",
    ),
    pytest.param(
        with_plan("plan: {kind: questions, rounds: 2}"),
        "6: suites.support.plan: the rounds of a plan of questions belong in each case",
        id="questions-with-a-number",
    ),
    pytest.param(
        with_plan("plan: conversation\n    samples: 3"),
        "7: suite 'support' has a plan and samples, expected one of them",
        id="plan-and-samples",
    ),
    pytest.param(
        with_plan("case_plans:\n      gone: conversation"),
        "7: suite 'support' has a plan for the case 'gone', but no such case",
        id="plan-of-no-case",
    ),
    pytest.param(
        with_plan("plan: questions"),
        "8: suite 'support' asks questions in the case 'refund', which needs rounds: "
        "a list of two or more sets of inputs",
        id="questions-without-rounds",
    ),
    pytest.param(
        QUESTIONS.replace("          - {question: When, order: paid}\n", ""),
        "11: suite 'support' asks questions in the case 'refund', which needs rounds: "
        "a list of two or more sets of inputs",
        id="one-question",
    ),
    pytest.param(
        QUESTIONS.replace("{question: How}", "How"),
        "11: suite 'support' asks questions in the case 'refund', which needs rounds: "
        "a list of two or more sets of inputs",
        id="question-without-a-key",
    ),
    pytest.param(
        QUESTIONS.replace("        order: late\n", ""),
        "12: FOLDER/orders/paid.json is unreadable: No such file or directory",
        id="missing-fixture-of-a-question",
    ),
]


BAD_FILES = [
    *BAD_PLANS,
    pytest.param("suites: [\n  a: }\n", "2: not YAML: expected the node content, but found '}'", id="not-yaml"),
    pytest.param("", "1: the file is empty", id="empty"),
    pytest.param("# nothing but a remark\n", "1: the file is empty", id="only-a-comment"),
    pytest.param("- a\n", "1: expected keys with values", id="not-a-mapping"),
    pytest.param("suites: {}\nsuite: {}\n", "2: suite: not a known key", id="unknown-top-level-key"),
    pytest.param(
        GOOD.replace("    cases:", "    retries: 3\n    cases:"), "6: suites.support.retries: not a known key",
        id="unknown-key-of-a-suite",
    ),
    pytest.param(
        GOOD.replace("{file: prompt.md}", "\n        file: prompt.md\n        temperature: 1"),
        "7: suites.support.prompts.v1.temperature: not a known key",
        id="unknown-key-of-a-prompt",
    ),
    pytest.param(
        GOOD.replace("    call: app.py:ask\n", ""), "2: suite 'support' needs either call or build", id="missing-key"
    ),
    pytest.param(
        GOOD.replace("ask\n", "ask\n    client: openai\n"),
        "4: suites.support.client: Input should be 'claude', 'anthropic' or 'http'",
        id="unknown-client",
    ),
    pytest.param(
        GOOD + "      parcel: {question: Where}\n      refund: {question: When}\n",
        "9: 'refund' appears twice, first on line 7",
        id="duplicate-case",
    ),
    pytest.param(
        GOOD + GOOD.split("\n", 1)[1], "8: 'support' appears twice, first on line 2", id="duplicate-suite"
    ),
    pytest.param(
        GOOD.replace("v1: {file: prompt.md}", "v1: {file: prompt.md}\n      v1: {file: prompt.md}"),
        "6: 'v1' appears twice, first on line 5",
        id="duplicate-version",
    ),
    pytest.param(
        GOOD.replace("support:", "support/eu:"),
        "2: suites.support/eu: 'support/eu' is not a name: use letters, digits, dot, dash and underscore",
        id="bad-suite-name",
    ),
    pytest.param(
        GOOD.replace("refund:", "a::b:"),
        "7: suites.support.cases.a::b: 'a::b' is not a name: use letters, digits, dot, dash and underscore",
        id="bad-case-name",
    ),
    pytest.param(
        GOOD.replace("v1:", "'':"),
        "5: suites.support.prompts.: '' is not a name: use letters, digits, dot, dash and underscore",
        id="empty-version-name",
    ),
    pytest.param(
        GOOD.replace("refund:", '"re\\nfund":'),
        "7: suites.support.cases.re\\nfund: 're\\nfund' is not a name: use letters, digits, dot, dash and underscore",
        id="newline-in-a-name",
    ),
    pytest.param(
        GOOD.replace("refund:", '"refund\\n":'),
        "7: suites.support.cases.refund\\n: 'refund\\n' is not a name: use letters, digits, dot, dash and underscore",
        id="newline-at-the-end-of-a-name",
    ),
    pytest.param(
        GOOD.replace("\n      refund: {question: How}", " {}"), "2: suite 'support' has no cases", id="no-cases"
    ),
    pytest.param(
        GOOD.replace("\n      v1: {file: prompt.md}", " {}"), "2: suite 'support' has no prompts", id="no-prompts"
    ),
    pytest.param(
        GOOD.replace("prompt.md", "gone.md"), "5: FOLDER/gone.md is unreadable: No such file or directory",
        id="missing-prompt",
    ),
    pytest.param(
        GOOD.replace("cases:\n      refund: {question: How}", "fixtures: {order: .}\n    cases:\n      refund:\n"
                     "        question: How\n        order: gone"),
        "10: FOLDER/gone.json is unreadable: No such file or directory",
        id="missing-fixture",
    ),
    pytest.param(
        GOOD.replace("How", "!env QUESTION"),
        "7: not YAML: could not determine a constructor for the tag '!env'",
        id="unknown-tag",
    ),
]  # fmt: skip


@pytest.mark.parametrize(("suite", "message"), BAD_FILES)
def test_bad_suite_file_is_refused_with_its_line(suite: str, message: str, tmp_path: Path) -> None:
    path = write(tmp_path, suite)

    with pytest.raises(SuiteError) as caught:
        load_all(path)

    assert str(caught.value) == f"{path}:{message.replace('FOLDER', str(tmp_path))}"


@pytest.mark.parametrize(
    ("suite", "line"),
    [
        pytest.param(GOOD.replace("How", "2026-13-45"), 7, id="a-date-that-is-none"),
        pytest.param("suites:\n  support: &a {cases: *a}\n", 2, id="refers-to-itself"),
        pytest.param("suites: " + "[" * 10_000, 1, id="nested-too-deep"),
    ],
)
def test_yaml_that_cannot_be_built_is_refused_with_its_line(suite: str, line: int, tmp_path: Path) -> None:
    path = write(tmp_path, suite)

    with pytest.raises(SuiteError) as caught:
        load_all(path)

    assert str(caught.value).startswith(f"{path}:{line}: ")


def test_missing_suite_file_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "suite.yaml"

    with pytest.raises(SuiteError) as caught:
        load_all(path)

    assert str(caught.value) == f"{path}:1: unreadable: No such file or directory"


WITH_FIXTURE = GOOD.replace("    cases:", "    fixtures: {question: questions}\n    cases:").replace("How", "how")

BAD_NEIGHBOURS = [
    pytest.param(GOOD, "prompt.md", b"", "1: the prompt is empty", id="empty-prompt"),
    pytest.param(GOOD, "prompt.md", b" \n\t\n", "1: the prompt is empty", id="blank-prompt"),
    pytest.param(
        GOOD, "prompt.md", b"Be kind.\nSay \xe9t\xe9.\n", "2: not UTF-8 text: invalid continuation byte",
        id="prompt-not-utf-8",
    ),
    pytest.param(
        GOOD, "prompt.md", "Be kind.".encode("utf-16"), "1: UTF-16, expected UTF-8", id="prompt-in-utf-16",
    ),
    pytest.param(
        WITH_FIXTURE, "questions/how.json", b'{\n "a": 1,\n}\n',
        "2: not JSON: Illegal trailing comma before end of object", id="fixture-not-json",
    ),
    pytest.param(
        WITH_FIXTURE, "questions/how.json", b'{\n\n "a": "\xe9t\xe9"}', "3: not UTF-8 text: invalid continuation byte",
        id="fixture-not-utf-8",
    ),
    pytest.param(WITH_FIXTURE, "questions/how.json", b"", "1: the file is empty", id="fixture-empty"),
    pytest.param(WITH_FIXTURE, "questions/how.json", b" \n", "1: the file is empty", id="fixture-blank"),
]  # fmt: skip


@pytest.mark.parametrize(("suite", "name", "data", "message"), BAD_NEIGHBOURS)
def test_bad_prompt_or_fixture_is_refused_with_its_own_line(
    suite: str, name: str, data: bytes, message: str, tmp_path: Path
) -> None:
    path = write(tmp_path, suite, **{name: data})

    with pytest.raises(SuiteError) as caught:
        load_all(path)

    assert caught.value.message == f"{tmp_path / name}:{message}"


def test_call_in_a_file_beside_the_suite_is_found(tmp_path: Path, fresh_imports: None) -> None:
    function = load_function(load_one(write(tmp_path, GOOD)))

    assert function(None, "", question="How") == "How"


def test_file_beside_the_suite_may_import_its_neighbours(tmp_path: Path, fresh_imports: None) -> None:
    files = {"app.py": b"from neighbour_of_app import ask\n", "neighbour_of_app.py": PACKAGE_DATA["app.py"]}
    function = load_function(load_one(write(tmp_path, GOOD, **files)))

    assert function(None, "", question="How") == "How"


def test_file_in_a_package_is_imported_by_its_dotted_name(tmp_path: Path, fresh_imports: None) -> None:
    path = write(tmp_path / "shop" / "support", GOOD, **{"__init__.py": b"", "../__init__.py": b""})

    assert load_function(load_one(path)).__module__ == "shop.support.app"


def test_call_in_an_installed_module_is_found(tmp_path: Path) -> None:
    path = write(tmp_path, GOOD.replace("app.py:ask", "textwrap:wrap"))

    assert load_function(load_one(path)).__module__ == "textwrap"


def test_two_files_of_the_same_name_are_two_modules(tmp_path: Path, fresh_imports: None) -> None:
    other = {"app.py": b"def ask(client, prompt, question):\n    return 'other'\n"}
    first = load_function(load_one(write(tmp_path / "a", GOOD)))
    second = load_function(load_one(write(tmp_path / "b", GOOD, **other)))

    assert (first(None, "", "How"), second(None, "", "How")) == ("How", "other")


BAD_CALLS = [
    pytest.param("app.py", "call is 'app.py', expected module:function or file.py:function", id="no-colon"),
    pytest.param("':ask'", "call is ':ask', expected module:function or file.py:function", id="no-module"),
    pytest.param("'app.py:'", "call is 'app.py:', expected module:function or file.py:function", id="no-function"),
    pytest.param(
        "gone.py:ask",
        "call is 'gone.py:ask', but gone.py cannot be imported: [Errno 2] No such file or directory: 'FOLDER/gone.py'",
        id="missing-file",
    ),
    pytest.param(
        "no_such_module:ask",
        "call is 'no_such_module:ask', but no_such_module cannot be imported: No module named 'no_such_module'",
        id="missing-module",
    ),
    pytest.param(
        "broken.py:ask",
        "call is 'broken.py:ask', but broken.py cannot be imported: No module named 'no_such_module'",
        id="module-that-imports-a-missing-one",
    ),
    pytest.param("app.py:answer", "call is 'app.py:answer', but app.py has no function 'answer'", id="no-such-name"),
    pytest.param("app.py:LIMIT", "call is 'app.py:LIMIT', but app.py has no function 'LIMIT'", id="not-a-function"),
]


def load_bad_call(folder: Path, call: str) -> Suite:
    files = {"broken.py": b"import no_such_module\n", "app.py": b"LIMIT = 3\n"}
    return load_one(write(folder, GOOD.replace("app.py:ask", call), **files))


@pytest.mark.parametrize(("call", "message"), BAD_CALLS)
def test_bad_call_is_refused_with_the_line_of_its_suite(
    call: str, message: str, tmp_path: Path, fresh_imports: None
) -> None:
    suite = load_bad_call(tmp_path, call)

    with pytest.raises(SuiteError) as caught:
        load_function(suite)

    assert str(caught.value) == f"{suite.path}:2: {message.replace('FOLDER', str(tmp_path))}"


def test_relative_module_is_refused_with_the_line_of_its_suite(tmp_path: Path) -> None:
    suite = load_bad_call(tmp_path, ".app:ask")

    with pytest.raises(SuiteError) as caught:
        load_function(suite)

    expected = "expected module:function or file.py:function"
    assert str(caught.value) == f"{suite.path}:2: call is '.app:ask', {expected}"


def test_file_that_cannot_be_imported_says_so_every_time(tmp_path: Path, fresh_imports: None) -> None:
    suite = load_bad_call(tmp_path, "broken.py:ask")
    messages = []
    for _ in range(2):
        with pytest.raises(SuiteError) as caught:
            load_function(suite)
        messages.append(str(caught.value))

    assert messages[0] == messages[1]


@pytest.fixture
def fresh_imports(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Undo the imports of a test, so that the next one gets its own ``shop`` and ``app``."""
    monkeypatch.setattr(sys, "path", list(sys.path))
    before = dict(sys.modules)
    yield
    for name in set(sys.modules) - set(before):
        del sys.modules[name]
