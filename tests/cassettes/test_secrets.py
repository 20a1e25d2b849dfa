"""Secrets of others: found by kind, refused when they would be written, allowed by the project."""

import base64
from pathlib import Path

import pytest

from harness.cassettes.configuration import find_allowed
from harness.cassettes.format import Failure, Interaction, RecordedRequest, RecordedResponse
from harness.cassettes.hygiene import check
from harness.cassettes.scan import SecretGuard
from harness.cassettes.secrets import find_foreign, read_allowed, scrub_foreign
from harness.cassettes.store import CassetteStore
from harness.errors import SecretError, UsageError
from tests.cassettes.examples import cassette, dump, interaction, message, request, response
from tests.secret_kinds import KINDS, OWN_KEY, Kind

FOREIGN = [kind for kind in KINDS if not kind.is_ours]
(GITHUB,) = (kind for kind in KINDS if kind.name == "github-token")
HINT = "take it out, replace it with a rule of harness_scrub, or allow it in harness_allow_secrets (docs/secrets.md)"


@pytest.mark.parametrize("kind", FOREIGN, ids=lambda kind: kind.name)
def test_each_kind_is_found_whole_in_text_and_in_base64(kind: Kind) -> None:
    packed = base64.b64encode(f"it is\n{kind.text}\n".encode()).decode()

    assert find_foreign(f"it is\n{kind.text}\nall right")
    assert find_foreign(f"data {packed} end")
    assert kind.core not in scrub_foreign(f"it is\n{kind.text}\nall right")


@pytest.mark.parametrize(
    "text",
    [
        "Set API_KEY=<your key> and DB_PASSWORD=changeme1, then export TOKEN=$TOKEN.",
        "API_KEY=your-key-1234\nTOKEN=xxxxxxxx1\nSECRET=...12345",
        "Connect to postgres://user:<password>@localhost, or http://user:password@example.com.",
        "A JSON Web Token has three parts; AWS access keys begin with AKIA, GitHub's with ghp_.",
        "The sha is 0f9c1a2b3c4d4e5f8a9b0c1d2e3f4a5b0f9c1a2b3c4d4e5f, the id toolu_01A09q90qw90lq917835lq9.",
        "MAX_TOKENS=100000 KEYBOARD=qwertz12",
    ],
)
def test_prose_about_secrets_is_none(text: str) -> None:
    assert find_foreign(text) == []


def answer(text: str) -> RecordedResponse:
    return response(dump(message(text)))


STREAM = b"".join(
    b"data: "
    + dump({"type": "content_block_delta", "index": 0, "delta": {"type": "text_delta", "text": text}})
    + b"\n\n"
    for text in ("it is ", GITHUB.text[:9], GITHUB.text[9:])
)
PLACES = [
    (request({"messages": [{"role": "user", "content": GITHUB.text}]}), answer(""), "messages[0].content of request"),
    (
        request({"system": [{"type": "text", "text": "x " * 600 + GITHUB.text}]}),
        answer(""),
        "system[0].text of request",
    ),
    (request(f"a={GITHUB.text}".encode()), answer(""), "the body of request"),
    (request({}, path=f"/v1/{GITHUB.text}"), answer(""), "the URL of request"),
    (request({}), answer(GITHUB.text), "content[0].text of response"),
    (request({}), response(STREAM, content_type="text/event-stream"), "content[0] of response"),
    (
        request({}),
        RecordedResponse(status=None, headers={}, chunks=(), failure=Failure("ReadError", GITHUB.text)),
        "the error of response",
    ),
]


@pytest.mark.parametrize(("sent", "answered", "place"), PLACES, ids=[place for *_, place in PLACES])
def test_cassette_with_a_secret_is_not_written(
    sent: RecordedRequest, answered: RecordedResponse, place: str, tmp_path: Path
) -> None:
    store = CassetteStore(tmp_path, guard=SecretGuard())
    bad = cassette(interaction({}), Interaction(request=sent, response=answered))

    with pytest.raises(SecretError) as caught:
        store.save("one", bad)

    assert str(caught.value) == f"cassette 'one' is not written: a GitHub token in {place} 2\n  try: {HINT}"
    assert list(tmp_path.iterdir()) == []

    CassetteStore(tmp_path).save("one", bad)
    assert "a GitHub token" in [finding.what for finding in check(tmp_path)]
    allowed = read_allowed(["ghp_.*"], "harness_allow_secrets")
    assert check(tmp_path, allowed) == []
    CassetteStore(tmp_path, guard=SecretGuard(allowed=allowed)).save("one", bad)


@pytest.mark.parametrize("text", [f"the key {OWN_KEY}", base64.b64encode(f"the key {OWN_KEY}".encode()).decode()])
def test_text_with_a_key_of_this_run_is_not_kept(text: str, tmp_path: Path) -> None:
    store = CassetteStore(tmp_path, guard=SecretGuard(values=frozenset({OWN_KEY})))

    with pytest.raises(SecretError) as caught:
        store.put_text(text)

    assert caught.value.message == "a prompt is not accepted: its text holds a key of this run, and would be written"
    assert list(tmp_path.iterdir()) == []


def test_check_names_the_line_of_a_secret_in_a_cassette_and_in_a_blob(tmp_path: Path) -> None:
    texts = {"system": "line\n" * 300 + f"DB_PASSWORD={'a1' * 8}\n", "messages": [{"content": GITHUB.text}]}
    store = CassetteStore(tmp_path)
    store.save("one", cassette(interaction(texts)))
    (blob,) = (tmp_path / "blobs").iterdir()
    lines = store.path("one").read_text().split("\n")
    line = next(number for number, text in enumerate(lines, 1) if GITHUB.text in text)

    assert [str(finding) for finding in check(tmp_path)] == [
        f"{blob}:301: a secret of an .env file",
        f"{tmp_path}/one.json:{line}: a GitHub token",
    ]


def test_check_finds_keys_that_are_encoded(tmp_path: Path) -> None:
    packed = base64.b64encode(b"the key sk-ant-api03-secret").decode()
    CassetteStore(tmp_path).save("one", cassette(interaction({"messages": [{"content": packed}]})))

    assert [finding.what for finding in check(tmp_path)] == ["an API key (sk-ant-), encoded"]


CONFIGURATIONS = {
    "pytest.ini": "[pytest]\nharness_allow_secrets =\n    ghp_.*\n    AKIA\\w+\n",
    "pyproject.toml": "[tool.pytest.ini_options]\nharness_allow_secrets = ['ghp_.*', 'AKIA\\w+']\n",
    "pytest.toml": "[pytest]\nharness_allow_secrets = ['ghp_.*', 'AKIA\\w+']\n",
    "tox.ini": "[tox]\n[pytest]\nharness_allow_secrets =\n    ghp_.*\n    AKIA\\w+\n",
    "setup.cfg": "[tool:pytest]\nharness_allow_secrets =\n    ghp_.*\n    AKIA\\w+\n",
}


@pytest.mark.parametrize("name", CONFIGURATIONS)
def test_allow_list_is_read_from_the_configuration_of_pytest(name: str, tmp_path: Path) -> None:
    (tmp_path / name).write_text(CONFIGURATIONS[name])
    folder = tmp_path / "deep" / "cassettes"

    assert [pattern.pattern for pattern in find_allowed(folder)] == ["ghp_.*", r"AKIA\w+"]


def test_pytest_9_tables_are_read_and_files_without_a_section_passed_over(tmp_path: Path) -> None:
    (tmp_path / "pyproject.toml").write_text("[tool.pytest]\nharness_allow_secrets = ['a']\n")
    (tmp_path / "inner").mkdir()
    (tmp_path / "inner" / "pyproject.toml").write_text("[tool.ruff]\n")

    assert [pattern.pattern for pattern in find_allowed(tmp_path / "inner")] == ["a"]


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("[pytest]\nharness_allow_secrets = (\n", "harness_allow_secrets: '(': missing ), unterminated subpattern"),
        ("x\n", "unexpected line: 'x'"),
    ],
)
def test_configuration_that_cannot_be_read_is_named(text: str, reason: str, tmp_path: Path) -> None:
    (tmp_path / "pytest.ini").write_text(text)

    with pytest.raises(UsageError) as caught:
        find_allowed(tmp_path)

    assert str(caught.value).startswith(f"{tmp_path}/pytest.ini")
    assert reason in str(caught.value)
