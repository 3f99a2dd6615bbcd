"""benchmarks/http/measure.py: what benchmarks/http/run measures; see there and benchmarks/README.md."""

import argparse
import asyncio
import json
import os
import platform
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from ambito import Ambito
from servers import Cartella, Nginx, Process, make_certificate
from subscribers import Followers, new_key

HERE = Path(__file__).resolve().parent
CLIENTS = 64
PARTS = ("throughput", "half", "alone", "handshake", "subscribers")
KINDS = {"read": "recorded read of a case file", "write": "durable write of a note", "search": "recorded search"}
AIMS = {"read": 10000, "write": 10000}


class Run:
    """One run of wrk against one server: what it says, and the server's CPU a request."""

    def __init__(self, server: Process, kind: str, targets: Path, seconds: float, clients: int = CLIENTS,
                 bearer: Path | None = None, **more: str):
        environment = {**os.environ, "LOAD_KIND": kind, "LOAD_FILE": str(targets), **more}
        if bearer:
            environment["LOAD_BEARER"] = str(bearer)
        before = server.cpu_seconds()
        result = subprocess.run(["wrk", "-t1", f"-c{clients}", f"-d{max(1, round(seconds))}s", "-s",
                                 str(HERE / "load.lua"), server.url], env=environment, capture_output=True, text=True)
        line = next((one for one in result.stdout.splitlines() if one.startswith("{")), None)
        if result.returncode != 0 or line is None:
            sys.exit(f"wrk: {result.stdout}{result.stderr}")
        self.said = json.loads(line)
        if self.said["refused"]:
            sys.exit(f"{server.name}: {self.said['refused']} answers of {kind} were refusals")
        self.rate = self.said["requests"] / (self.said["us"] / 1e6)
        self.cpu_us = (server.cpu_seconds() - before) * 1e6 / max(1, self.said["requests"])
        self.p50, self.p99 = self.said["p50"], self.said["p99"]


def middle(values) -> float:
    return statistics.median(values)


def disk_sync_us(folder: Path, count: int = 400) -> float:
    """The median of 4 KiB written in place and synced, in a file whose blocks are all there."""
    path = folder / "sync"
    descriptor = os.open(path, os.O_RDWR | os.O_CREAT, 0o600)
    page = os.urandom(4096)
    try:
        os.pwrite(descriptor, bytes(4096 * count), 0)
        os.fsync(descriptor)
        times = []
        for number in range(count):
            began = time.perf_counter()
            os.pwrite(descriptor, page, number * 4096)
            os.fdatasync(descriptor)
            times.append((time.perf_counter() - began) * 1e6)
        return middle(times)
    finally:
        os.close(descriptor)
        path.unlink()


class Measures:
    def __init__(self, options, folder: Path):
        self.options, self.folder = options, folder
        self.load_before = os.getloadavg()[0]  # of others: 0 where the machine is quiet
        self.ambito = Ambito(os.environ["CARTELLA_BINARY"], folder, options.people)
        certificate, key = make_certificate(folder)
        self.cartella = Cartella(self.ambito, certificate, key)
        self.memory = {"at the start": self.cartella.resident_mib()}
        self.targets = {"read": self.ambito.read_targets, "write": self.ambito.write_targets,
                        "search": self._found_searches()}
        self.nginx = Nginx(folder, certificate, key, self._sizes())
        for kind in KINDS:
            (folder / f"file-{kind}").write_text(f"/{kind}\n")
        self.maximum: dict[str, float] = {}
        print(f"{os.cpu_count()} cores, {platform.release()}, {self._model()}; {len(self.ambito.cases)} cases; "
              f"load before: {self.load_before:.1f}", flush=True)

    def _model(self) -> str:
        lines = Path("/proc/cpuinfo").read_text().splitlines()
        return next((line.partition(":")[2].strip() for line in lines if line.startswith("model name")), "?")

    def _found_searches(self) -> Path:
        found = []
        for body in self.ambito.searches():
            status, answer = self.cartella.call("POST", "/v1/person-searches", body, self.cartella.headers)
            if status != 200:
                sys.exit(f"a search is answered {status}: {answer.decode()}")
            if json.loads(answer)["items"]:
                found.append(body)
            if len(found) == 50:
                break
        path = self.folder / "searches"
        path.write_text("\n".join(found) + "\n", encoding="utf-8")
        return path

    # Bodies of the answers, which nginx then has as files.
    def _sizes(self) -> dict[str, int]:
        def first(path: Path) -> str:
            return path.read_text(encoding="utf-8").splitlines()[0]
        headers = self.cartella.headers
        calls = {"read": ("GET", first(self.targets["read"]), None, headers),
                 "write": ("POST", first(self.targets["write"]) + "/notes", '{"text":"Nota."}',
                           {**headers, "Idempotency-Key": new_key()}),
                 "search": ("POST", "/v1/person-searches", first(self.targets["search"]), headers),
                 "status": ("GET", "/status", None, {})}
        sizes = {}
        for kind, call in calls.items():
            status, answer = self.cartella.call(*call)
            if status not in (200, 201):
                sys.exit(f"{kind} is answered {status}: {answer.decode()}")
            sizes[kind] = len(answer)
        return sizes

    def _ours(self, kind: str, seconds: float, clients: int = CLIENTS, **more: str) -> Run:
        word = {"read": "get", "write": "note", "search": "search"}[kind]
        return Run(self.cartella, word, self.targets[kind], seconds, clients, self.ambito.bearer, **more)

    def _files(self, kind: str, seconds: float, clients: int = CLIENTS, **more: str) -> Run:
        return Run(self.nginx, "get", self.folder / f"file-{kind}", seconds, clients, **more)

    def throughput(self) -> None:
        ours = {kind: [] for kind in KINDS}
        files = {kind: [] for kind in KINDS}
        behind = []
        for _ in range(self.options.rounds):
            for kind in KINDS:
                ours[kind].append(self._ours(kind, self.options.seconds))
                if kind == "write":
                    behind.append(self._views_behind_ms())
                files[kind].append(self._files(kind, self.options.seconds))
        print(f"\n| {CLIENTS} clients | a second | best round | CPU µs | p50, p99 ms | nginx: a second | CPU µs | ratio | aim |"
              "\n|---|---|---|---|---|---|---|---|---|")
        for kind, what in KINDS.items():
            rate = middle(run.rate for run in ours[kind])
            peer = middle(run.rate for run in files[kind])
            self.maximum[kind] = rate
            aim = AIMS.get(kind)
            print(f"| {what} | {rate:.0f} | {max(run.rate for run in ours[kind]):.0f} | "
                  f"{middle(run.cpu_us for run in ours[kind]):.0f} | "
                  f"{middle(run.p50 for run in ours[kind]) / 1000:.1f}, {middle(run.p99 for run in ours[kind]) / 1000:.1f} | "
                  f"{peer:.0f} | {middle(run.cpu_us for run in files[kind]):.0f} | {rate / peer:.2f} | "
                  f"{f'{aim}: ' + verdict(rate >= aim) if aim else ''} |", flush=True)
        print(f"\nViews held the last write {middle(behind):.0f} ms after it was answered.")
        self.memory["after the load"] = self.cartella.resident_mib()

    # From a write's answer until the views hold it, asked right after the load.
    def _views_behind_ms(self) -> float:
        target = self.targets["write"].read_text().splitlines()[0]
        status, answer = self.cartella.call("POST", f"{target}/notes", '{"text":"Nota."}',
                                            {**self.cartella.headers, "Idempotency-Key": new_key()})
        if status != 201:
            sys.exit(f"a note is answered {status}")
        position = json.loads(answer)["position"]
        began = time.monotonic()
        read = self.targets["read"].read_text().splitlines()[0]
        status, _ = self.cartella.call("GET", f"{read}?min_position={position}", None, self.cartella.headers)
        if status != 200:
            sys.exit(f"the views do not reach a write: {status}")
        return (time.monotonic() - began) * 1000

    def half(self) -> None:
        print("\n| half load | asked for | reached | p50 ms | p99 ms | p99 / p50 | aim |\n|---|---|---|---|---|---|---|")
        for kind, what in KINDS.items():
            if kind not in self.maximum:
                self.maximum[kind] = self._ours(kind, self.options.seconds).rate
            wanted = self.maximum[kind] / 2
            pause = CLIENTS / wanted * 1000
            tried = self._ours(kind, 2, LOAD_DELAY_MS=str(pause))
            pause = max(1.0, pause - (CLIENTS / tried.rate * 1000 - pause))
            runs = [self._ours(kind, self.options.seconds, LOAD_DELAY_MS=str(pause))
                    for _ in range(self.options.rounds)]
            best = sorted(runs, key=lambda run: run.p99 / run.p50)[len(runs) // 2]
            ratio = best.p99 / best.p50
            print(f"| {what} | {wanted:.0f} | {best.rate:.0f} | {best.p50 / 1000:.2f} | {best.p99 / 1000:.2f} | "
                  f"{ratio:.1f} | 6: {verdict(ratio <= 6)} |", flush=True)

    def alone(self) -> None:
        writes, syncs = [], []
        for _ in range(self.options.rounds):
            syncs.append(disk_sync_us(self.folder))
            writes.append(self._ours("write", self.options.seconds / 2, clients=1))
        sync, write = middle(syncs), middle(run.p50 for run in writes)
        print(f"\nOne client that writes alone: p50 {write:.0f} µs, p99 {middle(run.p99 for run in writes):.0f} µs; "
              f"4 KiB synced on the same disk: median {sync:.0f} µs. Ratio {write / sync:.1f}, "
              f"aim 4: {verdict(write / sync <= 4)}.", flush=True)

    def handshake(self) -> None:
        (self.folder / "status-ours").write_text("/status\n")
        (self.folder / "status-files").write_text("/status\n")
        pairs = {"handshakes alone": [], "handshake and one small answer": []}
        for _ in range(self.options.rounds):
            pairs["handshakes alone"].append(tuple(self._s_time(one) for one in (self.cartella, self.nginx)))
            runs = [Run(one, "get", self.folder / name, self.options.seconds, 32, LOAD_CLOSE="1")
                    for one, name in ((self.cartella, "status-ours"), (self.nginx, "status-files"))]
            pairs["handshake and one small answer"].append(tuple((run.rate, run.cpu_us) for run in runs))
        print("\n| TLS 1.3, X25519, ECDSA P-256 | a second | CPU µs | nginx: a second | CPU µs | CPU ratio | aim |"
              "\n|---|---|---|---|---|---|---|")
        for what, all_pairs in pairs.items():
            rate, cpu, peer_rate, peer_cpu = (middle(pair[i][k] for pair in all_pairs) for i in (0, 1) for k in (0, 1))
            aim = f"1.1: {verdict(cpu / peer_cpu <= 1.1)}" if what == "handshakes alone" else ""
            print(f"| {what} | {rate:.0f} | {cpu:.0f} | {peer_rate:.0f} | {peer_cpu:.0f} | {cpu / peer_cpu:.2f} | {aim} |",
                  flush=True)

    # Two clients that shake hands, one after the other; no request.
    def _s_time(self, server: Process) -> tuple[float, float]:
        seconds = max(2, round(self.options.seconds))
        before = server.cpu_seconds()
        began = time.monotonic()
        clients = [subprocess.Popen(["openssl", "s_time", "-connect", f"127.0.0.1:{server.port}", "-new", "-time",
                                     str(seconds)], stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True)
                   for _ in range(2)]
        count = 0
        for client in clients:
            line = next(one for one in client.communicate()[0].splitlines() if "real seconds" in one)
            count += int(line.split()[0])
        return count / (time.monotonic() - began), (server.cpu_seconds() - before) * 1e6 / count

    def subscribers(self) -> None:
        bearer = self.ambito.bearer.read_text().strip()
        target = self.targets["write"].read_text().splitlines()[0]
        before = self.cartella.resident_mib()
        memory = []
        followers = Followers(self.cartella.port, bearer)
        count, per_second = 1000, 5
        result = asyncio.run(followers.measure(count, target, per_second, 2 * self.options.seconds,
                                               lambda: memory.append(self.cartella.resident_mib())))
        told = self.cartella.resident_mib()
        print(f"\n{count} subscribers, {per_second} notes a second: {result['told']} of {result['wanted']} messages came, "
              f"p50 {result['p50']:.0f} ms, p99 {result['p99']:.0f} ms after the note was sent. "
              f"Memory {before:.0f} MiB before, {memory[0]:.0f} with all of them, {told:.0f} after the notes: "
              f"{(told - before) * 1024 / count:.0f} KiB each.", flush=True)
        if result["told"] != result["wanted"]:
            sys.exit("messages are missing")

    def close(self) -> None:
        print("\nResident memory of the server: " +
              ", ".join(f"{size:.0f} MiB {when}" for when, size in self.memory.items()) +
              f"; nginx {self.nginx.resident_mib():.0f} MiB.")
        for server in (self.nginx, self.cartella):
            server.stop()


def verdict(is_met: bool) -> str:
    return "met" if is_met else "missed"


def main() -> None:
    parser = argparse.ArgumentParser(prog="benchmarks/http/run")
    parser.add_argument("--seconds", type=float, default=8, help="of each measurement")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--people", type=int, default=20000)
    parser.add_argument("--folder", type=Path, help="on the disk to measure; default: build/")
    parser.add_argument("--only", nargs="+", choices=PARTS, default=PARTS)
    options = parser.parse_args()
    base = options.folder or HERE.parent.parent / "build"
    base.mkdir(parents=True, exist_ok=True)
    folder = Path(tempfile.mkdtemp(prefix="http-bench.", dir=base))
    try:
        measures = Measures(options, folder)
        try:
            for part in options.only:
                getattr(measures, part)()
        finally:
            measures.close()
    finally:
        shutil.rmtree(folder, ignore_errors=True)


main()
