"""A larger world for the tests of the interface: two comuni, and colleagues in each of them.

Beside the people of api_client: a colleague, a second sector with its coordinator, a second comune with people
of its own. Whoever is asked for by name logs in. All people and names are invented.
"""
import json
import os
import time

import api_client
import openapi
import product
from api_client import ENTE, NEED, OFFICE, PEOPLE, SECTOR, SERVICE, ZONE

OTHER_SECTOR = "5f" * 16
NEIGHBOUR, THEIR_SECTOR, THEIR_OFFICE = "e2" * 16, "6e" * 16, "1f" * 16
# Name, which begins with the role -> operator, username, unit.
EVERYBODY = {
    **PEOPLE,
    "operatore collega": ("11" * 16, "operatore012", SECTOR),
    "coordinatore di settore": ("12" * 16, "coordinatore012", OTHER_SECTOR),
    "operatore altrove": ("13" * 16, "operatore013", THEIR_SECTOR),
    "segretariato altrove": ("14" * 16, "segretariato013", THEIR_OFFICE),
    "addetto_diritti altrove": ("15" * 16, "diritti013", NEIGHBOUR),
}
WORKERS = {name: worker for name, (worker, _, _) in EVERYBODY.items()}
SURNAME, NAME, IDENTIFIER = "Provettoni", "Clotildina", "PRVCTL59A41D653K"
DEFINITIONS = (
    ("define_zone", {"zone": ZONE, "name": "Zona di prova", "code": "7"}),
    ("define_ente", {"ente": ENTE, "name": "Comune di Prova", "belfiore": "D653", "zone": ZONE,
                     "lead": True}),
    ("define_ente", {"ente": NEIGHBOUR, "name": "Comune di Altrove", "belfiore": "E256",
                     "zone": ZONE}),
    ("define_category", {"category": "1", "label": "Famiglia e minori"}),
    ("define_office", {"office": OFFICE, "name": "Ufficio della cittadinanza", "ente": ENTE}),
    ("define_office", {"office": THEIR_OFFICE, "name": "Sportello di Altrove", "ente": NEIGHBOUR}),
    ("define_sector", {"sector": SECTOR, "name": "Servizio sociale", "ente": ENTE}),
    ("define_sector", {"sector": OTHER_SECTOR, "name": "Settore anziani", "ente": ENTE}),
    ("define_sector", {"sector": THEIR_SECTOR, "name": "Servizio di Altrove", "ente": NEIGHBOUR}),
    ("define_need", {"need": NEED, "label": "Sfratto", "need_class": "Casa"}),
    ("define_service", {"service": SERVICE, "label": "Mensa sociale"}))


class World:
    """The world with its server, gone with the folder it stands in; `names` are who has an account."""

    def __init__(self, *names, root=None, words=()):
        self.names, self.root, self.words = names or tuple(EVERYBODY), root, words

    def __enter__(self):
        self.folder = product.temporary()
        self.contract = openapi.Contract()
        self.store = product.Store(self.root or self.folder.name)
        self.store.run("init", "--ambito", "Ambito di prova", "--mode", "test")
        # Through its socket the server takes a command in a tenth of the time that opening the store takes.
        with api_client.Server(self.store):
            for command, fields in DEFINITIONS:
                api_client.record(self.store, command, fields)
            for name in self.names:
                self.define(name)
        self.accounts = {name: api_client.Account(self.store, EVERYBODY[name][1])
                         for name in self.names}
        self.clients, self.server = {}, None
        self.start()
        return self

    def define(self, name):
        """Makes the operator known, with the role that the name begins with."""
        worker, username, unit = EVERYBODY[name]
        api_client.record(self.store, "define_operator", {"worker": worker, "username": username})
        if name.split()[0] == "operatore":
            api_client.record(self.store, "define_operator_assignment",
                              {"worker": worker, "sector": unit})
        else:
            api_client.record(self.store, "grant_role",
                              {"worker": worker, "role": name.split()[0],
                               **({"unit": unit} if unit else {})})

    def start(self):
        self.server = api_client.Server(self.store, *self.words)

    def stop(self):
        """Ends the server, and with it the sessions."""
        for client in self.clients.values():
            client.close()
        self.clients = {}
        server, self.server = self.server, None
        server.stop()
        self.server_said = server.said()  # all of it: the next server begins the file anew

    def __exit__(self, kind, value, trace):
        for client in self.clients.values():
            client.close()
        if self.server is not None:
            self.server.__exit__(kind, value, trace)
        self.folder.cleanup()

    def nobody(self):
        return api_client.Client(self.server, self.contract)

    def log_in(self, name):
        client = self.nobody()
        client.log_in(self.accounts[name])
        client.act_as(name.split()[0])
        return client

    def __getitem__(self, name):
        if name not in self.clients:
            self.clients[name] = self.log_in(name)
        return self.clients[name]


def after(receipt):
    """The query that waits for what a command wrote."""
    return {"min_position": receipt["position"] + receipt["event_count"] - 1}


def register(client, surname=SURNAME, name=NAME, identifier=None, born="1959-01-01"):
    body = {"identity": {"surname": surname, "name": name, "sex": "F", "birth_date": born}}
    if identifier:
        body["identifiers"] = [{"kind": "cf", "value": identifier, "verified": True}]
    return client.call("registerPerson", body, 201).json()


def open_card(world, person, desk="segretariato"):
    return world[desk].call("openCard", {
        "person": person, "access_date": "2026-06-12", "mode": "Di Persona",
        "office": EVERYBODY[desk][2], "worker": WORKERS[desk], "informed": True}, 201).json()


def open_case(world, person, desk="segretariato", worker="operatore"):
    """A case that the front office opened and the worker took in charge; the last receipt with it."""
    sector = EVERYBODY[worker][2]
    card = open_card(world, person, desk)["stream"]
    case = world[desk].call("openCase", {"person": person, "card": card, "sector": sector},
                            201).json()["stream"]
    last = world[worker].call("changeCaseState", {
        "state": "preso_in_carico", "worker": WORKERS[worker], "sector": sector}, 201,
        case=case).json()
    return case, last


def id_of(answer):
    """The id under which the register of accesses knows a request."""
    return answer.headers["request-id"].replace("-", "")


def accesses(client, **query):
    """The register of accesses as that client may read it, oldest first, with all that was appended."""
    position = client.call("listAccesses", expect=200, query={"limit": 1}).json()["position"]
    found, query = [], {"limit": 100, "min_position": position - 1, **query}
    while True:
        page = client.call("listAccesses", expect=200, query=query).json()
        found += page["items"]
        if "next_cursor" not in page:
            return sorted(found, key=lambda entry: entry["position"])
        query["cursor"] = page["next_cursor"]


def files_of(folder):
    for place, _, names in os.walk(folder):
        for name in names:
            path = os.path.join(place, name)
            if os.path.isfile(path):
                yield path


def run_claims(module, *arguments):
    """Runs every function of a test file whose name is a claim: it begins with a capital."""
    count = 0
    for name, function in list(module.items()):
        if not name[0].isupper() or getattr(function, "__module__", "") != "__main__" or \
                isinstance(function, type):
            continue
        started = time.monotonic()
        function(*arguments)
        count += 1
        print("%s: %.1f s" % (name, time.monotonic() - started), flush=True)
    assert count > 0
    print(json.dumps({"claims": count}))
