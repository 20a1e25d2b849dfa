from typing import Any

import pytest

from harness.emulator.responder import compare_terms, find_documents, last_user_text, respond

RESUME = "<resume>\nAda\nSkills: Python, SQL, Kafka\n</resume>"
JOB = "<job>\nEngineer\nSkills: SQL, Rust, python.\nCity: Berlin\n</job>"


def request(content: Any) -> dict[str, Any]:
    return {"messages": [{"role": "user", "content": content}]}


def test_two_documents_are_compared_term_by_term() -> None:
    assert respond(request(f"{RESUME}\n\n{JOB}\n\nCompare.")) == (
        "## In both resume and job\n- SQL\n- python\n\n## In job only\n- Rust\n"
    )


def test_documents_that_share_nothing_give_a_list_that_says_so() -> None:
    assert respond(request("<a>x</a><b>Skills: Go, Rust</b>")) == (
        "## In both a and b\n- nothing\n\n## In b only\n- Go\n- Rust\n"
    )


@pytest.mark.parametrize(
    ("content", "length"), [("Hello", 5), ("", 0), (RESUME, len(RESUME)), ("<a>open only", 12), ("Grüße 🌍", 7)]
)
def test_fewer_than_two_documents_give_the_length_of_the_message(content: str, length: int) -> None:
    assert respond(request(content)) == f"This is the emulator's answer to a message of {length} characters."


def test_the_same_request_gets_the_same_answer() -> None:
    assert respond(request(RESUME + JOB)) == respond(request(RESUME + JOB))


@pytest.mark.parametrize(
    ("messages", "text"),
    [
        ([], ""),
        ([{"role": "user", "content": "one"}], "one"),
        ([{"role": "user", "content": "one"}, {"role": "assistant", "content": "two"}], "one"),
        ([{"role": "user", "content": "one"}, {"role": "user", "content": "two"}], "two"),
        ([{"role": "assistant", "content": "two"}], ""),
        ([{"role": "user", "content": []}], ""),
        ([{"role": "user", "content": ["one", "two"]}], "one\ntwo"),
        (
            [
                {
                    "role": "user",
                    "content": [
                        {"type": "text", "text": "one"},
                        {"type": "image", "source": {}},
                        {"type": "text", "text": "two"},
                    ],
                }
            ],
            "one\ntwo",
        ),
    ],
)
def test_the_last_user_message_is_what_counts(messages: list[dict[str, Any]], text: str) -> None:
    assert last_user_text({"messages": messages}) == text


def test_documents_are_found_by_tag_in_order_and_over_lines() -> None:
    assert find_documents("<b>1\n2</b> between <a>3</a> <B>4</B> <c>5</d>") == {"b": "1\n2", "a": "3"}


@pytest.mark.parametrize(
    ("first", "second", "shared", "lacking"),
    [
        ("python and sql", "Skills: Python, SQL, Rust", ["Python", "SQL"], ["Rust"]),
        ("", "Skills: Python, SQL", [], ["Python", "SQL"]),
        ("a", "no list here", [], []),
        ("a", "One: value", [], []),
        ("بايثون", "مهارات: بايثون، جافا", ["بايثون"], ["جافا"]),
        ("数据分析", "技能：数据分析、机器学习", ["数据分析"], ["机器学习"]),
        ("x", "Skills: Go, Go, C", [], ["Go"]),
        ("x", f"Skills: Go, {'long ' * 9}", [], ["Go"]),
    ],
)
def test_terms_are_what_stands_between_commas_behind_a_colon(
    first: str, second: str, shared: list[str], lacking: list[str]
) -> None:
    assert compare_terms(first, second) == (shared, lacking)


def test_a_list_has_at_most_twelve_terms() -> None:
    terms = [f"term{number}" for number in range(20)]
    assert compare_terms("", f"Skills: {', '.join(terms)}") == ([], terms[:12])


@pytest.mark.parametrize(
    "text",
    [
        "<a>" * 200_000,
        "".join(f"<a{number}>" for number in range(100_000)),
        "<a>x</a><b>" + ":" * 100_000 + "\n" * 100_000 + "</b>",
    ],
    ids=["a tag", "many tags", "colons"],
)
def test_a_text_that_is_made_to_take_long_is_answered_all_the_same(text: str) -> None:
    assert respond({"messages": [{"role": "user", "content": text}]})


def test_documents_do_not_overlap() -> None:
    assert find_documents("<a>1<b>2</b></a><c>3</c><d>4") == {"a": "1<b>2</b>", "c": "3"}
