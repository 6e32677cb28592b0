"""A JupyterLab server for the browser tests, on a free port of 127.0.0.1, with its own settings and folders."""

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
START_TIMEOUT = 180  # seconds; in a new environment, the first start compiles all packages


@contextmanager
def jupyterlab_server(folder: Path) -> Iterator[tuple[str, Path]]:
    """Run a server, and yield its URL and root folder.

    Args:
        folder: holds all files of the server, so that it reads none of the user's.
    """
    root, log = folder / "root", folder / "server.log"
    root.mkdir()
    _write_settings(folder / "settings")
    if IPYKERNEL7.is_dir():
        _add_kernel(folder / "data", "ipykernel7", IPYKERNEL7)
    with log.open("w") as output:
        server = subprocess.Popen(_command(root), cwd=root, env=_environment(folder), stdout=output, stderr=output)
        try:
            yield _wait(server, folder / "runtime", log), root
        finally:
            server.terminate()
            try:
                server.wait(10)
            except subprocess.TimeoutExpired:
                server.kill()
                server.wait()


def _write_settings(folder: Path) -> None:
    """Switch off news and the search for updates, which need other machines."""
    settings = folder / NOTIFICATIONS
    settings.parent.mkdir(parents=True)
    settings.write_text(json.dumps({"fetchNews": "false", "checkForUpdates": False}))


def _environment(folder: Path) -> dict[str, str]:
    """Return the server's environment variables, which name no folder outside of `folder`."""
    environment = {name: value for name, value in os.environ.items() if not name.startswith(("JUPYTER", "PYTEST"))}
    return environment | {
        "HOME": str(folder),
        "IPYTHONDIR": str(folder / "ipython"),
        "JUPYTER_CONFIG_DIR": str(folder / "config"),
        "JUPYTER_DATA_DIR": str(folder / "data"),
        "JUPYTER_RUNTIME_DIR": str(folder / "runtime"),
        "JUPYTERLAB_SETTINGS_DIR": str(folder / "settings"),
        "JUPYTERLAB_WORKSPACES_DIR": str(folder / "workspaces"),
    }


def _command(root: Path) -> list[str]:
    """Return the command that starts a server which ends when its parent ends."""
    command = [sys.executable, "-m", "jupyterlab", "--no-browser", "--allow-root", f"--ServerApp.root_dir={root}"]
    command += ["--ServerApp.ip=127.0.0.1", "--ServerApp.port=0", "--IdentityProvider.token="]
    command += ["--LabApp.expose_app_in_browser=True", "--LabApp.extension_manager=readonly"]
    command += ["--LabApp.check_for_updates_class=jupyterlab.NeverCheckForUpdate"]
    # Otherwise it survives killed tests, and looks for their kernels at ports that other processes now use.
    return ["setpriv", "--pdeathsig", "TERM", *command] if shutil.which("setpriv") else command


def _add_kernel(data: Path, name: str, packages: Path) -> None:
    """Add a kernel for this environment that prefers the packages in a folder."""
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
    """Wait until the server responds, and return its URL."""
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
