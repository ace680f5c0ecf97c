"""Messages to the person at the terminal: steps with their duration, and failures."""

import sys
import time
from contextlib import contextmanager


class Failure(Exception):
    """An expected failure. Its text says what is missing and what to do about it."""


def say(text=""):
    """Print a line at once, also when the output goes to a file."""
    print(text, flush=True)


def warn(text):
    """Print a line on the error output."""
    print(f"warning: {text}", file=sys.stderr, flush=True)


def duration(seconds):
    """Return a duration as people write it."""
    if seconds < 60:
        return f"{seconds:.1f} s"
    return f"{int(seconds // 60)} min {int(seconds % 60):02d} s"


@contextmanager
def step(title):
    """Announce a step and print how long it took."""
    say(f"==> {title}")
    start = time.monotonic()
    yield
    say(f"    done in {duration(time.monotonic() - start)}")
