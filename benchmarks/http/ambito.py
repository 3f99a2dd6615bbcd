"""benchmarks/http/ambito.py: an invented ambito in a store, with a token for its busiest caseworker."""

import csv
import datetime
import json
import os
import secrets
import subprocess
import sys
from pathlib import Path


class Ambito:
    """The store in `folder`, and files with what wrk sends. Nothing serves it yet."""

    def __init__(self, binary: str, folder: Path, people: int):
        self.binary, self.folder = binary, folder
        self.store = ["--data", str(folder / "archivio"), "--passphrase-file", str(folder / "frase")]
        self._private("frase", secrets.token_hex(24))
        self._make(people)
        worker, sector = self._busiest()
        self.cases = [row["stream"] for row in
                      self._table("caseload", text=f"operatore {worker['username']}")["caseload"]]
        half = len(self.cases) // 2
        # What is written does not make longer what is read.
        self.read_targets = self._lines("cases-read", [f"/v1/cases/{one}" for one in self.cases[:half]])
        self.write_targets = self._lines("cases-write", [f"/v1/cases/{one}" for one in self.cases[half:]])
        ente = next(row["id"] for row in self.organisation["enti"] if row["name"] == sector["ente"])
        expires = (datetime.date.today() + datetime.timedelta(days=30)).isoformat()
        token = self._table("account", "token", worker["username"], "--role", "operatore", "--ente", ente,
                            "--unit", sector["id"], "--label", "misura", "--expires", expires)["token"][0]
        self.bearer = self._private("gettone", token["bearer"])

    def searches(self) -> list[str]:
        """Bodies of searches for people of the imported tables, as a clerk types them."""
        with open(self.folder / "dati/predecessor/CS_A_ANAGRAFICA.csv", encoding="utf-8") as source:
            rows = [row for row in csv.DictReader(source, delimiter=";")
                    if row["COGNOME"] and row["NOME"] and row["DATA_NASCITA"]]
        return [json.dumps({"surname": row["COGNOME"], "name": row["NOME"],
                            "birth_year": int(row["DATA_NASCITA"][:4])}, ensure_ascii=False) for row in rows]

    def _make(self, people: int) -> None:
        data = self.folder / "dati"
        self._run("demo-data", str(data), "--quiet", *(["--people", str(people)] if people else []), store=False)
        registry = sorted(str(path) for path in (data / "registry").glob("*.txt"))
        comuni = ",".join(sorted({Path(path).name.split("_")[2] for path in registry if "ANA_PER_" in path}))
        self._run("init", "--ambito", "Misure", "--slug", "misure", "--mode", "training",
                  "--enable-registry", f"{comuni}:Atto 1:2099-12-31", "--quiet")
        self._run("import", "registry", "--quiet", *registry)
        self._run("import", "predecessor", "--quiet", str(data / "predecessor"))
        self.organisation = self._table("organisation")

    def _busiest(self) -> tuple[dict, dict]:
        counts: dict[tuple[str, str], int] = {}
        for row in self._table("caseload", "--counts")["caseload"]:
            if row["operator"] and row["state"] == "Preso in carico":
                key = (row["operator"], row["sector_id"])
                counts[key] = counts.get(key, 0) + row["cases"]
        (username, sector_id), _ = max(counts.items(), key=lambda item: (item[1], item[0]))
        return (next(row for row in self.organisation["operators"] if row["username"] == username),
                next(row for row in self.organisation["sectors"] if row["id"] == sector_id))

    def _run(self, *arguments: str, text: str | None = None, store: bool = True) -> str:
        result = subprocess.run([self.binary, *arguments, *(self.store if store else [])], input=text,
                                capture_output=True, text=True)
        if result.returncode != 0:
            sys.exit(f"cartella {arguments[0]}: exit code {result.returncode}: {result.stderr.strip()}")
        return result.stdout

    def _table(self, *arguments: str, text: str | None = None) -> dict:
        return json.loads(self._run(*arguments, "--format", "json", text=text))

    def _lines(self, name: str, lines: list[str]) -> Path:
        path = self.folder / name
        path.write_text("\n".join(lines) + "\n", encoding="utf-8")
        return path

    def _private(self, name: str, text: str) -> Path:
        path = self.folder / name
        descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
        with os.fdopen(descriptor, "w") as to:
            to.write(text + "\n")
        return path
