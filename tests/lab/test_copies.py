"""`python -m lab.copies` makes the learner's copies, without outputs, and never overwrites one."""

import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from lab.copies import copies
from lab.copies.__main__ import copy, main
from tests.support import lessons

FIRST = lessons.PATHS[0].name
LINK = re.compile(r"\]\(([^)#:\s]+)(?:#[^)]*)?\)")


@pytest.fixture
def course(tmp_path, monkeypatch) -> Path:
    """A folder with the course's lessons, and the current one."""
    shutil.copytree(lessons.FOLDER, tmp_path / "notebooks", ignore=shutil.ignore_patterns(".*", "__pycache__"))
    monkeypatch.chdir(tmp_path)
    return tmp_path


def files(folder: Path) -> dict[str, bytes]:
    return {str(path.relative_to(folder)): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def test_copies_have_no_outputs(course):
    """Each lesson is copied with its cells, their ids and its metadata, and neither outputs nor execution counts."""
    assert main([]) == 0
    for path in lessons.PATHS:
        lesson, copied = lessons.read(path), lessons.read(course / "my-course" / path.relative_to(lessons.FOLDER))
        assert [(c.id, c.source) for c in copied.cells] == [(c.id, c.source) for c in lesson.cells]
        assert copied.metadata == lesson.metadata
        assert all((c.outputs, c.execution_count) == ([], None) for c in copied.cells if c.cell_type == "code")


def test_modules_are_copied_unchanged(course):
    main([])
    modules = {path.name for path in lessons.FOLDER.glob("*.py")}
    assert "parallel_fetch.py" in modules
    assert all((course / "my-course" / name).read_bytes() == (lessons.FOLDER / name).read_bytes() for name in modules)


def test_copies_are_never_overwritten(course, capsys):
    main([])
    for name in files(course / "my-course"):
        (course / "my-course" / name).write_text("my work")
    capsys.readouterr()
    assert main([]) == 0
    assert set(files(course / "my-course").values()) == {b"my work"}
    assert capsys.readouterr().out == ""


def test_existing_files_are_kept(tmp_path):
    """`copy` refuses to overwrite a file."""
    (tmp_path / "mine.py").write_text("my work")
    with pytest.raises(FileExistsError):
        copy(lessons.FOLDER / "parallel_fetch.py", tmp_path / "mine.py")
    assert (tmp_path / "mine.py").read_text() == "my work"


def test_new_lessons_are_copied_too(course):
    """A lesson that an update brings is copied, from a subfolder too; checkpoints and caches are not."""
    main([])
    (course / "notebooks" / "more").mkdir(exist_ok=True)
    shutil.copy(lessons.PATHS[0], course / "notebooks" / "more" / "05_new.ipynb")
    for hidden in (".ipynb_checkpoints", "__pycache__"):
        (course / "notebooks" / hidden).mkdir()
        shutil.copy(lessons.PATHS[0], course / "notebooks" / hidden)
    before = set(files(course / "my-course"))
    main([])
    assert set(files(course / "my-course")) - before == {str(Path("more", "05_new.ipynb"))}


@pytest.mark.parametrize("name", [Path(FIRST).stem, FIRST, f"my-course/{FIRST}", f"notebooks/{FIRST}"])
def test_fresh_keeps_the_old_copy(name, course, capsys):
    """`--fresh` renames the old copy and makes a new one."""
    main([])
    copy = course / "my-course" / FIRST
    clean = copy.read_bytes()
    for work in ("first", "second"):
        copy.write_text(work)
        assert main(["--fresh", name]) == 0
        assert copy.read_bytes() == clean
    stem = copy.stem
    assert [copy.with_stem(f"{stem}_old{n}").read_text() for n in (1, 2)] == ["first", "second"]
    assert f"{Path('my-course', FIRST)} is now {Path('my-course', stem)}_old1.ipynb" in capsys.readouterr().out
    assert [path.name for path in copies()] == [path.name for path in lessons.LESSONS]


def test_an_unknown_lesson_is_named(course, capsys):
    """The message names the unknown lesson and lists the ones there are."""
    assert main(["--fresh", "09_nothing"]) == 2
    assert "There is no 09_nothing to copy. There are: 01_why_async.ipynb, " in capsys.readouterr().err
    assert not (course / "my-course").exists()


def test_elsewhere_it_says_where_to_run(tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    assert main([]) == 2
    assert "There are no lessons in notebooks. Run this in the course's folder." in capsys.readouterr().err


def test_both_folders_can_be_named(course, tmp_path):
    """On a shared machine the lessons are in one place and each learner's copies in another."""
    command = [sys.executable, "-m", "lab.copies", "--lessons", str(course / "notebooks"), "--to", "mine"]
    (tmp_path / "home").mkdir()
    subprocess.run(command, cwd=tmp_path / "home", check=True, env={"PYTHONPATH": str(lessons.FOLDER.parent)})
    assert (tmp_path / "home" / "mine" / FIRST).is_file()


def test_links_lead_to_the_same_files(course):
    """A relative link in a copy leads to a copy, or to the file that the lesson's own link leads to."""
    main([])
    for path in lessons.PATHS:
        for link in LINK.findall("\n".join(c.source for c in lessons.read(path).cells if c.cell_type == "markdown")):
            target = (course / "my-course" / path.relative_to(lessons.FOLDER).parent / link).resolve()
            assert target.is_file() or (lessons.FOLDER.parent / target.relative_to(course)).is_file(), link


def test_imports_work_in_a_copy(course):
    """Python that starts beside the copies, as a kernel does, finds lab and parallel_fetch."""
    main([])
    code = "from lab import check, set_up; import parallel_fetch; print(parallel_fetch.__file__)"
    environment = {"PYTHONPATH": str(lessons.FOLDER.parent)}
    command, folder = [sys.executable, "-c", code], course / "my-course"
    found = subprocess.run(command, cwd=folder, capture_output=True, text=True, check=True, env=environment).stdout
    assert found.strip() == str(folder / "parallel_fetch.py")


def test_git_ignores_the_copies():
    command = ["git", "-c", "safe.directory=*", "check-ignore", f"my-course/{FIRST}"]
    assert subprocess.run(command, cwd=lessons.FOLDER.parent, capture_output=True, check=False).returncode == 0
