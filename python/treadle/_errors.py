"""What goes wrong in a pool of Treadle and in no other."""

import concurrent.futures


class QueueFull(RuntimeError):
    """The pool refused a call: `max_pending` calls wait already, or its policy admits no more.

    Raised by submit() of a pool with on_full="refuse". A RuntimeError, as submit() after shutdown.
    """


class TaskExpired(concurrent.futures.TimeoutError):
    """The call was dropped because it had not started before its deadline."""
