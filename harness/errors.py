"""Every exception that the harness raises, in one tree.

::

    HarnessError
    ├── SettingsError (ValueError)       an environment variable has a value that is not allowed
    ├── RequestError (ValueError)        a request body that cannot be judged
    │   └── CannotTellError (RequestError)  a verdict that would rest on something unknown
    ├── UnknownModelError (LookupError)  a model without a price
    ├── CassetteError (ValueError)       a cassette or blob on disk is unreadable or not whole
    ├── LockError (ValueError)           a lock file is unreadable, or made by another version
    ├── SuiteError (ValueError)          a suite, fixture or prompt file is unreadable or invalid
    ├── UsageError (ValueError)          options that cannot go together, or lack something
    ├── CheckError (AssertionError)      a check of a suite or assertion does not hold
    └── NetworkBlockedError (ConnectionError)  a test reached for another machine where it must not

``CassetteMissError`` (of ``harness.sessions.transport``) and ``NotSentError`` (of
``harness.sessions.budget``) are two more: they have to derive from ``anthropic.AnthropicError``
too, so that the SDK neither wraps nor retries them, and live where importing ``anthropic`` is
allowed.
"""


class HarnessError(Exception):
    """Base of all: a one-line message, and a hint that says what to try."""

    def __init__(self, message: str, *, hint: str | None = None, findings: tuple[object, ...] = ()) -> None:
        """``findings`` are what the message says, in parts (`harness.findings.finding`), where there are any."""
        super().__init__(message)
        self.message = message
        self.hint = hint
        self.findings = findings

    def __str__(self) -> str:
        return f"{self.message}\n  try: {self.hint}" if self.hint else self.message


class SettingsError(HarnessError, ValueError):
    """An environment variable has a value that is not allowed."""


class RequestError(HarnessError, ValueError):
    """A request body that cannot be judged: not JSON, not a request, or not fingerprintable."""


class CannotTellError(RequestError):
    """A verdict that would rest on something unknown, such as a parameter whose reach is not documented."""


class UnknownModelError(HarnessError, LookupError):
    """A model for which no price is known."""


class CassetteError(HarnessError, ValueError):
    """A cassette or blob on disk is unreadable or not whole."""


class LockError(HarnessError, ValueError):
    """A lock file is unreadable, or made by another version; starts with its path."""


class SuiteError(HarnessError, ValueError):
    """A suite, fixture or prompt file is unreadable or invalid; starts ``path:line:``."""


class UsageError(HarnessError, ValueError):
    """Options that cannot go together, or that lack something they need."""


class CheckError(HarnessError, AssertionError):
    """A check of a suite or an assertion does not hold."""


class NetworkBlockedError(HarnessError, ConnectionError):
    """A test reached for another machine in a mode in which it must not."""
