"""The conditions under which suites are rebuilt: the usual ones, and others that differ from them in one thing each."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from harness.suites.model import Suite


@dataclass(frozen=True, slots=True, kw_only=True)
class Conditions:
    """The surroundings of a process; the defaults are the usual conditions."""

    clock: float = 1_772_654_767.123456
    """Seconds since the epoch: Wednesday, 4 March 2026, 20:06:07 UTC."""
    hash_seed: int = 0
    time_zone: str = "UTC"
    locale: str = "C.UTF-8"
    is_elsewhere: bool = False
    """Build in an empty folder instead of the project folder."""
    user: str = "builder"
    host: str = "build-host"
    is_environment_reversed: bool = False
    seeds: tuple[int, ...] = (0, 0)
    """Seeds for all randomness; everything is built once per seed."""
    is_temporary_folder_other: bool = False
    is_fixture_reversed: bool = False
    """Build the cases in reverse order, with the keys of the inputs reversed too."""


USUAL = Conditions()


class Perturbation(NamedTuple):
    """One change of the conditions, and the words for a finding where it changes the prefix."""

    name: str
    how: str
    """The change, as a fact of the finding."""
    fix: str
    where: str = ""
    """The end of "could not be built …"; defaults to "under another {name}"."""
    verdict: str = ""
    """The end of "the cached prefix …"; defaults to "depends on the {name}"."""
    labels: tuple[str, str] = ("usual", "perturbed")
    """The labels of the two texts."""
    conditions: tuple[Conditions, ...] = ()
    """The conditions to build under, each in a separate process; each differs from `USUAL` in one thing."""
    is_later: bool = False
    """Compare the rounds after the first of a process."""

    @property
    def place(self) -> str:
        """As in "could not be built under another working directory"."""
        return self.where or f"under another {self.name}"

    @property
    def finding(self) -> str:
        """As in "the cached prefix depends on the working directory"."""
        return self.verdict or f"depends on the {self.name}"


ANOTHER_PROCESS = Perturbation(
    name="another process",
    how="built in two processes with the same clock, randomness, names and folders",
    fix="look for values that differ between processes: process ids, object addresses (a default repr), file times",
    where="in another process",
    verdict="is not the same in another process",
    labels=("first process", "second process"),
    conditions=(USUAL,),
)
TWO_BUILDS = Perturbation(
    name="two builds in one process",
    how="built twice in one process, with clock and randomness reset in between",
    fix="look for state that the builder keeps or counts from call to call, and create it in each call instead",
    where="a second time in one process",
    verdict="is not the same in two builds in one process",
    labels=("first build", "second build"),
    is_later=True,
)
CLOCK = Perturbation(
    name="clock",
    how="built on 4 March 2026 and on 22 November 2031",
    fix="move the date or time after the last breakpoint, into the user message",
    # Differs in year, month, day, weekday, hour, minute, second, and AM or PM.
    conditions=(replace(USUAL, clock=1_953_089_393.987654),),
)
HASH_SEED = Perturbation(
    name="hash seed",
    how="built with PYTHONHASHSEED=0 and with other seeds",
    fix="sort the items of a set before rendering them, and do not render the results of hash()",
    # A set of two items has the same order under about half of all seeds.
    conditions=tuple(replace(USUAL, hash_seed=seed) for seed in (1, 2, 3, 4)),
)
TIME_ZONE = Perturbation(
    name="time zone",
    how="built with TZ=UTC and with TZ=Asia/Kathmandu",
    fix="render times in UTC (datetime.fromtimestamp(seconds, UTC)), or in a time zone that the application sets",
    # At the usual time, the day differs there; the offset is not in full hours, so the minutes differ too.
    conditions=(replace(USUAL, time_zone="Asia/Kathmandu"),),
)
LOCALE = Perturbation(
    name="locale",
    how="built in the locales C.UTF-8 and de_DE.UTF-8",
    fix="render dates and numbers without the locale: date.isoformat(), or names from a table of your own",
    conditions=(replace(USUAL, locale="de_DE.UTF-8"),),
)
WORKING_DIRECTORY = Perturbation(
    name="working directory",
    how="built in the project folder and in an empty folder",
    fix="start from Path(__file__).parent, and keep absolute paths out of the prompt",
    conditions=(replace(USUAL, is_elsewhere=True),),
)
USER_AND_HOST = Perturbation(
    name="user and host name",
    how="built as builder on build-host and as somebody-else on another-machine",
    fix="keep names of users, machines and home folders out of the prompt, or move them after the last breakpoint",
    conditions=(replace(USUAL, user="somebody-else", host="another-machine"),),
)
ENVIRONMENT_ORDER = Perturbation(
    name="environment order",
    how="built with the environment variables sorted by name and in reverse order",
    fix="name the variables that the prompt needs, and render no others",
    conditions=(replace(USUAL, is_environment_reversed=True),),
)
RANDOM_STATE = Perturbation(
    name="random state",
    how="built with different seeds for random, uuid, secrets and os.urandom",
    fix="move ids and samples after the last breakpoint, or draw with random.Random(a fixed seed)",
    conditions=(replace(USUAL, seeds=(1, 2, 3, 4)),),
)
TEMPORARY_FOLDER = Perturbation(
    name="temporary folder",
    how="built with two temporary folders, and with different file names in them",
    fix="keep paths of temporary files out of the prompt, and give files fixed names there",
    conditions=(replace(USUAL, is_temporary_folder_other=True),),
)
FIXTURE_ORDER = Perturbation(
    name="fixture order",
    how="built with the cases, and the keys of their inputs, in file order and in reverse order",
    fix="keep no state from one case to the next, and serialise inputs with sort_keys=True",
    conditions=(replace(USUAL, is_fixture_reversed=True),),
)

PERTURBATIONS: tuple[Perturbation, ...] = (
    ANOTHER_PROCESS,
    ENVIRONMENT_ORDER,
    CLOCK,
    TIME_ZONE,
    LOCALE,
    TEMPORARY_FOLDER,
    WORKING_DIRECTORY,
    USER_AND_HOST,
    HASH_SEED,
    RANDOM_STATE,
    TWO_BUILDS,
    RANDOM_STATE._replace(conditions=(), is_later=True),
    FIXTURE_ORDER,
)
"""All perturbations in judging order, the most specific cause first.

A rendered date also changes with the time zone and the locale, but the clock is the cause. If another process alone
changes a block, other conditions prove nothing about it. Rounds after the first are judged late, because a counter in
the builder differs there under any seed.
"""


def case_key(suite: Suite, version: str, case: str) -> str:
    """The key of a case in a build result."""
    return "\n".join((str(suite.path), suite.name, version, case))


def make_environment(
    inherited: Mapping[str, str], conditions: Conditions, *, home: Path | None, folder: Path, temporary: Path
) -> dict[str, str]:
    """The environment variables of a process under given conditions, in their order.

    ``home`` is a link to the user's home folder, for another user; ``folder`` is the working directory.
    """
    kept = {name: value for name, value in inherited.items() if not name.startswith("LC_")}
    changed = {
        "PYTHONHASHSEED": str(conditions.hash_seed),
        "TZ": conditions.time_zone,
        **dict.fromkeys(("LANG", "LC_ALL", "LANGUAGE"), conditions.locale),
        **dict.fromkeys(("USER", "LOGNAME", "USERNAME"), conditions.user),
        **dict.fromkeys(("HOSTNAME", "COMPUTERNAME"), conditions.host),
        **dict.fromkeys(("TMPDIR", "TEMP", "TMP"), str(temporary)),
        **({"HOME": str(home)} if home else {}),
        "PWD": str(folder),
    }
    return dict(sorted({**kept, **changed}.items(), reverse=conditions.is_environment_reversed))
