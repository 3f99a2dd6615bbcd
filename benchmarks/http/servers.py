"""benchmarks/http/servers.py: the server that is measured and nginx, with one certificate."""

import http.client
import json
import os
import signal
import socket
import ssl
import subprocess
import sys
import time
from pathlib import Path

# As api/tls.cc has them.
CIPHERS = ("ECDHE-ECDSA-AES128-GCM-SHA256:ECDHE-RSA-AES128-GCM-SHA256:ECDHE-ECDSA-AES256-GCM-SHA384:"
           "ECDHE-RSA-AES256-GCM-SHA384:ECDHE-ECDSA-CHACHA20-POLY1305:ECDHE-RSA-CHACHA20-POLY1305")
NGINX = """\
daemon off;
{user}
worker_processes auto;
pid {folder}/pid;
error_log {folder}/error.log;
events {{ worker_connections 4096; }}
http {{
  access_log off;
  sendfile on;
  open_file_cache max=16;
  keepalive_requests 1000;
  client_body_temp_path {folder}/t1; proxy_temp_path {folder}/t2; fastcgi_temp_path {folder}/t3;
  uwsgi_temp_path {folder}/t4; scgi_temp_path {folder}/t5;
  server {{
    listen 127.0.0.1:{port} ssl backlog=4096;
    root {folder}/files;
    default_type application/json;
    ssl_certificate {certificate};
    ssl_certificate_key {key};
    ssl_protocols TLSv1.2 TLSv1.3;
    ssl_ciphers {ciphers};
    ssl_prefer_server_ciphers on;
    ssl_ecdh_curve X25519:prime256v1:secp384r1;
    ssl_session_cache off;
    ssl_conf_command NumTickets 1;
  }}
}}
"""


def make_certificate(folder: Path) -> tuple[Path, Path]:
    certificate, key = folder / "cert.pem", folder / "key.pem"
    subprocess.run(["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes",
                    "-days", "30", "-subj", "/CN=localhost", "-addext", "subjectAltName=DNS:localhost,IP:127.0.0.1",
                    "-keyout", str(key), "-out", str(certificate)], check=True, capture_output=True)
    return certificate, key


class Process:
    """A server with its children: address, CPU seconds so far, resident memory."""

    name = ""

    def __init__(self, process: subprocess.Popen, port: int):
        self.process, self.port = process, port
        self.url = f"https://localhost:{port}"

    def pids(self) -> list[int]:
        task = Path(f"/proc/{self.process.pid}/task/{self.process.pid}/children")
        return [self.process.pid, *(int(pid) for pid in task.read_text().split())]

    def cpu_seconds(self) -> float:
        ticks = 0
        for pid in self.pids():
            fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
            ticks += int(fields[11]) + int(fields[12])
        return ticks / os.sysconf("SC_CLK_TCK")

    def resident_mib(self) -> float:
        pages = sum(int(Path(f"/proc/{pid}/statm").read_text().split()[1]) for pid in self.pids())
        return pages * os.sysconf("SC_PAGE_SIZE") / 2**20

    def call(self, method: str, path: str, body: str | None = None, headers: dict | None = None):
        """One answer: status and body. The certificate is the run's own, made for localhost."""
        connection = http.client.HTTPSConnection("localhost", self.port, timeout=30,
                                                 context=ssl._create_unverified_context())
        try:
            connection.request(method, path, None if body is None else body.encode(), headers or {})
            answer = connection.getresponse()
            return answer.status, answer.read()
        finally:
            connection.close()

    def stop(self) -> None:
        self.process.send_signal(signal.SIGTERM)
        try:
            self.process.wait(30)
        except subprocess.TimeoutExpired:
            self.process.kill()


class Cartella(Process):
    name = "cartella"

    def __init__(self, ambito, certificate: Path, key: Path):
        log = open(ambito.folder / "servizio.log", "w")
        process = subprocess.Popen(
            [ambito.binary, "serve", *ambito.store, "--listen", "127.0.0.1:0", "--certificate", str(certificate),
             "--handshakes-burst", "1000000", "--handshakes-per-second", "100000", "--handshakes-per-address", "4096",
             "--key", str(key), "--requests-per-second", "1000000",
             "--requests-in-flight", "4096", "--streams", "4096"], stdout=subprocess.PIPE, stderr=log, text=True)
        line = process.stdout.readline()
        if not line:
            sys.exit(f"cartella serve: {(ambito.folder / 'servizio.log').read_text()}")
        super().__init__(process, json.loads(line)["port"])
        self.headers = {"Authorization": "Bearer " + ambito.bearer.read_text().strip(),
                        "Content-Type": "application/json"}


class Nginx(Process):
    name = "nginx"

    def __init__(self, folder: Path, certificate: Path, key: Path, sizes: dict[str, int]):
        folder = folder / "nginx"
        (folder / "files").mkdir(parents=True)
        for name, size in sizes.items():
            (folder / "files" / name).write_bytes(b"x" * size)
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            port = free.getsockname()[1]
        user = "user root;" if os.getuid() == 0 else ""
        (folder / "conf").write_text(NGINX.format(user=user, folder=folder, port=port, certificate=certificate,
                                                  key=key, ciphers=CIPHERS))
        process = subprocess.Popen(["/usr/sbin/nginx", "-e", str(folder / "error.log"), "-c", str(folder / "conf")])
        super().__init__(process, port)
        for _ in range(100):
            try:
                self.call("GET", "/" + next(iter(sizes)))
                return
            except OSError:
                time.sleep(0.05)
        sys.exit(f"nginx does not answer: {(folder / 'error.log').read_text()}")
