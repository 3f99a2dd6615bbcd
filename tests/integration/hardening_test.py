#!/usr/bin/env python3
"""The binary that ships is hardened: what the compiler and the linker were asked for is in it."""
import subprocess

import product


def readelf(*words):
    return subprocess.run(["readelf", "-W", *words, product.BINARY], check=True, capture_output=True,
                          text=True).stdout


def main():
    head, dynamic, segments = readelf("-h"), readelf("-d"), readelf("-l")
    assert "DYN" in head, "position-independent"
    assert "BIND_NOW" in dynamic or "NOW" in dynamic, "relocations are bound at the start"
    assert "GNU_RELRO" in segments, "and read-only from then on"
    stack = next(line for line in segments.splitlines() if "GNU_STACK" in line)
    assert " RWE " not in stack and " RW " in stack, stack
    for line in segments.splitlines():
        assert not ("LOAD" in line and "RWE" in line), "nothing is both written and run"
    assert "__stack_chk_fail" in readelf("--dyn-syms"), "the stack is guarded"
    assert "_chk@" in readelf("--dyn-syms").replace("__stack_chk_fail@", ""), "copies and reads are checked"
    assert "RPATH" not in dynamic and "RUNPATH" not in dynamic, "libraries are the system's"
    print("hardened: PIE, RELRO, BIND_NOW, guarded stack, no executable data")


if __name__ == "__main__":
    main()
