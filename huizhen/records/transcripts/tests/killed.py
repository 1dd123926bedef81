"""A reader that the system kills while it works, as it does when memory runs out."""

import os
import signal

os.kill(os.getpid(), signal.SIGKILL)
