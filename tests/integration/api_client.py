"""The real server on a free port, and people and machines who speak to it over TLS.

Every request and every answer is held against api/openapi.yaml (openapi.py): an unknown path, a status that
is not documented, a value out of its schema or a header that is missing fails the test.
"""
import base64
import hashlib
import hmac
import http.client
import json
import os
import secrets
import signal
import ssl
import struct
import subprocess
import time
import uuid

import openapi
import product

PASSWORD = "correggere la pratica richiede pazienza"
STEP_SECONDS = 30  # of RFC 6238
BURST = "--handshakes-burst"


def uuid7():
    """A new Idempotency-Key."""
    value = int(time.time() * 1000) << 80 | secrets.randbits(80)
    value = value & ~(0xF << 76) | 7 << 76
    value = value & ~(3 << 62) | 2 << 62
    return str(uuid.UUID(int=value))


class Authenticator:
    """What the app of a person shows; it never shows a code twice."""

    def __init__(self):
        self.secret = secrets.token_bytes(20)
        self.last = 0

    def base32(self):
        return base64.b32encode(self.secret).decode().rstrip("=")

    def code(self):
        now, into_step = divmod(time.time(), STEP_SECONDS)
        # The server takes the steps beside its own; near the end of one, the step before is soon too old.
        earliest = int(now) - (1 if into_step < STEP_SECONDS - 10 else 0)
        step = max(self.last + 1, earliest)
        assert step <= now + 2, "no code is left: log in less often"
        if step > now + 1:
            time.sleep(STEP_SECONDS - into_step)
        self.last = step
        digest = hmac.new(self.secret, struct.pack(">Q", step), hashlib.sha1).digest()
        offset = digest[-1] & 15
        number = struct.unpack(">I", digest[offset:offset + 4])[0] & 0x7FFFFFFF
        return "%06d" % (number % 1000000)


class Account:
    """A person who may log in; made while no server holds the store."""

    def __init__(self, store, username):
        self.username = username
        self.authenticator = Authenticator()
        files = {}
        for name, text in (("password", PASSWORD), ("totp", self.authenticator.base32())):
            files[name] = os.path.join(store.root, "%s-%s" % (username, name))
            private = os.open(files[name], os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
            with open(private, "w", encoding="utf-8") as out:
                out.write(text + "\n")
        store.run("account", "create", username, "--password-file", files["password"],
                  "--totp-secret-file", files["totp"], "--keep-password")


class Answer:
    def __init__(self, response):
        self.status = response.status
        self.headers = {name.lower(): value for name, value in response.getheaders()}
        self.body = response.read()

    def json(self):
        return json.loads(self.body)


class Server:
    """`cartella serve` on a free port until it is left; it must end by itself with exit code 0."""

    def __init__(self, store, *words):
        self.store = store
        self.log_path = os.path.join(store.root, "server.log")
        self.log = self.open_log()
        # A test that begins a connection for each of thousands of requests is no flood.
        burst = () if BURST in words else (BURST, "1000000")
        self.process = subprocess.Popen(
            store.command("serve", "--listen", "127.0.0.1:0", *burst, *words),
            stdout=subprocess.PIPE, stderr=self.log)
        line = self.process.stdout.readline()
        if not line:
            raise AssertionError("the server did not start: " + self.said()[-2000:])
        self.port = json.loads(line)["port"]
        self.tls = ssl.create_default_context(
            cafile=os.path.join(store.data, "tls", "cert.pem"))

    def open_log(self):
        return open(self.log_path, "wb")

    def said(self):
        with open(self.log_path, encoding="utf-8", errors="replace") as source:
            return source.read()

    def stop(self):
        self.process.send_signal(signal.SIGTERM)
        code = self.process.wait(timeout=60)
        self.log.close()
        assert code == 0, "exit code %d: %s" % (code, self.said()[-2000:])

    def __enter__(self):
        return self

    def __exit__(self, kind, value, trace):
        if kind is None:
            self.stop()
            return
        self.process.kill()
        self.process.wait()
        self.log.close()
        print("the server said:", self.said()[-4000:])


class Client:
    """One principal: nobody, a session (bearer or cookie) or a machine's token."""

    def __init__(self, server, contract, bearer=None):
        self.server, self.contract, self.bearer = server, contract, bearer
        self.account = None
        self.connection = None
        self.stream = None
        self.counts = {}  # (operation, status) -> answers
        self.problems = set()  # their types, without the common start

    # ---- bytes
    def send(self, method, target, headers, body):
        """One request; a connection that ended while it was idle is opened again."""
        for attempt in (0, 1):
            if self.connection is None:
                self.connection = http.client.HTTPSConnection(
                    "localhost", self.server.port, context=self.server.tls, timeout=60)
            try:
                self.connection.request(method, target, body=body, headers=headers)
                return Answer(self.connection.getresponse())
            except (http.client.RemoteDisconnected, ConnectionError, ssl.SSLEOFError):
                self.connection.close()
                self.connection = None
                if attempt:
                    raise
        raise AssertionError("unreachable")

    def raw(self, method, target, headers=None, body=None):
        """A request that the document need not know; the answer is checked all the same."""
        headers = dict(headers or {})
        if self.bearer and "Authorization" not in headers:
            headers["Authorization"] = "Bearer " + self.bearer
        answer = self.send(method, target, headers, body)
        found = self.contract.find(method, target.split("?")[0])
        if found is None:
            self.contract.check_refusal(answer)
        else:
            self.counts[found[0].name, answer.status] = \
                self.counts.get((found[0].name, answer.status), 0) + 1
            self.contract.check_response(found[0], answer)
        if answer.headers.get("content-type") == "application/problem+json":
            self.problems.add(answer.json()["type"].rsplit(":", 1)[1])
        return answer

    # ---- operations
    def call(self, name, body=None, expect=None, query=None, headers=None, **values):
        """An operation by its name, with a request that is valid; `expect` is the status."""
        operation = self.contract.by_name[name]
        headers, query = dict(headers or {}), dict(query or {})
        needs = {each["name"] for each in self.contract.parameters(operation)}
        if "Idempotency-Key" in needs and "Idempotency-Key" not in headers:
            headers["Idempotency-Key"] = uuid7()
        self.contract.check_request(operation, {k: str(v) for k, v in values.items()}, query,
                                    headers, body)
        target = operation.path
        for key, value in values.items():
            target = target.replace("{%s}" % key, str(value))
        if query:
            target += "?" + "&".join("%s=%s" % each for each in query.items())
        data = None
        if body is not None:
            data = json.dumps(body, ensure_ascii=False).encode("utf-8")
            headers["Content-Type"] = "application/json"
        answer = self.raw(operation.method.upper(), target, headers, data)
        if expect is not None and answer.status != expect:
            raise AssertionError("%s: %d instead of %d: %s" % (
                operation, answer.status, expect, answer.body[:600]))
        return answer

    def log_in(self, account):
        self.account = account
        session = self.call("openSession", {"username": account.username, "password": PASSWORD,
                                            "totp": account.authenticator.code()}, 201,
                            headers={"Session-Kind": "bearer"}).json()
        self.bearer = session["bearer"]
        return session

    def act_as(self, role):
        """Takes the first of the possible roles with that name."""
        choices = self.call("showSession", expect=200).json()["choices"]
        chosen = next(each for each in choices if each["role"] == role)
        self.call("chooseActingAs", {key: chosen[key] for key in ("ente", "unit", "role")
                                     if key in chosen}, 200)

    def step_up(self):
        """Says again who it is, for a dangerous act; the credential changes."""
        again = self.call("stepUpSession", {"password": PASSWORD,
                                            "totp": self.account.authenticator.code()}, 200,
                          headers={"Session-Kind": "bearer"}).json()
        self.bearer = again["bearer"]

    def open_stream(self, name, headers):
        """An answer without an end, of which its head has come; close() ends it."""
        operation = self.contract.by_name[name]
        self.contract.check_request(operation, {}, {}, headers, None)
        self.connection = http.client.HTTPSConnection(
            "localhost", self.server.port, context=self.server.tls, timeout=30)
        self.connection.request(operation.method.upper(), operation.path,
                                headers={**headers, "Authorization": "Bearer " + self.bearer})
        response = self.connection.getresponse()
        assert response.status == 200, response.status
        assert response.getheader("Content-Type") == "text/event-stream"
        self.stream = response  # it holds the socket
        return response

    def listen(self, name, headers):
        """The lines of an answer without an end; whoever has read enough closes the client."""
        response = self.open_stream(name, headers)
        while True:
            line = response.readline()
            if not line:
                return
            yield line

    def close(self):
        if self.stream is not None:
            self.stream.close()
            self.stream = None
        if self.connection is not None:
            self.connection.close()
            self.connection = None


class SigningKey:
    """An Ed25519 key of an author, as OpenSSL holds it; it never goes to the server."""

    def __init__(self, folder):
        self.path = os.path.join(folder, "author-%s.pem" % secrets.token_hex(4))
        subprocess.run(["openssl", "genpkey", "-algorithm", "ed25519", "-out", self.path],
                       check=True, capture_output=True)
        shown = subprocess.run(["openssl", "pkey", "-in", self.path, "-pubout", "-outform", "DER"],
                               check=True, capture_output=True).stdout
        self.public = shown[-32:]

    def sign(self, message):
        with open(self.path + ".message", "wb") as out:
            out.write(message)
        return subprocess.run(["openssl", "pkeyutl", "-sign", "-rawin", "-inkey", self.path, "-in",
                               self.path + ".message"], check=True, capture_output=True).stdout

    def possession(self, log_id, owner):
        """The proof that goes with the enrolment: docs/data_formats.md."""
        return self.sign(b"cartella/possession/1\0" + bytes.fromhex(log_id) + self.public +
                         bytes.fromhex(owner))


# ---- a small world ------------------------------------------------------------------------------
ENTE, ZONE, SECTOR, OFFICE = "e1" * 16, "20" * 16, "5e" * 16, "0f" * 16
NEED, SERVICE = "b1" * 16, "b2" * 16
# Role, with a second word for a second person -> operator, username, unit that it is for (None: the ambito).
PEOPLE = {
    "operatore": ("01" * 16, "operatore001", SECTOR),
    "coordinatore": ("02" * 16, "coordinatore001", ENTE),
    "coordinatore bis": ("0a" * 16, "coordinatore002", ENTE),
    "segretariato": ("03" * 16, "segretariato001", OFFICE),
    "addetto_diritti": ("04" * 16, "diritti001", ENTE),
    "auditor": ("05" * 16, "auditor001", None),
    "dpo": ("06" * 16, "dpo001", None),
    "referente_applicativo": ("07" * 16, "referente001", None),
    "amministratore_sistema": ("08" * 16, "sistemista001", None),
}


def record(store, command, fields, **envelope):
    store.run("record", stdin=json.dumps({"command": command, "fields": fields, **envelope}))


def make_world(store):
    """An ambito of one comune with an operator of every role; the accounts by role."""
    store.run("init", "--ambito", "Ambito di prova", "--mode", "test")
    for command, fields in (
            ("define_zone", {"zone": ZONE, "name": "Zona di prova", "code": "7"}),
            ("define_ente", {"ente": ENTE, "name": "Comune di Prova", "belfiore": "D653",
                             "zone": ZONE, "lead": True}),
            ("define_category", {"category": "1", "label": "Famiglia e minori"}),
            ("define_office", {"office": OFFICE, "name": "Ufficio della cittadinanza",
                               "ente": ENTE}),
            ("define_sector", {"sector": SECTOR, "name": "Servizio sociale", "ente": ENTE}),
            ("define_need", {"need": NEED, "label": "Sfratto", "need_class": "Casa"}),
            ("define_service", {"service": SERVICE, "label": "Mensa sociale"})):
        record(store, command, fields)
    for role, (worker, username, unit) in PEOPLE.items():
        record(store, "define_operator", {"worker": worker, "username": username}, unit=ENTE)
        if role == "operatore":
            record(store, "define_operator_assignment", {"worker": worker, "sector": SECTOR})
        else:
            record(store, "grant_role", {"worker": worker, "role": role.split()[0],
                                         **({"unit": unit} if unit else {})})
    return {role: Account(store, username) for role, (_, username, _) in PEOPLE.items()}


def open_clients(server, contract, accounts):
    clients = {}
    for role, account in accounts.items():
        client = Client(server, contract)
        client.log_in(account)
        client.act_as(role.split()[0])
        clients[role] = client
    return clients


class Running:
    """A world with its server and a client of every role, gone with the folder it stands in."""

    def __init__(self, *words):
        self.words = words

    def __enter__(self):
        self.folder = product.temporary()
        self.contract = openapi.Contract()
        store = product.Store(self.folder.name)
        accounts = make_world(store)
        self.server = Server(store, *self.words)
        self.accounts = accounts
        try:
            self.clients = open_clients(self.server, self.contract, accounts)
        except BaseException:
            self.server.__exit__(AssertionError, None, None)
            raise
        return self

    def __exit__(self, kind, value, trace):
        for client in self.clients.values():
            client.close()
        self.server.__exit__(kind, value, trace)
        self.folder.cleanup()
