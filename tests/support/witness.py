"""Code that a test runs in a notebook's kernel to count tasks, connections and runs there."""

# `_left()`: the numbers of tasks, sessions, connections to the server, widgets and panels.
# `_at_rest()`: whether no run is under way or about to begin.
# `_witness`: the number of runs now, their peak, and the arguments of each run that began.
CODE = """
import asyncio as _asyncio, functools as _functools, gc as _gc
import psutil as _psutil
from ipywidgets.widgets import widget as _widget
from lab.widgets.cells import shown_panels as _panels

class _Witness:
    now = most = 0
    def __init__(self):
        self.begun = []
    def of(self, f):
        @_functools.wraps(f)
        async def counted(**values):
            self.now += 1
            self.most = max(self.most, self.now)
            self.begun.append(values)
            try:
                return await f(**values)
            finally:
                self.now -= 1
        return counted

def _at_rest():
    return all(panel.is_idle for panel in _panels())

def _left():
    _gc.collect()
    port = int(server.url.rpartition(":")[2])
    sockets = _psutil.Process().net_connections("tcp")
    return {
        "tasks": len(_asyncio.all_tasks(_loop)),
        "sessions": sum(type(o) is aiohttp.ClientSession and not o.closed for o in _gc.get_objects()),
        "connections": sum(bool(s.raddr) and s.raddr.port == port and s.status == "ESTABLISHED" for s in sockets),
        "widgets": len(_widget._instances),
        "panels": len(_panels()),
    }

_loop = _asyncio.get_running_loop()
_witness = _Witness()
for _panel in _panels():
    _panel.function = _witness.of(_panel.function)
"""
