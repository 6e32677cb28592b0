import subprocess
import sys

import mock_server


def test_all_lists_the_public_names():
    """`__all__` lists the public names and no others."""
    offered = {
        name
        for name, value in vars(mock_server).items()
        if not name.startswith("_") and getattr(value, "__module__", "").startswith("mock_server")
    }
    assert offered | {"FAULTS"} == set(mock_server.__all__)


def test_package_imports_are_light():
    """The server imports nothing of Jupyter, and `import mock_server` does not import aiohttp."""
    code = (
        "import sys, mock_server; assert 'aiohttp' not in sys.modules; import mock_server.__main__;"
        "assert not {'IPython', 'ipywidgets', 'ipykernel', 'lab'} & set(sys.modules)"
    )
    subprocess.run([sys.executable, "-c", code], check=True)
