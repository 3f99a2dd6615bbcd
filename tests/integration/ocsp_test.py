#!/usr/bin/env python3
"""ASVS 9.2.4: the server sends what the authority says of its certificate, and a client that insists on it is content.

The authority is made by openssl; the client is curl, which checks the authority's signature, the time and the certificate.
"""
import os
import shutil
import signal
import subprocess
import time

import api_client
import product

REFUSED = 91  # curl: the status of the certificate cannot be verified
LOOK_SECONDS = 15  # the server looks at its files every five


class Authority:
    """A certificate that signs, one of the server, and answers about it."""

    def __init__(self, root):
        self.root = root
        self.run("req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-days", "30",
                 "-subj", "/CN=Autorita di prova", "-keyout", "ca.key", "-out", "ca.pem")
        self.serial("server", "4711")
        self.serial("other", "4712")

    def file(self, name):
        return os.path.join(self.root, name)

    def run(self, *words, before=()):
        done = subprocess.run([*before, "openssl", *words], cwd=self.root, capture_output=True, text=True, check=False)
        assert done.returncode == 0, (words, done.stderr)

    def serial(self, name, number):
        with open(self.file("extensions"), "w", encoding="utf-8") as out:
            out.write("subjectAltName=DNS:localhost\n")
        self.run("req", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-subj", "/CN=localhost",
                 "-keyout", name + ".key", "-out", name + ".csr")
        self.run("x509", "-req", "-in", name + ".csr", "-CA", "ca.pem", "-CAkey", "ca.key", "-days", "30",
                 "-set_serial", number, "-extfile", "extensions", "-out", name + ".pem")

    def answer(self, out, status="V", name="server", before=()):
        """In the way of `openssl ca`: status, end, time of revocation, serial, file, subject."""
        revoked = "261101000000Z" if status == "R" else ""
        with open(self.file("index.txt"), "w", encoding="utf-8") as index:
            for number in (4711, 4712):
                index.write("%s\t361231000000Z\t%s\t%X\tunknown\t/CN=%d\n" % (status, revoked, number, number))
        self.run("ocsp", "-index", "index.txt", "-CA", "ca.pem", "-rsigner", "ca.pem", "-rkey", "ca.key",
                 "-issuer", "ca.pem", "-cert", name + ".pem", "-ndays", "1", "-no_nonce", "-respout", out + ".new",
                 before=before)
        os.replace(self.file(out + ".new"), self.file(out))


def asks(server, authority):
    """curl's exit code, where the answer of the authority is insisted on."""
    done = subprocess.run(["curl", "--silent", "--cert-status", "--cacert", authority.file("ca.pem"), "--output", "-",
                           "https://localhost:%d/status" % server.port], capture_output=True, text=True, check=False)
    return done.returncode


def becomes(server, authority, code, event, by_itself=False):
    """The server reads its files again, by itself or when it is told to."""
    if not by_itself:
        server.process.send_signal(signal.SIGHUP)
    until = time.monotonic() + LOOK_SECONDS
    said = server.said().count(event)
    while asks(server, authority) != code or server.said().count(event) == said == 0:
        assert time.monotonic() < until, (event, server.said()[-2000:])
        time.sleep(0.2)


def main():
    with product.temporary() as root:
        store = product.Store(root)
        store.init(["D653"])
        authority = Authority(root)
        os.mkdir(os.path.join(store.data, "tls"))  # where the helper looks for whom to trust
        shutil.copy(authority.file("ca.pem"), os.path.join(store.data, "tls", "cert.pem"))
        with open(authority.file("chain.pem"), "w", encoding="utf-8") as chain:
            for name in ("server.pem", "ca.pem"):
                with open(authority.file(name), encoding="utf-8") as source:
                    chain.write(source.read())
        pair = ("--certificate", authority.file("chain.pem"), "--key", authority.file("server.key"))
        with api_client.Server(store, *pair) as server:
            assert asks(server, authority) == REFUSED, "nothing is sent, and curl does not notice"
        authority.answer("answer.der")
        with api_client.Server(store, *pair, "--ocsp-response", authority.file("answer.der")) as server:
            assert asks(server, authority) == 0, server.said()
            assert "ocsp_response_loaded" in server.said() and "ocsp_response_refused" not in server.said()
            # What says nothing good of this certificate, or no longer, is not sent; the server serves.
            authority.answer("answer.der", status="R")
            becomes(server, authority, REFUSED, "key_revoked", by_itself=True)
            authority.answer("answer.der", name="other")
            becomes(server, authority, REFUSED, '"code":"corrupt"')
            authority.answer("answer.der")
            becomes(server, authority, 0, "ocsp_response_loaded")
            authority.answer("answer.der", before=("faketime", "3 days ago"))
            becomes(server, authority, REFUSED, '"code":"refused"')
            os.remove(authority.file("answer.der"))
            becomes(server, authority, REFUSED, '"code":"io"')
            authority.answer("answer.der")
            becomes(server, authority, 0, "ocsp_response_loaded")
    print("the authority's answer goes along with the certificate")


if __name__ == "__main__":
    main()
