import subprocess
import sys

import mock_server


def test_all_names_what_the_package_offers_and_nothing_else():
    offered = {
        name
        for name, value in vars(mock_server).items()
        if not name.startswith("_") and getattr(value, "__module__", "").startswith("mock_server")
    }
    assert offered | {"FAULTS"} == set(mock_server.__all__)


def test_the_package_knows_nothing_of_jupyter_and_its_face_nothing_of_aiohttp():
    code = (
        "import sys, mock_server; assert 'aiohttp' not in sys.modules; import mock_server.__main__;"
        "assert not {'IPython', 'ipywidgets', 'ipykernel', 'lab'} & set(sys.modules)"
    )
    subprocess.run([sys.executable, "-c", code], check=True)
