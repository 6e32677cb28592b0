"""A process that owns a server, for test_process.

The argument `fork` makes it fork a child, `work` makes it send a request, and `end` makes it end at once.
"""

import os
import signal
import sys
import time
from urllib.request import urlopen

from mock_server import MockServer

FOREVER = 1000  # seconds

server = MockServer.start()
# A shell's background processes, and their children, ignore SIGINT.
signal.signal(signal.SIGINT, signal.default_int_handler)
if "fork" in sys.argv:
    child = os.fork()
    if not child:
        time.sleep(FOREVER)  # holds the pipe open
        os._exit(0)
    print("child", child, flush=True)
print("server", server.pid, server.url, flush=True)
if "work" in sys.argv:
    urlopen(server.url + "/fault/hang").read()
if "end" not in sys.argv:
    time.sleep(FOREVER)
