"""The public names of the packages, and what importing them does."""

import subprocess
import sys

import pytest

import lab
import mock_server


@pytest.mark.parametrize("package", [lab, mock_server], ids=lambda package: package.__name__)
def test_all_lists_the_public_names(package):
    """`__all__` lists exactly the public names of the package."""
    public = {
        name
        for name, value in vars(package).items()
        if not name.startswith("_") and not isinstance(value, type(sys)) and name != "annotations"
    }
    modules = {name for name, value in vars(package).items() if isinstance(value, type(sys))}
    assert set(package.__all__) - modules <= public
    assert public <= set(package.__all__)
    assert all(hasattr(package, name) for name in package.__all__)


def test_importing_the_instruments_starts_nothing():
    """Importing the packages starts no thread and no process, and waits for no package that few functions need.

    The server imports nothing of Jupyter, and `import mock_server` does not import aiohttp.
    """
    code = (
        "import sys, mock_server; print({'aiohttp'} & set(sys.modules) or 'none');"
        "import mock_server.__main__; print({'IPython', 'ipywidgets', 'lab'} & set(sys.modules) or 'none');"
        "import lab; print({'nbformat', 'time_machine'} & set(sys.modules) or 'none');"
        "import psutil, threading; print(threading.active_count(), psutil.Process().children())"
    )
    told = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert told.stdout.split() == ["none", "none", "none", "1", "[]"]
