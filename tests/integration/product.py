"""Runs the real binary as a user does: helpers of the end-to-end tests.

Every helper prints what it ran when it fails. No test here sleeps to wait for a result; kill tests
sleep a random time before the kill, and print their seed.
"""
import json
import os
import shutil
import subprocess
import sys
import tempfile

BINARY = os.environ.get("CARTELLA_BINARY", "")
SHARED = os.environ.get("CARTELLA_SHARED_DIR", "")
PASSPHRASE = "una frase di accesso per le prove"


def need_shared():
    """Samples live outside the repository; CI must have them, a lone clone may not."""
    if os.path.isdir(os.path.join(SHARED, "samples")):
        return
    print("SKIPPED: the shared samples are not beside the checkout:", SHARED)
    sys.exit(1 if os.environ.get("CI") == "true" else 77)


class Store:
    """A data directory in a temporary folder, with its passphrase file outside of it."""

    def __init__(self, root):
        self.root = root
        self.data = os.path.join(root, "data")
        self.passphrase = os.path.join(root, "passphrase")
        private = os.open(self.passphrase, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
        with open(private, "w", encoding="utf-8") as out:
            out.write(PASSPHRASE + "\n")
        self.key_words = ["--passphrase-file", self.passphrase]

    def use_credential(self):
        """Production takes no passphrase file on the disk of the data: a root key as systemd hands it over."""
        folder = os.path.join(self.root, "credentials")
        os.mkdir(folder)
        private = os.open(os.path.join(folder, "radice"), os.O_WRONLY | os.O_CREAT, 0o600)
        with open(private, "wb") as out:
            out.write(os.urandom(32))
        os.environ["CREDENTIALS_DIRECTORY"] = folder
        self.key_words = ["--root-key", "credential:radice"]

    def command(self, *words):
        verb = list(words)
        count = 2 if verb[0] in ("import", "registry", "account", "keys", "erasure", "hold",
                                 "restriction", "retention") else 1
        return [BINARY, *verb[:count], "--data", self.data, *self.key_words, "--quiet",
                *verb[count:]]

    def run(self, *words, expect=0, stdin=""):
        command = self.command(*words)
        done = subprocess.run(command, input=stdin, capture_output=True, text=True, check=False)
        if expect is not None and done.returncode != expect:
            print("command:", " ".join(command))
            print("exit code", done.returncode, "expected", expect)
            print(done.stdout[-4000:])
            print(done.stderr[-4000:])
            raise AssertionError("unexpected exit code")
        return done

    def copy(self, name):
        other = Store.__new__(Store)
        other.root = self.root
        other.data = os.path.join(self.root, name)
        other.passphrase = self.passphrase
        other.key_words = list(self.key_words)
        shutil.copytree(self.data, other.data)
        return other

    def init(self, comuni):
        self.run("init", "--ambito", "Ambito di prova", "--mode", "test", "--enable-registry",
                 ",".join(comuni) + ":Delibera 1/2026:2099-12-31")

    def report(self, name):
        out = self.run("report", name, "--all-cells", "--format", "json").stdout
        return {section: {row["key"]: row["value"] for row in rows}
                for section, rows in json.loads(out).items()}


def sample(name):
    folder = os.path.join(SHARED, "samples", name)
    with open(os.path.join(folder, "expected.json"), encoding="utf-8") as source:
        expected = json.load(source)
    registry = sorted(os.path.join(folder, "registry", f)
                      for f in os.listdir(os.path.join(folder, "registry")))
    return expected, registry, os.path.join(folder, "predecessor")


def totals(store):
    """Everything that the samples' expected.json counts, by its section names."""
    found = {}
    for name in ("people", "accesses", "needs", "services", "cases", "interviews", "deliveries"):
        found.update(store.report(name))
    return found


REPORTED = (
    "accesses_by_comune", "accesses_by_month", "accesses_by_mode", "accesses_total",
    "accesses_by_zone", "people_known_by_identifier", "needs", "needs_by_comune",
    "services_requested", "services_by_comune", "cases_by_state", "cases_by_category",
    "cases_by_comune", "state_changes", "interviews", "cards_anonymous",
    "spend_cents_by_prestazione", "deliveries_by_prestazione")


def compare(expected, found):
    for section in REPORTED:
        assert section in expected, section
        want = {key: value for key, value in expected[section].items() if value != 0}
        have = {key: value for key, value in found.get(section, {}).items() if value != 0}
        assert want == have, "%s: expected %s, found %s" % (
            section, {k: v for k, v in want.items() if have.get(k) != v},
            {k: v for k, v in have.items() if want.get(k) != v})


def temporary():
    return tempfile.TemporaryDirectory(prefix="cartella-")
