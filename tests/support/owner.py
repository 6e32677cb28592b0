"""An owner of a server, to be killed by test_process; its argument says what it does beside."""

import os
import signal
import sys
import time
from urllib.request import urlopen

from mock_server import MockServer

server = MockServer.start()
signal.signal(signal.SIGINT, signal.default_int_handler)  # a shell's background ignores it, and so do its children
if "fork" in sys.argv:
    child = os.fork()
    if not child:
        time.sleep(20)  # holds the pipe
        os._exit(0)
    print("child", child, flush=True)
print("server", server._process.pid, server.url, flush=True)
if "work" in sys.argv:
    urlopen(server.url + "/delay/30").read()
if "end" not in sys.argv:
    time.sleep(20)
