"""Running other programs: output into log files, progress lines, tails on failure."""

import errno
import fcntl
import os
import shutil
import signal
import socket
import subprocess
import time
from contextlib import contextmanager
from pathlib import Path

from . import config
from .ui import Failure, say

SIGNS = (
    (
        "No space left on device",
        "The disk is full: free some space and run the same command again.",
    ),
    (
        "Temporary failure resolving",
        "The network or the name service cannot be reached: check it and try again.",
    ),
    (
        "Could not resolve",
        "The network or the name service cannot be reached: check it and try again.",
    ),
    (
        "Failed to establish a new connection",
        "The package index cannot be reached: check the network and try again.",
    ),
    (
        "is expired (invalid since",
        "By this machine's clock the mirror's list is out of date: check the clock, or"
        " have the machine's apt configuration name a fresher mirror.",
    ),
    (
        "NO_PUBKEY",
        "The machine's keyring does not know the suite's key: update it with"
        " apt-get install debian-archive-keyring",
    ),
    ("ENOTFOUND", "The npm registry cannot be reached: check the network, try again."),
)


def tail(path, count=25):
    """Return the last lines of a text file, indented."""
    try:
        lines = Path(path).read_text(errors="replace").splitlines()[-count:]
    except OSError:
        return ""
    return "\n".join("    | " + line for line in lines)


def explain(path):
    """Return the advice for a failure whose usual sign stands in a log, or nothing."""
    text = tail(path, 200)
    return next((advice for sign, advice in SIGNS if sign in text), "")


def log_path(name):
    """Return the path of a log file, in a folder that exists."""
    config.LOGS.mkdir(parents=True, exist_ok=True)
    return config.LOGS / f"{name}.log"


def run_logged(command, log, what, progress=None, **options):
    """Run a program, its output in a log; a failure shows the log's end and advice.

    :param progress: called with every line, returns the text to show for it or None.
    """
    with open(log, "w", errors="replace") as out:
        process = subprocess.Popen(
            [str(part) for part in command],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            errors="replace",
            **options,
        )
        try:
            for line in process.stdout:
                out.write(line)
                out.flush()
                shown = progress(line.rstrip()) if progress else None
                if shown:
                    say(f"    {shown}")
            code = process.wait()
        except BaseException:
            process.terminate()
            try:
                process.wait(20)
            except subprocess.TimeoutExpired:
                process.kill()
            raise
    if code:
        advice = explain(log)
        raise Failure(
            f"{what} failed (exit code {code}). The end of {log}:\n{tail(log)}"
            + (f"\n{advice}" if advice else "")
        )


def run_shown(command, **options):
    """Run a program whose output the person sees; return its exit code.

    When this process is asked to end, the program may clean up first (pytest closes
    its browser).
    """
    process = subprocess.Popen(
        [str(part) for part in command], stdin=subprocess.DEVNULL, **options
    )
    try:
        return process.wait()
    except BaseException:
        process.send_signal(signal.SIGINT)
        try:
            process.wait(30)
        except subprocess.TimeoutExpired:
            process.kill()
        raise


def capture(command, **options):
    """Run a program and return its output; raise Failure when it fails."""
    try:
        done = subprocess.run(
            [str(part) for part in command],
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            check=False,
            **options,
        )
    except FileNotFoundError as error:
        raise Failure(f"The program {command[0]} is missing.") from error
    if done.returncode:
        text = (done.stderr or done.stdout).strip()
        raise Failure(f"{Path(str(command[0])).name} failed: {text}")
    return done.stdout


@contextmanager
def locked(name="setup"):
    """Let only one process at a time build a part of the environment."""
    config.HOME.mkdir(exist_ok=True)
    with open(config.HOME / f"{name}.lock", "w") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            say(f"    waiting for another run of make ({name}) in this folder ...")
            fcntl.flock(lock, fcntl.LOCK_EX)
        yield


def check_disk(gib=config.FREE_GIB):
    """Refuse to begin a large download when the disk cannot hold it."""
    free = shutil.disk_usage(config.ROOT).free / 2**30
    if free < gib:
        raise Failure(
            f"Only {free:.1f} GiB are free on the disk of {config.ROOT}; {gib} GiB are"
            " needed for Odoo, its libraries and databases. Free some space first."
        )


def port_is_free(port, address="127.0.0.1"):
    """Tell whether a server could listen on a port."""
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((address, port))
        except OSError as error:
            if error.errno in (errno.EADDRINUSE, errno.EACCES):
                return False
            raise
    return True


def free_port():
    """Return a port that nobody listens on now."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def alive(pid, sign):
    """Tell whether a process still runs and has a sign in its command line."""
    try:
        state = Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()[0]
        text = Path(f"/proc/{pid}/cmdline").read_bytes().replace(b"\0", b" ")
    except OSError:
        return False
    return state != "Z" and sign.encode() in text


def stop_pid(pid, sign, patience=30):
    """End a process of ours, first politely. Return whether it was running."""
    if not alive(pid, sign):
        return False
    os.kill(pid, signal.SIGTERM)
    deadline = time.monotonic() + patience
    while alive(pid, sign) and time.monotonic() < deadline:
        time.sleep(0.1)
    if alive(pid, sign):
        os.kill(pid, signal.SIGKILL)
    return True
