#!/usr/bin/env python3
"""benchmarks/product.py: the command line over an invented ambito: import, reports, verify, rebuild.

    benchmarks/product.py [--binary build/release/ops/cartella] [--people N] [--folder DIR]

Prints wall time, CPU, peak memory of each step, rows a second of the imports, and bytes an event.
"""

import argparse
import json
import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path


class Step:
    """One run of the binary: its output, seconds, CPU seconds and peak memory."""

    def __init__(self, binary: str, *arguments: str):
        started = time.monotonic()
        process = subprocess.Popen([binary, *arguments], stdout=subprocess.PIPE, text=True)
        self.output = process.stdout.read()
        _, status, usage = os.wait4(process.pid, 0)
        process.returncode = os.waitstatus_to_exitcode(status)
        if process.returncode != 0:
            sys.exit(f"{' '.join(arguments)}: exit code {process.returncode}")
        self.seconds = time.monotonic() - started
        self.cpu = usage.ru_utime + usage.ru_stime
        self.peak_mib = usage.ru_maxrss / 1024

    def show(self, name: str, count: int = 0, unit: str = "") -> None:
        rate = f"{count / self.seconds:12,.0f} {unit}/s of {count:,}" if count else ""
        print(f"  {name:22} {self.seconds:8.1f} s {self.cpu:8.1f} s CPU "
              f"{self.peak_mib:7.0f} MiB  {rate}", flush=True)


def data_rows(folder: Path, pattern: str, has_header: bool) -> int:
    rows = 0
    for path in folder.glob(pattern):
        with path.open("rb") as file:
            rows += sum(1 for _ in file) - (1 if has_header else 0)
    return rows


def run(binary: str, folder: Path, people: int) -> None:
    data, archive, secret = folder / "dati", folder / "archivio", folder / "frase"
    secret.touch(mode=0o600)
    secret.write_text("frase di prova per le misure\n")
    common = ["--data", str(archive), "--passphrase-file", str(secret), "--quiet"]

    size = ["--people", str(people)] if people else []
    Step(binary, "demo-data", str(data), "--quiet", *size).show("demo-data")
    registry = sorted(str(path) for path in (data / "registry").glob("*.txt"))
    comuni = ",".join(sorted({Path(p).name.split("_")[2] for p in registry if "ANA_PER_" in p}))
    Step(binary, "init", *common, "--ambito", "Misure", "--slug", "misure",
         "--mode", "training", "--enable-registry", f"{comuni}:Atto 1:2099-12-31").show("init")
    step = Step(binary, "import", "registry", *common, *registry)
    step.show("import registry", data_rows(data / "registry", "*.txt", False), "rows")
    step = Step(binary, "import", "predecessor", *common, str(data / "predecessor"))
    step.show("import predecessor", data_rows(data / "predecessor", "*.csv", True), "rows")

    stats = json.loads(Step(binary, "stats", *common, "--format", "json").output)
    events = find_number(stats, "events")
    step = Step(binary, "rebuild", *common)
    step.show("rebuild of all views", events, "events")
    Step(binary, "report", *common, "accesses").show("report accesses")
    Step(binary, "verify", *common, "--tree-only").show("verify --tree-only", events, "events")
    Step(binary, "verify", *common).show("verify", events, "events")
    for part in ("log", "views", "vault"):
        used = sum(p.stat().st_size for p in (archive / part).rglob("*") if p.is_file())
        print(f"  disk, {part:16} {used / max(events, 1):8.0f} bytes/event ({used / 2**20:.1f} MiB)")


def find_number(value: object, name: str) -> int:
    """The number in the row that starts with `name`, wherever the tables of `stats` hold it."""
    if isinstance(value, dict):
        if value.get("name") == name and isinstance(value.get("value"), int):
            return value["value"]
        return next((n for n in (find_number(v, name) for v in value.values()) if n), 0)
    if isinstance(value, list):
        return next((n for n in (find_number(v, name) for v in value) if n), 0)
    return 0


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--binary", default="build/release/ops/cartella")
    parser.add_argument("--people", type=int, default=0)
    parser.add_argument("--folder", default=None)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory(dir=options.folder, prefix="cartella-product.") as folder:
        run(options.binary, Path(folder), options.people)
    return 0


if __name__ == "__main__":
    sys.exit(main())
