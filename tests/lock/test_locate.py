"""The file and line of a place in a prompt."""

import pytest

from harness.lock.locate import Source, locate
from harness.prompt import Prompt, read

PROMPT = "\n\n# Rules\nBe polite.\nBe brief.\n\n"
SOURCE = Source(file="support/suite.yaml", line=7, prompts={"support/v1.md": PROMPT})
CASE = ("support/suite.yaml", 7)


def request(text: str) -> Prompt:
    return read(
        {
            "model": "claude-sonnet-5-5",
            "system": [{"type": "text", "text": text}],
            "messages": [{"role": "user", "content": text}],
        }
    )


@pytest.mark.parametrize(
    ("text", "at", "line"),
    [
        pytest.param(PROMPT, "# Rules", 3, id="first line"),
        pytest.param(PROMPT, "brief", 5, id="as it is"),
        pytest.param(PROMPT.strip(), "brief", 5, id="stripped"),
        pytest.param(f"You are support.\n\n{PROMPT}\nToday.", "polite", 4, id="behind a head"),
    ],
)
@pytest.mark.parametrize("path", ["system[0]", "messages[0].content[0]"])
def test_place_in_the_prompt_is_a_line_of_its_file(text: str, at: str, line: int, path: str) -> None:
    assert locate(SOURCE, request(text), path, text.index(at)) == ("support/v1.md", line)


@pytest.mark.parametrize("path", ["system[0]", "messages[0].content[0]"])
def test_end_of_the_prompt_is_its_last_line(path: str) -> None:
    text = PROMPT.strip()

    assert locate(SOURCE, request(text + " "), path, len(text)) == ("support/v1.md", 5)


def test_of_several_prompts_it_is_the_one_that_stands_there() -> None:
    source = Source(file="s", line=1, prompts={"empty.md": "\n", "other.md": "Be rude.", "v1.md": PROMPT})

    assert locate(source, request(PROMPT), "system[0]", PROMPT.index("polite")) == ("v1.md", 4)


@pytest.mark.parametrize(
    ("text", "path", "offset"),
    [
        pytest.param(f"Now: 12:00\n{PROMPT}", "system[0]", 5, id="in front of the prompt"),
        pytest.param(f"{PROMPT}\nToday is Monday.", "system[0]", len(PROMPT) + 9, id="behind it"),
        pytest.param("Be rude.", "system[0]", 3, id="another text"),
        pytest.param(PROMPT, "tools[0]", 3, id="a block that is not there"),
        pytest.param(PROMPT, "tool_choice", None, id="a parameter"),
        pytest.param(PROMPT, "system[0]", None, id="a block as a whole"),
    ],
)
def test_any_other_place_is_the_case(text: str, path: str, offset: int | None) -> None:
    assert locate(SOURCE, request(text), path, offset) == CASE


def test_lines_that_end_as_on_windows_are_counted_alike() -> None:
    source = Source(file="s", line=1, prompts={"v1.md": PROMPT.replace("\n", "\r\n")})
    text = source.prompts["v1.md"]

    assert locate(source, request(text), "system[0]", text.index("brief")) == ("v1.md", 5)
