#!/usr/bin/env python3
"""Every role at every operation of api/openapi.yaml: x-permission says who may, and nobody else does."""
import http.client
import re

import api_client
import api_world
import openapi
from api_client import OFFICE
from api_world import WORKERS, World

NAMES = ("operatore", "coordinatore", "segretariato", "addetto_diritti", "auditor", "dpo",
         "referente_applicativo", "amministratore_sistema")
TWO_ROLES = "operatore collega"
ENDLESS = "followChanges"
LAST = ("stepUpSession", "changePassword", "revokeSession", "closeSession")  # others need the session
WRONG_PASSWORD = ("stepUpSession", "changePassword")  # 401 says that, not that the role may not
GIVEN = {"level": "0", "index": "000.p/1", "list": "aree", "from": "1", "to": "2", "old_size": "1"}
FORBIDDEN_ROLE = "il ruolo con cui si agisce non lo consente"


class RolesWorld(World):
    def define(self, name):
        super().define(name)
        if name == TWO_ROLES:
            api_client.record(self.store, "grant_role", {
                "worker": WORKERS[name], "role": "segretariato", "unit": OFFICE})


def smallest(contract, schema):
    """A value of a schema with what it requires and no more."""
    schema = contract.flat(schema)
    kind = schema.get("type")
    if "enum" in schema:
        return schema["enum"][0]
    if kind == "object":
        return {name: smallest(contract, schema["properties"][name])
                for name in schema.get("required", ())}
    if kind == "array":
        return [smallest(contract, schema["items"])] * schema.get("minItems", 0)
    if kind == "boolean":
        return True
    if kind == "integer":
        return schema.get("minimum", 0)
    return smallest_text(schema)


def smallest_text(schema):
    if schema.get("format") == "date":
        return "2026-01-01"
    if schema.get("format") == "date-time":
        return "2026-01-01T10:00:00Z"
    pattern = schema.get("pattern", "")
    hexadecimal = re.fullmatch(r"\^\[0-9a-f\]\{(\d+)\}\$", pattern)
    if hexadecimal:
        return "ab" * (int(hexadecimal.group(1)) // 2)
    if "[A-Z][0-9]{3}" in pattern:
        return "D653"
    digits = re.fullmatch(r"\^\[0-9\]\{(\d+,)?(\d+)\}\$", pattern)
    if digits:
        return "1" * int((digits.group(1) or digits.group(2)).rstrip(","))
    return "a" * max(1, schema.get("minLength", 1))


def body_of(contract, operation, role):
    schema = contract.body_schema(operation)
    if schema is None:
        return None
    body = smallest(contract, schema)
    if operation.name == "openCase":
        body["card"] = "ab" * 16  # the front office opens cases from its cards
    if operation.name == "openCard":
        body["office"] = OFFICE  # whoever opens a card works there
    if operation.name == "enrolSigner":
        body["owner"] = WORKERS[role]
    if operation.name == "createToken":
        body["role"] = role
    if operation.name == "chooseActingAs":
        _, _, unit = api_world.EVERYBODY[role]
        body = {"role": role}
        if unit is not None:
            body.update({"ente": api_client.ENTE, "unit": unit})
    return body


def ask(client, operation, role):
    """The status and the problem of one request that is valid by the document."""
    contract = client.contract
    values, query = {}, {}
    for parameter in contract.parameters(operation):
        value = GIVEN.get(parameter["name"])
        if value is None:
            value = smallest(contract, parameter["schema"])
        if parameter["in"] == "path":
            values[parameter["name"]] = value
        elif parameter["in"] == "query" and parameter.get("required"):
            query[parameter["name"]] = value
    if operation.name == ENDLESS:
        return ask_endless(client, operation), {}
    answer = client.call(operation.name, body_of(contract, operation, role), query=query, **values)
    problem = answer.json() if answer.status >= 400 else {}
    return answer.status, problem


def ask_endless(client, operation):
    connection = http.client.HTTPSConnection("localhost", client.server.port,
                                             context=client.server.tls, timeout=30)
    headers = {"Authorization": "Bearer " + client.bearer} if client.bearer else {}
    connection.request("GET", operation.path, headers=headers)
    status = connection.getresponse().status
    connection.close()
    return status


def is_public(operation):
    return operation.roles == ["pubblico"]


def operations(contract):
    closed = [each for each in contract.operations if not is_public(each)]
    return sorted(closed, key=lambda each: LAST.index(each.name) if each.name in LAST else -1)


def A_refusal_by_role_looks_the_same_for_what_exists_and_what_does_not(world):
    person = api_world.register(world["segretariato"])["stream"]
    dpo = world["dpo"]
    there = dpo.call("showPerson", expect=403, person=person)
    absent = dpo.call("showPerson", expect=403, person="ab" * 16)
    assert {**there.json(), "instance": ""} == {**absent.json(), "instance": ""}
    assert set(there.headers) == set(absent.headers)


def Every_operation_admits_the_roles_of_the_document_and_no_other(world):
    asked = refused = 0
    found = []
    for role in NAMES:
        client = world[role]
        client.step_up()
        for operation in operations(world.contract):
            try:
                status, problem = ask(client, operation, role)
            except openapi.Breach as breach:
                found.append("%s: %s" % (role, breach))
                continue
            asked += 1
            if role not in operation.roles:
                refused += 1
                if status != 403:
                    found.append("%s: %s gets %d" % (operation, role, status))
                elif problem and problem["detail"] != FORBIDDEN_ROLE:
                    found.append("%s: %s: %s" % (operation, role, problem["detail"]))
            elif status in (401, 403, 405) and not (
                    status == 401 and operation.name in WRONG_PASSWORD):
                found.append("%s: %s gets %d: %s" % (operation, role, status, problem.get("detail")))
    assert not found, "\n".join(found)
    assert asked == 8 * len(operations(world.contract)) and refused > 200, (asked, refused)


def Who_has_chosen_no_role_gets_403_where_a_role_is_needed(world):
    client = world.nobody()
    session = client.log_in(world.accounts[TWO_ROLES])
    assert len(session["choices"]) == 2 and "acting_as" not in session, session
    count = 0
    for operation in operations(world.contract):
        if len(operation.roles) == 8:
            continue  # for whoever is logged in
        status, problem = ask(client, operation, "operatore")
        assert status == 403, (operation, status)
        assert not problem or problem["type"].endswith(":no_role"), (operation, problem)
        count += 1
    assert count > 60, count


def Who_is_not_logged_in_gets_401(world):
    for bearer in (None, "a" * 43, "x"):
        client = world.nobody()
        client.bearer = bearer
        for operation in operations(world.contract):
            status, _ = ask(client, operation, "operatore")
            assert status == 401, (operation, status)


def What_is_public_asks_for_no_credential(world):
    client = world.nobody()
    count = 0
    for operation in world.contract.operations:
        if is_public(operation) and operation.name != "openSession":
            status, _ = ask(client, operation, "operatore")
            assert status in (200, 404), (operation, status)
            count += 1
    assert count >= 7, count


def main():
    with RolesWorld(*NAMES, TWO_ROLES, words=("--requests-per-second", "100000")) as world:
        api_world.run_claims(globals(), world)


if __name__ == "__main__":
    main()
