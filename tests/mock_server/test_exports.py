import subprocess
import sys


def test_package_imports_are_light():
    """The server imports nothing of Jupyter, and `import mock_server` does not import aiohttp."""
    code = (
        "import sys, mock_server; assert 'aiohttp' not in sys.modules; import mock_server.__main__;"
        "assert not {'IPython', 'ipywidgets', 'ipykernel', 'lab'} & set(sys.modules)"
    )
    subprocess.run([sys.executable, "-c", code], check=True)
