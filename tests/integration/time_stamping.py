"""A time-stamp authority for tests, honest or not: the openssl program behind HTTP on loopback."""
import http.server
import os
import subprocess
import threading
import time

SLOW_SECONDS = 6  # a second more than an answer may take


class Authority:
    """A time-stamp authority: the openssl program behind HTTP on loopback, honest or not."""

    def __init__(self, root):
        self.root, self.mode = root, "well"
        os.mkdir(root)
        self.write("tsa.cnf", "[tsa]\ndefault_tsa = prova\n[prova]\nserial = serial\n"
                   "signer_cert = tsa.pem\ncerts = ca.pem\nsigner_key = tsa.key\n"
                   "signer_digest = sha256\ndefault_policy = 1.2.3.4.1\ndigests = sha256\n"
                   "[stamp]\nkeyUsage = critical,digitalSignature\n"
                   "extendedKeyUsage = critical,timeStamping\n")
        self.write("serial", "01\n")
        key = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes"]
        self.openssl("req", "-x509", *key, "-subj", "/CN=Radice", "-days", "30", "-keyout",
                     "ca.key", "-out", "ca.pem")
        self.openssl("req", *key, "-subj", "/CN=Marche di prova", "-keyout", "tsa.key", "-out",
                     "tsa.csr")
        self.openssl("x509", "-req", "-in", "tsa.csr", "-CA", "ca.pem", "-CAkey", "ca.key",
                     "-CAcreateserial", "-days", "30", "-extfile", "tsa.cnf", "-extensions",
                     "stamp", "-out", "tsa.pem")

    def ca(self):
        return os.path.join(self.root, "ca.pem")

    def write(self, name, text):
        with open(os.path.join(self.root, name), "w", encoding="utf-8") as out:
            out.write(text)

    def openssl(self, *words):
        subprocess.run(["openssl", *words], cwd=self.root, check=True, capture_output=True)

    def stamp(self, query):
        with open(os.path.join(self.root, "query"), "wb") as out:
            out.write(query)
        if self.mode == "other hash":
            self.openssl("ts", "-query", "-digest", "ab" * 32, "-sha256", "-cert", "-out", "query")
        self.openssl("ts", "-reply", "-config", "tsa.cnf", "-queryfile", "query", "-out", "reply")
        with open(os.path.join(self.root, "reply"), "rb") as source:
            return source.read()


def responder(authorities):
    """An HTTP server that asks the first authority, or plays the fault that its mode names."""
    honest, stranger = authorities

    class Handler(http.server.BaseHTTPRequestHandler):
        def do_POST(self):  # the library's name
            query = self.rfile.read(int(self.headers["Content-Length"]))
            assert self.headers["Content-Type"] == "application/timestamp-query"
            if honest.mode == "slow":
                time.sleep(SLOW_SECONDS)
            body = {"rubbish": b"no time-stamp", "long": b"x" * 1_000_000}.get(honest.mode)
            if body is None:
                body = (stranger if honest.mode == "stranger" else honest).stamp(query)
            self.send_response(500 if honest.mode == "failing" else 200)
            self.send_header("Content-Type", "application/timestamp-reply")
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            try:
                self.wfile.write(body)
            except OSError:
                pass  # the client did not wait

        def log_message(self, *_):
            pass

    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    return server
