"""What goes wrong in a pool of Treadle and in no other."""

import concurrent.futures
import sys

# One class since Python 3.11.
if sys.version_info >= (3, 11):
    _Timeout = TimeoutError
else:

    class _Timeout(concurrent.futures.TimeoutError, TimeoutError):
        pass


class QueueFull(RuntimeError):
    """The pool refused a call: `max_pending` calls wait already, or its policy admits no more.

    Raised by submit() of a pool with on_full="refuse". A RuntimeError, as submit() after shutdown.
    """


class TaskExpired(_Timeout):
    """The call was dropped because it had not started before its deadline.

    A TimeoutError, the built-in one and that of concurrent.futures.
    """
