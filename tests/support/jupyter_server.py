"""A JupyterLab server for the browser tests: on a free port of 127.0.0.1, with settings and folders of its own."""

import json
import os
import shutil
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

NOTIFICATIONS = "@jupyterlab/apputils-extension/notification.jupyterlab-settings"
IPYKERNEL7 = Path(sys.prefix) / "ipykernel7"  # where make puts it: requirements-ipykernel7.txt
START_TIMEOUT = 180  # seconds; a fresh environment compiles all it imports first


@contextmanager
def jupyterlab_server(folder: Path) -> Iterator[tuple[str, Path]]:
    """Address and root folder of a running server; `folder` takes its files, and none of the user's are read."""
    root = folder / "root"
    root.mkdir()
    settings = folder / "settings" / NOTIFICATIONS
    settings.parent.mkdir(parents=True)
    settings.write_text(json.dumps({"fetchNews": "false", "checkForUpdates": False}))
    if IPYKERNEL7.is_dir():
        _add_kernel(folder / "data", "ipykernel7", IPYKERNEL7)
    environment = {name: value for name, value in os.environ.items() if not name.startswith(("JUPYTER", "PYTEST"))}
    environment |= {
        "HOME": str(folder),
        "IPYTHONDIR": str(folder / "ipython"),
        "JUPYTER_CONFIG_DIR": str(folder / "config"),
        "JUPYTER_DATA_DIR": str(folder / "data"),
        "JUPYTER_RUNTIME_DIR": str(folder / "runtime"),
        "JUPYTERLAB_SETTINGS_DIR": str(folder / "settings"),
        "JUPYTERLAB_WORKSPACES_DIR": str(folder / "workspaces"),
    }
    command = [sys.executable, "-m", "jupyterlab", "--no-browser", "--allow-root", f"--ServerApp.root_dir={root}"]
    command += ["--ServerApp.ip=127.0.0.1", "--ServerApp.port=0", "--IdentityProvider.token="]
    command += ["--LabApp.expose_app_in_browser=True", "--LabApp.extension_manager=readonly"]
    command += ["--LabApp.check_for_updates_class=jupyterlab.NeverCheckForUpdate"]
    # It ends with the tests, however they end: left alone, it asks for dead kernels at ports that others have by now.
    if shutil.which("setpriv"):
        command = ["setpriv", "--pdeathsig", "TERM", *command]
    log = folder / "server.log"
    with log.open("w") as output:
        server = subprocess.Popen(command, cwd=root, env=environment, stdout=output, stderr=output)
        try:
            yield _wait(server, folder / "runtime", log), root
        finally:
            server.terminate()
            try:
                server.wait(10)
            except subprocess.TimeoutExpired:
                server.kill()
                server.wait()


def _add_kernel(data: Path, name: str, packages: Path) -> None:
    """Register this environment once more, with the packages in a folder put before its own."""
    spec = {
        "argv": [sys.executable, "-m", "ipykernel_launcher", "-f", "{connection_file}"],
        "display_name": name,
        "language": "python",
        "env": {"PYTHONPATH": str(packages)},
    }
    folder = data / "kernels" / name
    folder.mkdir(parents=True)
    (folder / "kernel.json").write_text(json.dumps(spec))


def _wait(server: subprocess.Popen, runtime: Path, log: Path) -> str:
    """The server's address, once it answers."""
    end = time.monotonic() + START_TIMEOUT
    while time.monotonic() < end and server.poll() is None:
        for file in runtime.glob("jpserver-*.json"):
            try:
                url = json.loads(file.read_text())["url"].replace("localhost", "127.0.0.1")
                urllib.request.urlopen(url + "api/status", timeout=5).close()
            except (OSError, ValueError):
                continue
            return url
        time.sleep(0.1)
    raise RuntimeError("JupyterLab did not start:\n" + log.read_text())
