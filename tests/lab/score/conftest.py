"""The folder in which a learner's crawlers are saved."""

import pytest

from lab.copies import COPIES_FOLDER


@pytest.fixture
def copies(tmp_path, monkeypatch):
    """Work in a folder of a learner's own copies."""
    folder = tmp_path / COPIES_FOLDER
    folder.mkdir()
    monkeypatch.chdir(folder)
    return folder
