"""Any one section runs alone after the set-up cell, in a kernel of its own."""

import pytest

from tests.notebooks import lessons

SECTIONS = [
    pytest.param(path, title, id=f"{path.stem}: {title}")
    for path in lessons.PATHS
    for title in lessons.sections(lessons.read(path))
]


def test_there_are_sections():
    assert SECTIONS, f"no section with code in {lessons.FOLDER}: nothing was tested"


@pytest.mark.parametrize(("path", "title"), SECTIONS)
def test_section_runs_alone_after_the_set_up(path, title):
    notebook = lessons.read(path)
    lessons.run(lessons.set_up(notebook) + lessons.sections(notebook)[title])
