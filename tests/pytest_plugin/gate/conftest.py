"""The scratch project in which the gate is tried."""

import shutil

import pytest

from tests.pytest_plugin.conftest import Project
from tests.pytest_plugin.scratch import Desk


@pytest.fixture
def desk(project: Project) -> Desk:
    """The scratch project, with nothing accepted yet."""
    return Desk(project)


@pytest.fixture
def accepted(desk: Desk, tmp_path_factory: pytest.TempPathFactory) -> Desk:
    """The scratch project, recorded and accepted; done once, then copied."""
    kept = tmp_path_factory.getbasetemp() / "accepted"
    if not kept.exists():
        desk.accept()
        shutil.copytree(desk.path / "cassettes", kept / "cassettes")
        shutil.copy(desk.lock_file, kept)
    shutil.copytree(kept, desk.path, dirs_exist_ok=True)
    return desk
