"""A page of JupyterLab: open and run a notebook, move its controls, and read what it shows."""

from __future__ import annotations

import ast
import html
import itertools
import json
import re
import shutil
import time
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from axe_playwright_python.sync_playwright import Axe

if TYPE_CHECKING:
    from playwright.sync_api import ConsoleMessage, ElementHandle, Page

# `notebook` is the open notebook's panel, `code` the widget of one cell of it.
NOTEBOOK = "const notebook = window.jupyterapp.shell.currentWidget;"
CELL = NOTEBOOK + "const code = notebook.content.widgets[index];"
DRAWN = "await new Promise(done => requestAnimationFrame(() => requestAnimationFrame(done)))"
KINDS = ("slider", "dropdown", "checkbox", "toggle-buttons", "radio")
SVG = '[data-mime-type="text/html"] img.course'

CONTRAST = """(() => {
    const label = code.node.querySelector('.widget-label');
    const channels = colour => colour.match(/[0-9.]+/g).map(Number);
    let ground = label;
    while (channels(getComputedStyle(ground).backgroundColor)[3] === 0)
        ground = ground.parentElement;
    const light = colour => channels(colour).slice(0, 3).map(c => c / 255)
        .map(c => c <= 0.04045 ? c / 12.92 : ((c + 0.055) / 1.055) ** 2.4)
        .reduce((sum, c, n) => sum + c * [0.2126, 0.7152, 0.0722][n], 0);
    const both = [getComputedStyle(label).color, getComputedStyle(ground).backgroundColor].map(light).sort();
    return (both[1] + 0.05) / (both[0] + 0.05);
})()"""

# The parts that extend beyond the cell's output area on the left or right, with both extents.
STICKING_OUT = """(() => {
    const area = code.node.querySelector('.jp-Cell-outputArea').getBoundingClientRect();
    return [...code.node.querySelectorAll('.jp-Cell-outputArea img, .jp-Cell-outputArea .jupyter-widgets')]
        .map(part => [part.className, part.getBoundingClientRect()])
        .filter(([, box]) => box.width && (box.right > area.right + 1 || box.left < area.left - 1))
        .map(([name, box]) => `${name}: ${box.left} to ${box.right} of ${area.left} to ${area.right}`);
})()"""
MOVING = """document.getAnimations()
    .filter(animation => code.node.querySelector('.jp-Cell-outputArea').contains(animation.effect?.target))
    .map(animation => animation.effect.target.className)"""

PREDICTION = "your prediction, s"  # the label of that slider
PATIENCE = 300.0  # seconds: long enough that only a hang exceeds it
POLL = 250  # milliseconds between two checks; more frequent checks would slow the page down


class JupyterLab:
    """One page of a browser on a running server. A cell is named by its index in the notebook.

    `console_errors` and `foreign_requests` (URLs not on 127.0.0.1) collect what happens on the page.
    """

    def __init__(self, page: Page, url: str, root: Path) -> None:
        self.page = page
        self.url = url
        self.root = root
        self.console_errors: list[str] = []
        self.foreign_requests: list[str] = []
        page.on("console", self._note_message)
        page.on("pageerror", lambda error: self.console_errors.append(str(error)))
        page.on("request", lambda request: self._note_request(request.url))
        page.on("websocket", lambda socket: self._note_request(socket.url))

    def _note_message(self, message: ConsoleMessage) -> None:
        """Record an error, except for a bug of jupyter_server 2.21: the list of kernels may fail while one starts.

        A similar bug: https://github.com/jupyter-server/enterprise_gateway/issues/1395
        """
        is_known = "500" in message.text and urlsplit(message.location["url"]).path == "/api/kernels"
        if message.type == "error" and not is_known:
            self.console_errors.append(message.text)

    def _note_request(self, url: str) -> None:
        parts = urlsplit(url)
        if parts.scheme in ("http", "https", "ws", "wss") and parts.hostname != "127.0.0.1":
            self.foreign_requests.append(url)

    # Opening and running

    def open(self, notebook: Path, kernel: str = "python3") -> None:
        """Open a copy of a notebook and its folder instead of the open notebook, and wait until its kernel is ready."""
        folder = next(path for n in itertools.count(1) if not (path := self.root / f"{notebook.stem}-{n}").exists())
        shutil.copytree(notebook.parent, folder, ignore=shutil.ignore_patterns(".*", "__pycache__"))
        copy = folder / notebook.name
        content = json.loads(copy.read_text())
        content["metadata"]["kernelspec"] |= {"name": kernel, "display_name": kernel}
        copy.write_text(json.dumps(content))
        self.console_errors.clear()
        self.foreign_requests.clear()
        if self.page.url.startswith(self.url):
            self._close_notebook()
        else:
            self.page.goto(f"{self.url}lab")
            self.page.wait_for_function("window.jupyterapp?.restored")
        name = str(copy.relative_to(self.root))
        self.page.evaluate("path => { window.jupyterapp.commands.execute('docmanager:open', { path }) }", name)
        self.page.wait_for_function("path => window.jupyterapp.shell.currentWidget?.context?.path === path", arg=name)
        self.page.evaluate(f"async () => {{ {NOTEBOOK} await notebook.revealed; await notebook.sessionContext.ready }}")
        self.wait_until_idle()

    def _close_notebook(self) -> None:
        """Close the open notebook without saving it, and end its kernel."""
        self.page.evaluate(f"async () => {{ {NOTEBOOK} await notebook.sessionContext.shutdown(); notebook.dispose() }}")

    def run_all(self) -> None:
        """Run all cells, and wait until JupyterLab has seen the last one end.

        Raises:
            TimeoutError: some cells, which the message names, have not ended.
        """
        self.start_run_all()
        self.wait("all cells", lambda: self.page.evaluate("window.ranAll"))
        self.wait_until_idle()

    def start_run_all(self) -> None:
        """Start to run all cells."""
        self.page.evaluate(
            "() => { window.ranAll = false;"
            "window.jupyterapp.commands.execute('notebook:run-all-cells').finally(() => { window.ranAll = true }) }"
        )

    def run_cell(self, cell: int) -> None:
        """Run one cell, and wait for its end."""
        self.start_cell(cell)
        self.wait(f"cell {cell}", lambda: self.page.evaluate("window.ranCell"))

    def start_cell(self, cell: int) -> None:
        """Start to run one cell."""
        self.page.evaluate(
            f"index => {{ {NOTEBOOK} notebook.content.activeCellIndex = index; window.ranCell = false;"
            "window.jupyterapp.commands.execute('notebook:run-cell').finally(() => { window.ranCell = true }) }",
            cell,
        )

    def wait_until_idle(self) -> None:
        self.wait("the kernel", lambda: self.kernel_status() == "idle")

    def kernel_status(self) -> str | None:
        return self.page.evaluate(f"() => {{ {NOTEBOOK} return notebook.sessionContext.session?.kernel?.status }}")

    def interrupt(self) -> None:
        self.page.evaluate("window.jupyterapp.commands.execute('notebook:interrupt-kernel')")

    # Looking

    def sources(self) -> list[str]:
        return self.page.evaluate(
            f"() => {{ {NOTEBOOK} return notebook.content.widgets.map(code => code.model.sharedModel.source) }}"
        )

    def outputs(self, cell: int) -> list[dict[str, Any]]:
        """Return the current outputs of a cell in the notebook format."""
        return self._of(cell, "code.model.outputs?.toJSON() ?? []")

    def text(self, cell: int) -> str:
        """Return the text of a cell's outputs, after scrolling to it: cells off the screen may not be rendered."""
        self._element(cell)
        return self._of(cell, "code.node.querySelector('.jp-Cell-outputArea')?.innerText ?? ''")

    def pictures(self, cell: int) -> list[str]:
        """Return the SVG source of each picture that is displayed below a cell."""
        return self._of(
            cell,
            f"Array.from(code.node.querySelectorAll('{SVG}')).filter(image => image.complete && image.naturalWidth)"
            ".map(image => Uint8Array.from(atob(image.src.slice(image.src.indexOf(',') + 1)), c => c.charCodeAt(0)))"
            ".map(bytes => new TextDecoder().decode(bytes))",
        )

    def alternatives(self, cell: int) -> list[str]:
        """Return the text alternative of each picture below a cell."""
        return self._of(cell, f"[...code.node.querySelectorAll('{SVG}')].map(image => image.alt)")

    def wait_for_picture(self, cell: int, text: str) -> None:
        """Wait until the SVG source of a picture below a cell contains a text."""
        self.wait(f"a picture with {text!r}", lambda: any(text in svg for svg in self.pictures(cell)))

    def error_outputs(self) -> list[str]:
        """Return the name, value and cell of each error output in the notebook."""
        outputs = [(source, output) for index, source in enumerate(self.sources()) for output in self.outputs(index)]
        return [f"{o['ename']}: {o['evalue']} in {source}" for source, o in outputs if o["output_type"] == "error"]

    def execution_counts(self) -> list[int | None]:
        """Return the execution counts of the code cells, in order."""
        return self.page.evaluate(
            f"() => {{ {NOTEBOOK} return notebook.content.widgets.filter(code => code.model.type === 'code')"
            ".map(code => code.model.executionCount) }"
        )

    def unfinished(self) -> list[str]:
        """Return the first line of each cell that JupyterLab shows as running or waiting to run: [*]."""
        return self.page.evaluate(
            f"() => {{ {NOTEBOOK} return notebook.content.widgets"
            ".filter(code => ![undefined, 'idle'].includes(code.model.executionState))"
            ".map(code => code.model.sharedModel.source.split('\\n')[0]) }"
        )

    def title(self, cell: int) -> str:
        """Return the title of the first picture below a cell; empty if there is none."""
        found = re.search("<title>(.*?)</title>", "".join(self.pictures(cell)[:1]))
        return html.unescape(found[1]) if found else ""

    def wait_for_title(self, cell: int, text: str) -> None:
        """Wait until one part of the title of a cell's first picture is this text."""
        whole = re.compile(rf"(^|, ){re.escape(text)}([,:]|$)")
        self.wait(
            f"{text!r} in the title",
            lambda: whole.search(self.title(cell)),
            lambda: f"; the title: {self.title(cell)!r}",
        )

    def wait_for_text(self, cell: int, text: str, *, gone: bool = False) -> None:
        """Wait until the text of a cell's outputs contains this or, with `gone`, does not."""
        what = f"{text!r} to go" if gone else repr(text)
        self.wait(what, lambda: (text in self.text(cell)) is not gone, lambda: f"; read: {self.text(cell)}")

    def wait_until_finished(self, cell: int) -> str:
        """Wait until the first picture below a cell shows a finished run, and return its title."""
        return self.wait("the run's end", lambda: (title := self.title(cell)) and " so far" not in title and title)

    def errors(self, cell: int) -> list[str]:
        """Return the names of the exceptions among a cell's outputs."""
        return [output["ename"] for output in self.outputs(cell) if output["output_type"] == "error"]

    def color_scheme(self, cell: int) -> str:
        """Return the color scheme, `light` or `dark`, in which the first picture below a cell is drawn."""
        return self._of(cell, f"getComputedStyle(code.node.querySelector('{SVG}')).colorScheme")

    def contrast(self, cell: int) -> float:
        """Return the WCAG contrast ratio of a control's label and its background."""
        return self._of(cell, CONTRAST)

    def faults(self, cell: int) -> list[str]:
        """Return the serious and critical problems that axe-core finds in a cell's outputs, a line each."""
        self._element(cell)
        self._of(cell, "code.node.querySelector('.jp-Cell-outputArea').setAttribute('data-looked-at', '')")
        found = Axe().run(self.page, "[data-looked-at]").response
        self._of(cell, "code.node.querySelector('.jp-Cell-outputArea').removeAttribute('data-looked-at')")
        assert found["passes"], "axe-core found nothing to look at"
        return [
            f"{fault['id']} ({fault['impact']}): {node['html']}"
            for fault in found["violations"]
            if fault["impact"] in ("serious", "critical")
            for node in fault["nodes"]
        ]

    def scroll_to(self, cell: int) -> None:
        """Scroll to a cell, so that it is rendered."""
        self._element(cell)

    def sticking_out(self, cell: int) -> list[str]:
        """Return the controls and pictures that extend beyond a cell's output area."""
        self._element(cell)
        return self._of(cell, STICKING_OUT)

    def moving(self, cell: int) -> list[str]:
        """Return the parts of a cell's outputs that are being animated."""
        return self._of(cell, MOVING)

    def screenshot(self, path: Path, cell: int) -> None:
        """Save an image of a cell with its outputs."""
        path.parent.mkdir(parents=True, exist_ok=True)
        self._element(cell).screenshot(path=path)

    # Acting

    def slider(self, cell: int, label: str) -> Slider:
        """Return the slider with this label below a cell."""
        return Slider(self, self._widget(cell, ".widget-slider", label))

    def select(self, cell: int) -> None:
        """Select a cell, in command mode."""
        self._of(cell, "(notebook.content.activeCellIndex = index, notebook.content.mode = 'command', null)")

    def selected(self) -> int:
        """Return the index of the selected cell."""
        return self.page.evaluate(f"() => {{ {NOTEBOOK} return notebook.content.activeCellIndex }}")

    def labels(self, cell: int) -> list[tuple[str, str]]:
        """Return the kind (slider, checkbox, dropdown ...) and label of each control below a cell, in order."""
        return [(kind, _label(widget)) for kind, widget in self._controls(cell)]

    def checkbox(self, cell: int, label: str) -> ElementHandle:
        """Return the checkbox with this label below a cell."""
        return self._widget(cell, ".widget-checkbox", label).query_selector("input")

    def dropdown(self, cell: int, label: str) -> ElementHandle:
        """Return the drop-down with this label below a cell."""
        return self._widget(cell, ".widget-dropdown", label).query_selector("select")

    def prediction(self, cell: int) -> ElementHandle:
        """Return the field for the prediction below a cell."""
        return self._element(cell).query_selector(".widget-text input")

    def heights(self, cell: int) -> list[int]:
        """Return the height of each picture below a cell, from its source."""
        return [int(re.search(r'height="(\d+)"', svg)[1]) for svg in self.pictures(cell)]

    def evaluate(self, code: str, expression: str = "None") -> Any:
        """Run code in the notebook's kernel, outside its cells, and return the value of an expression after it."""
        request = {"code": f"import json as _json\n{code}", "store_history": False, "stop_on_error": False}
        request["user_expressions"] = {"value": f"_json.dumps({expression})"}
        while (reply := self._ask_kernel(request))["status"] == "aborted":  # because a cell has just failed
            continue
        found = reply.get("user_expressions", {}).get("value", reply)
        if found["status"] == "error":
            raise RuntimeError(f"{found['ename']}: {found['evalue']}")
        return json.loads(ast.literal_eval(found["data"]["text/plain"]))

    def _ask_kernel(self, request: dict[str, Any]) -> dict[str, Any]:
        self.page.evaluate(
            f"request => {{ {NOTEBOOK} window.reply = undefined;"
            "notebook.sessionContext.session.kernel.requestExecute(request).done"
            ".then(reply => { window.reply = reply.content }) }",
            request,
        )
        return self.wait("a reply of the kernel", lambda: self.page.evaluate("window.reply"))

    def set_theme(self, theme: str) -> None:
        """Switch to the theme `light` or `dark`."""
        name = f"JupyterLab {theme.capitalize()}"
        self.page.evaluate("theme => window.jupyterapp.commands.execute('apputils:change-theme', { theme })", name)
        light = "true" if theme == "light" else "false"
        self.page.wait_for_selector(f"body[data-jp-theme-light={light}]", state="attached")

    def set_width(self, pixels: int) -> None:
        """Set the width of the window, and close the side bar."""
        self.page.evaluate("window.jupyterapp.shell.collapseLeft()")
        self.page.set_viewport_size({"width": pixels, "height": 1000})

    def ask_for_less_motion(self, wish: bool) -> None:
        """Switch the system's preference for reduced motion on or off."""
        self.page.emulate_media(reduced_motion="reduce" if wish else "no-preference")

    # How

    def _of(self, cell: int, expression: str) -> Any:
        return self.page.evaluate(f"index => {{ {CELL} return {expression} }}", cell)

    def _element(self, cell: int) -> ElementHandle:
        """Scroll to a cell, and return its element when it is rendered. Scrolling may replace the element."""
        scroll = "await notebook.content.scrollToItem(index);"
        self.page.evaluate(f"async index => {{ {NOTEBOOK} {scroll} {DRAWN} }}", cell)
        self.wait(f"cell {cell}", lambda: self._of(cell, "code.node.isConnected"))
        return self.page.evaluate_handle(f"index => {{ {CELL} return code.node }}", cell).as_element()

    def _widget(self, cell: int, kinds: str, label: str) -> ElementHandle:
        def find() -> ElementHandle | None:
            for widget in self._element(cell).query_selector_all(kinds):
                if _label(widget) == label:
                    return widget
            return None

        return self.wait(f"a widget {label!r}", find)

    def _controls(self, cell: int) -> list[tuple[str, ElementHandle]]:
        widgets = self._element(cell).query_selector_all(", ".join(f".widget-{kind}" for kind in KINDS))
        return [(next(k for k in KINDS if f"widget-{k}" in w.get_attribute("class").split()), w) for w in widgets]

    def wait(self, what: str, ready: Any, instead: Callable[[], str] = str) -> Any:
        """Call `ready` until it returns something true, and return that. JupyterLab's promises may never resolve."""
        end = time.monotonic() + PATIENCE
        while not (result := ready()):
            if time.monotonic() > end:
                raise TimeoutError(
                    f"waited {PATIENCE:g} s for {what}{instead()}; "
                    f"kernel {self.kernel_status()}, unfinished: {self.unfinished()}"
                )
            self.page.wait_for_timeout(POLL)
        return result


def _label(widget: ElementHandle) -> str:
    """Return a widget's label. A checkbox has an empty label before its text."""
    labels = widget.query_selector_all(".widget-label, .widget-label-basic")
    words = [label.inner_text().strip("\u200b \n") for label in labels]
    return next(filter(None, words), "")


class Slider:
    """A slider, moved by keyboard."""

    def __init__(self, lab: JupyterLab, widget: ElementHandle) -> None:
        self.page = lab.page
        self.widget = widget
        self.handle = widget.query_selector("[role=slider]")

    @property
    def value(self) -> float:
        """The value, to two decimals; aria-valuenow has only one."""
        return float(self.handle.get_attribute("aria-valuetext"))

    @property
    def at_the_end(self) -> bool:
        """Whether the slider is at its highest value."""
        return float(self.handle.get_attribute("aria-valuenow")) >= float(self.handle.get_attribute("aria-valuemax"))

    def step(self) -> str:
        """Move by one step, and return the new value as a picture's title shows it."""
        self.press("ArrowLeft" if self.at_the_end else "ArrowRight")
        return f"{self.value:g}"

    def press(self, key: str, times: int = 1, gap: float = 0) -> None:
        """Press ArrowRight, ArrowLeft, Home, End ... with a gap in seconds."""
        self.handle.focus()
        for _ in range(times):
            self.page.keyboard.press(key)
            if gap:
                self.page.wait_for_timeout(gap * 1000)
