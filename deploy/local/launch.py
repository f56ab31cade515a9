"""The last step before a server's binary: drops root, ties the server to its parent's life, and becomes it by exec.

Runs as a script of its own, with the standard library only, so that no code runs between fork and exec in a
process that may have threads. It refuses to run anything as root once a uid was named.

A home directory closed to others (such as /root, mode 0700) stays closed: the unprivileged process keeps one
capability, to search and read directories, instead of having the directory opened.
"""

from __future__ import annotations

import argparse
import ctypes
import os
import struct
import sys
from pathlib import Path

PR_SET_PDEATHSIG = 1
PR_SET_KEEPCAPS = 8
PR_CAP_AMBIENT = 47
PR_CAP_AMBIENT_RAISE = 2
CAP_DAC_OVERRIDE = 1
CAP_DAC_READ_SEARCH = 2
CAPABILITY_VERSION_3 = 0x20080522
EXIT_CANNOT_DROP = 97


def drop_root(uid: int, gid: int, *, reach_closed_paths: bool) -> None:
    """Become `uid`; with `reach_closed_paths` keep one capability that passes closed parent directories."""
    libc = ctypes.CDLL(None, use_errno=True)
    capability = _kept_capability() if reach_closed_paths else None
    os.setgroups([])
    os.setgid(gid)
    if capability is not None:
        _checked(libc.prctl(PR_SET_KEEPCAPS, 1, 0, 0, 0), "prctl KEEPCAPS")
    os.setuid(uid)
    if capability is not None:
        _keep_only(libc, capability)
    if os.geteuid() == 0:
        raise OSError("still root after setuid")


def _kept_capability() -> int:
    """Number of the mildest capability this process owns that passes closed directories."""
    status = Path("/proc/self/status").read_text(encoding="ascii")
    line = next(line for line in status.splitlines() if line.startswith("CapPrm:"))
    permitted = int(line.split()[1], 16)
    for capability in (CAP_DAC_READ_SEARCH, CAP_DAC_OVERRIDE):
        if permitted & (1 << capability):
            return capability
    raise OSError("no capability left to pass a closed directory")


def _keep_only(libc: ctypes.CDLL, capability: int) -> None:
    mask = 1 << capability
    header = struct.pack("=Ii", CAPABILITY_VERSION_3, 0)
    data = struct.pack("=6I", mask, mask, mask, 0, 0, 0)
    _checked(libc.capset(header, data), "capset")
    _checked(libc.prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_RAISE, capability, 0, 0), "prctl AMBIENT")


def _checked(result: int, call: str) -> None:
    if result != 0:
        raise OSError(ctypes.get_errno(), f"{call} failed")


def die_with_parent(signal_number: int, parent_pid: int) -> None:
    """Ask the kernel for a signal when the parent ends; leave at once when it already has. Linux only."""
    if not sys.platform.startswith("linux"):
        return
    _checked(ctypes.CDLL(None, use_errno=True).prctl(PR_SET_PDEATHSIG, signal_number, 0, 0, 0), "prctl PDEATHSIG")
    if os.getppid() != parent_pid:
        sys.exit(EXIT_CANNOT_DROP)


def main(arguments: list[str]) -> None:
    parser = argparse.ArgumentParser(prog="launch")
    parser.add_argument("--uid", type=int)
    parser.add_argument("--gid", type=int)
    parser.add_argument("--reach-closed-paths", action="store_true")
    parser.add_argument("--death-signal", type=int)
    parser.add_argument("--parent", type=int)
    parser.add_argument("command", nargs="+")
    options = parser.parse_args(arguments)
    try:
        if options.uid is not None:
            drop_root(options.uid, options.gid, reach_closed_paths=options.reach_closed_paths)
        if options.death_signal is not None:
            die_with_parent(options.death_signal, options.parent)
    except OSError as error:
        print(f"launch: {error}", file=sys.stderr)
        sys.exit(EXIT_CANNOT_DROP)
    os.execv(options.command[0], options.command)  # noqa: S606 - becoming the server is the point


if __name__ == "__main__":
    main(sys.argv[1:])
