"""Build suites in separate processes, two at a time, each under one set of conditions.

A job is ``{"suites": [[path, name]], "conditions": {...}}``. Its answer is
``{"rounds": [{case: {"digests": [...], "error": str, "at": str}}], "requests": {digest: request}}``:
one round per seed; in it, for each call of a case, the digest of its prefix.
"""

from __future__ import annotations

import json
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path
from shutil import rmtree
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Any, NamedTuple

from harness.network.children import offline_environment
from harness.numbers import parse_json
from harness.stability.conditions import (
    PERTURBATIONS,
    TEMPORARY_FOLDER,
    USUAL,
    Conditions,
    Perturbation,
    make_environment,
)

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from harness.suites.model import Suite

_BOOTSTRAP = """
import sys
sys.path[:] = sys.argv[1:]
del sys.argv[1:]
from harness.stability import rebuild
rebuild.main()
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class BuildResult:
    """The requests that one process built."""

    rounds: tuple[Mapping[str, Any], ...] = ()
    requests: Mapping[str, Any] = field(default_factory=dict)
    failure: str | None = None
    """Why there is no result, such as ``no answer within 60 seconds``."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Rebuilt:
    """A result under other conditions, and the usual one to compare it with."""

    perturbation: Perturbation
    usual: BuildResult
    other: BuildResult


class _Worker(NamedTuple):
    """Processes that share one temporary folder, and so must not overlap."""

    usual: BuildResult
    is_other_folder: bool
    changes: Sequence[tuple[Perturbation, Conditions]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Jobs:
    """The jobs of all processes, and what they share."""

    suites: Sequence[Suite]
    root: Path
    """The folder in which the processes run under the usual conditions."""
    sys_path: Sequence[str]
    timeout_seconds: float

    def run_all(self) -> tuple[BuildResult, tuple[Rebuilt, ...]]:
        """Build under the usual conditions, then, if that gives any request, under every perturbation."""
        with TemporaryDirectory(prefix="harness-") as folder, ThreadPoolExecutor(2) as pool:
            workspace = Workspace(Path(folder).resolve())
            # Two processes at a time must not write temporary files into one folder. So the second
            # one uses the other folder, and its results are compared with those from that folder.
            (other,) = TEMPORARY_FOLDER.conditions
            usual, elsewhere = pool.map(lambda conditions: self.run(conditions, workspace), (USUAL, other))
            pair = Rebuilt(perturbation=TEMPORARY_FOLDER, usual=usual, other=elsewhere)
            if not _built(usual):
                return usual, ()
            rest = [
                (perturbation, conditions)
                for perturbation in PERTURBATIONS
                if perturbation is not TEMPORARY_FOLDER
                for conditions in perturbation.conditions
            ]
            workers = [_Worker(usual, False, rest)]
            if _built(elsewhere) >= _built(usual):
                workers = [_Worker(usual, False, rest[::2]), _Worker(elsewhere, True, rest[1::2])]
            found = pool.map(lambda worker: self._run_worker(worker, workspace), workers)
            return usual, (pair, *(rebuilt for worker in found for rebuilt in worker))

    def run(self, conditions: Conditions, workspace: Workspace) -> BuildResult:
        """Run one process, and return what it built."""
        job = {
            "suites": [[str(suite.path.absolute()), suite.name] for suite in self.suites],
            "conditions": asdict(conditions),
        }
        paths = [str(Path(path).absolute()) for path in self.sys_path]
        try:
            done = subprocess.run(
                # -P: the working directory must not be searched for modules before the path is set.
                [sys.executable, "-P", "-c", _BOOTSTRAP, *paths],
                input=json.dumps(job).encode(),
                stdout=subprocess.PIPE,
                # Discarded: it may hold text of prompts.
                stderr=subprocess.DEVNULL,
                timeout=self.timeout_seconds,
                check=False,
                **workspace.prepare(conditions, self.root),
            )
        except subprocess.TimeoutExpired:
            return BuildResult(failure=f"no answer within {self.timeout_seconds:g} seconds")
        if done.returncode or not done.stdout:
            return BuildResult(failure=f"its process ended with exit code {done.returncode}")
        answer = parse_json(done.stdout)
        return BuildResult(rounds=tuple(answer["rounds"]), requests=answer["requests"])

    def _run_worker(self, worker: _Worker, workspace: Workspace) -> list[Rebuilt]:
        """Run the processes of one worker, one after the other."""
        found = []
        for perturbation, conditions in worker.changes:
            here = replace(conditions, is_temporary_folder_other=worker.is_other_folder)
            found.append(Rebuilt(perturbation=perturbation, usual=worker.usual, other=self.run(here, workspace)))
        return found


@dataclass(frozen=True, slots=True)
class Workspace:
    """A folder for the files of the processes."""

    root: Path

    def prepare(self, conditions: Conditions, project: Path) -> dict[str, Any]:
        """Prepare folder and environment of a process, and empty its temporary folder."""
        temporary = self.root / ("other-temporary" if conditions.is_temporary_folder_other else "temporary")
        rmtree(temporary, ignore_errors=True)
        temporary.mkdir()
        folder = self.root / "elsewhere" if conditions.is_elsewhere else project
        folder.mkdir(exist_ok=True)
        inherited = offline_environment()
        home = self._link_home(inherited.get("HOME"), conditions.user) if conditions.user != USUAL.user else None
        environment = make_environment(inherited, conditions, home=home, folder=folder, temporary=temporary)
        return {"cwd": folder, "env": environment}

    def _link_home(self, home: str | None, user: str) -> Path | None:
        """Link to the home folder under another name, so that the application can still read its files there."""
        link = self.root / user
        try:
            if home:
                link.symlink_to(home, target_is_directory=True)
        except OSError:
            # Links may not be permitted.
            return None
        return link if home else None


def _built(answer: BuildResult) -> set[str]:
    """The keys of the cases that have requests."""
    return {case for case, result in answer.rounds[0].items() if result["digests"]} if answer.rounds else set()
