"""Code that a test runs in a notebook's kernel, beside its cells, to count what goes on there."""

# `_left()`: how many tasks, sessions, connections to the server and widgets there are.
# `_at_rest()`: whether no run is under way or about to begin.
# `_witness`: how many runs of the labs' functions went on at once, at most, and the arguments of each that began.
CODE = """
import asyncio as _asyncio, functools as _functools, gc as _gc
import psutil as _psutil
from ipywidgets.widgets import widget as _widget
from lab.widgets import cells as _shown

class _Witness:
    now = most = ended = 0
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
                self.ended += 1
        return counted

def _panels():
    return [panel for _, panels in _shown._shown.values() for panel in panels]

def _at_rest():
    tasks = [task for panel in _panels() for task in (panel._attending, panel._running)]
    return all(task is None or task.done() for task in tasks)

def _left():
    _gc.collect()
    port = int(server.url.rpartition(":")[2])
    sockets = _psutil.Process().net_connections("tcp")
    return {
        "tasks": len(_asyncio.all_tasks(_panels()[0]._loop)),
        "sessions": sum(type(o) is aiohttp.ClientSession and not o.closed for o in _gc.get_objects()),
        "connections": sum(bool(s.raddr) and s.raddr.port == port and s.status == "ESTABLISHED" for s in sockets),
        "widgets": len(_widget._instances),
        "panels": len(_panels()),
    }

_witness = _Witness()
for _panel in _panels():
    _panel._f = _witness.of(_panel._f)
"""
