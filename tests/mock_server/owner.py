"""An owner of a server, to be killed by test_process; its argument says what it does beside."""

import os
import sys
import time
from urllib.request import urlopen

from mock_server import MockServer

server = MockServer.start()
if "fork" in sys.argv and os.fork() == 0:
    print("child", os.getpid(), flush=True)
    time.sleep(20)  # holds the pipe
    os._exit(0)
print("server", server._process.pid, server.url, flush=True)
if "work" in sys.argv:
    urlopen(server.url + "/delay/30").read()
if "end" not in sys.argv:
    time.sleep(20)
