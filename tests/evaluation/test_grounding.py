"""Nothing invented: numbers, dates and names of an answer are in its sources, in several languages and layouts."""

import json
from pathlib import Path

import pytest

from harness.evaluation.checks import grounded
from prompt_suites.rendering import render_resume

FIXTURES = Path(__file__).parents[2] / "prompt_suites" / "fixtures"
CASES = sorted(path.stem for path in (FIXTURES / "resumes").glob("*.json"))

RESUME = {
    "name": "Anna Lindqvist",
    "work": [
        {
            "name": "Plimworth Ferries",
            "position": "Backend Engineer",
            "startDate": "2020-02",
            "endDate": None,
            "highlights": [
                "Cut release time by 30 % for 1,200 crew members, saving $45,000 a year",
                "Ran PostgreSQL and Kubernetes with two colleagues",
                "Saved 45k on storage",
            ],
        },
        {"name": "Tarn & Oakley", "position": "Junior Developer", "startDate": "2017-09", "endDate": "2020-01"},
    ],
    "education": "BSc Computer Science, University of Graz, 2014-2017",
}


@pytest.mark.parametrize(
    "answer",
    [
        "## Experience\n### Backend Engineer | Plimworth Ferries\nFebruary 2020 to present",
        "Cut release time by 30% for 1200 crew members. Saved $45 000 a year.",
        "Cut release time by thirty per cent.",
        "From 2020-02 until today; before that, Sep 2017 to Jan 2020 at Tarn & Oakley.",
        "1. Led the move.\n2. Ran Kubernetes.\n10. Wrote tests.",
        "- **Databases:** PostgreSQL\n- **Orchestration:** Kubernetes",
        "Anna's work at Plimworth's ferries",
        "Selected Projects\nTechnical Skills\nWork Experience\nLanguages",
        "Designed systems. Improved reliability. Mentored others.",
        "02/2020 – present: Plimworth Ferries",
        "Studied Computer Science at the University of Graz (2014–2017).",
        "٢٠٢٠-٠٢",
        "Previously, at Tarn & Oakley. However, Plimworth Ferries came first.",
        "saved $45k a year",
        "",
    ],
)
def test_what_the_sources_say_in_other_words_is_no_invention(answer: str) -> None:
    result = grounded(answer, [RESUME])

    assert (result.passed, result.score) == (True, 1.0), result.why


@pytest.mark.parametrize(
    ("answer", "invented"),
    [
        ("Before that, worked at Globex Industries.", "Globex Industries"),
        ("### Analyst | Globex Industries", "Globex Industries"),
        ("Principal Engineer at Plimworth Ferries", "Principal Engineer"),
        ("Cut release time by 40 %.", "40"),
        ("for 12,000 crew members", "12,000"),
        ("for 1.2 crew members", "1.2"),
        ("saving $54,000", "54,000"),
        ("March 2020 to present", "march 2020"),
        ("2020-03 to present", "2020-03"),
        ("03/2020", "03/2020"),
        ("graduated in 2016", "2016"),
        ("holds an MBA", "MBA"),
        ("certified for AWS and Kafka", "AWS"),
        ("Ran MySQL", "MySQL"),
        ("studied at the University of Vienna", "University of Vienna"),
        ("with gRPC", "gRPC"),
        ("led a team of 12", "12"),
        ("- Globex, engineer since 2020", "Globex"),
        ("| Globex | 2020 |", "Globex"),
        ("saving $45 billion", "45 billion"),
        ("for 200 crew members", "200"),
    ],
)
def test_an_invention_is_named(answer: str, invented: str) -> None:
    result = grounded(answer, [RESUME])

    assert result.passed is False
    assert invented.rsplit(maxsplit=1)[-1].casefold() in result.why.casefold()


@pytest.mark.parametrize("case", CASES)
def test_a_resume_rendered_as_it_is_invents_nothing_in_any_language(case: str) -> None:
    resume = json.loads((FIXTURES / "resumes" / f"{case}.json").read_text(encoding="utf-8"))
    text = render_resume(resume)

    assert grounded(text, [resume]).passed is True
    for invention in ("Globex Industries (2019-03 to 2020-04)", "Initech Holdings", "a budget of 4,711,000"):
        result = grounded(f"{text}\n\n### Analyst, {invention}\n", [resume])
        assert result.passed is False
        assert result.place == f"line {text.count(chr(10)) + 3}"


def test_nouns_with_capitals_are_no_names_in_german() -> None:
    source = "Bauleiter bei Nordbrücke AG, Hamburg: Leitung von drei Baustellen"
    answer = (
        "Leitung von drei Baustellen in Hamburg, mit Planung der Abläufe, Steuerung der Kosten und Abnahme. "
        "Verantwortung für Termine, Qualität und Sicherheit auf allen Baustellen der Firma."
    )
    assert grounded(answer, [source]).passed is True
    assert grounded(f"{answer} Zuvor bei der Südbrücke Tiefbau Gesellschaft.", [source]).passed is False


def test_what_is_allowed_may_be_new_and_a_lowest_score_decides() -> None:
    answer = "## Claims ledger\nPlimworth Ferries, 30 %, Globex"

    assert grounded(answer, [RESUME]).passed is False
    assert grounded(answer, [RESUME], allow=["Claims ledger", "Globex"]).passed is True
    result = grounded(answer, [RESUME], allow=["Claims ledger"], min_score=0.5)
    assert (result.passed, 0.5 < (result.score or 0) < 1) == (True, True)


def test_the_line_of_the_first_invention_is_told() -> None:
    result = grounded("Backend Engineer\n\nworked at Globex\nand Initech", [RESUME])

    assert (result.why, result.place) == ("not in the inputs: 'Globex', 'Initech'", "line 3")
