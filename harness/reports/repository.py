"""Paths as a repository's host counts them: from its top, which may be above the project."""

from __future__ import annotations

from dataclasses import replace
from pathlib import PurePosixPath
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

    from harness.findings.finding import Finding


def find_folder(root: Path, workspace: Path | None) -> str:
    """Find the folder of the project ``root`` in its repository: ``workspace``, if it is there, else git's top level.

    Empty if the project is the whole repository, or there is none.
    """
    root = root.resolve()
    tops = [workspace.resolve()] if workspace else []
    tops += [folder for folder in (root, *root.parents) if (folder / ".git").exists()]
    top = next((folder for folder in tops if root.is_relative_to(folder)), root)
    return "" if top == root else root.relative_to(top).as_posix()


def in_repository(findings: Iterable[Finding], folder: str) -> tuple[Finding, ...]:
    """Copy findings with their files as seen from the top of the repository."""
    if not folder:
        return tuple(findings)
    return tuple(
        finding if finding.file is None else replace(finding, file=str(PurePosixPath(folder) / finding.file))
        for finding in findings
    )
