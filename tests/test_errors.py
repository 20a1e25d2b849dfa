import pytest

from harness import errors
from harness.sessions.replay import CassetteMissError

SUBCLASSES = (
    (errors.SettingsError, ValueError),
    (errors.RequestError, ValueError),
    (errors.CannotTellError, errors.RequestError),
    (errors.UnknownPriceError, LookupError),
    (errors.RefusedRequestError, errors.RequestError),
    (errors.UnknownModelError, LookupError),
    (errors.CassetteError, ValueError),
    (errors.LockError, ValueError),
    (errors.SuiteError, ValueError),
    (errors.ScriptError, ValueError),
    (errors.ReportError, ValueError),
    (errors.UsageError, ValueError),
    (errors.SecretError, ValueError),
    (errors.WriteError, OSError),
    (errors.CheckError, AssertionError),
    (errors.LostPrefixError, errors.CheckError),
    (errors.NetworkBlockedError, ConnectionError),
)


@pytest.mark.parametrize(("error", "builtin"), SUBCLASSES)
def test_an_error_can_be_caught_as_one_of_ours_and_as_the_builtin(
    error: type[errors.HarnessError], builtin: type[Exception]
) -> None:
    assert issubclass(error, errors.HarnessError)
    assert issubclass(error, builtin)


def test_the_docstring_draws_every_error_with_its_builtin() -> None:
    tree = errors.__doc__ or ""
    assert [f"{error.__name__} ({builtin.__name__})" in tree for error, builtin in SUBCLASSES] == [True] * len(
        SUBCLASSES
    )
    assert CassetteMissError.__name__ in tree
    defined = {cls for cls in vars(errors).values() if isinstance(cls, type)} - {errors.HarnessError}
    assert defined == {error for error, _ in SUBCLASSES}


def test_a_hint_follows_the_message_on_a_line_of_its_own() -> None:
    assert str(errors.HarnessError("what is wrong", hint="what to do")) == "what is wrong\n  try: what to do"


def test_without_a_hint_the_message_stands_alone() -> None:
    assert str(errors.HarnessError("what is wrong")) == "what is wrong"
