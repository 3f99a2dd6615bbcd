#!/usr/bin/env python3
"""Every text of every command is held to the length and the form that api/openapi.yaml gives it."""
import json
import re

import api_client
import api_world
from api_world import World

WHO = ("operatore", "coordinatore", "segretariato", "addetto_diritti", "dpo",
       "referente_applicativo")
ANY_ID = "ab" * 16
EXAMPLES = {"as_of": "1", "valid_at": "2026-01-01", "from": "2026-01-01", "to": "2026-01-02",
            "office": ANY_ID, "operator": ANY_ID, "sector": ANY_ID, "actor": ANY_ID, "unit": ANY_ID,
            "state": "aperto", "operation": "VIEW", "purpose": "prova", "cursor": "AAAA"}
# Texts that an operation of its own reads: their faults are told in other words.
OWN_READERS = ("enrolSigner", "revokeSigner")


def texts(contract, schema, path=()):
    """The path of every text of a schema that is no word of a list, date or id, with its schema."""
    schema = contract.flat(schema)
    kind = schema.get("type")
    if kind == "object":
        for name, inner in schema.get("properties", {}).items():
            yield from texts(contract, inner, (*path, name))
    elif kind == "array":
        yield from texts(contract, schema["items"], (*path, None))
    elif kind == "string" and "enum" not in schema and "format" not in schema and \
            not schema.get("pattern", "").startswith("^[0-9a-f]{"):
        yield path, schema


def nested(path, value):
    """A body that holds the value at a path and nothing else; None stands for an array."""
    for name in reversed(path):
        value = [value] if name is None else {name: value}
    return value


def wrong_values(schema):
    pattern = re.compile(schema["pattern"])
    for value in ("è" * (schema["maxLength"] + 1), "a\x00b", "a\x1fb", "a\x7fb", "a\nb", "x" * 50,
                  "zz", ""):
        if len(value) > schema["maxLength"] or not pattern.search(value):
            yield value


def commands(contract):
    for operation in contract.operations:
        needs = {each["name"] for each in contract.parameters(operation)}
        if "Idempotency-Key" in needs and operation.name not in OWN_READERS:
            yield operation


def post(client, operation, body):
    target = re.sub(r"\{[a-z_]+\}", ANY_ID, operation.path)
    return client.raw("POST", target, {"Content-Type": "application/json",
                                       "Idempotency-Key": api_client.uuid7()},
                      json.dumps(body, ensure_ascii=False).encode("utf-8"))


def Every_text_over_its_bound_or_out_of_its_form_is_refused_by_its_name(world):
    asked, found = 0, []
    for operation in commands(world.contract):
        role = next(each for each in operation.roles if each in WHO)
        for path, schema in texts(world.contract, world.contract.body_schema(operation)):
            for value in wrong_values(schema):
                answer = post(world[role], operation, nested(path, value))
                asked += 1
                name = [each for each in path if each is not None][-1]
                if answer.status != 422 or name not in answer.json().get("detail", ""):
                    found.append("%s: %s of %d letters gets %d %s" % (
                        operation, ".".join(str(each) for each in path), len(value), answer.status,
                        answer.body[:200]))
    assert not found, "%d of %d\n%s" % (len(found), asked, "\n".join(found[:40]))
    assert asked > 400, asked
    print("%d texts refused" % asked)


def A_parameter_that_an_operation_does_not_have_is_refused(world):
    """Every name that any operation knows, at every operation that is read."""
    contract = world.contract
    every = {"other": "1"}
    for operation in contract.operations:
        for each in contract.parameters(operation):
            if each["in"] == "query":
                every[each["name"]] = EXAMPLES.get(each["name"], "1")
    asked, found = 0, []
    for operation in contract.operations:
        if operation.method != "get" or operation.name in ("followChanges", "downloadPackage"):
            continue
        client = world.nobody() if operation.roles == ["pubblico"] else \
            world[next((each for each in operation.roles if each in WHO), "operatore")]
        known = {each["name"] for each in contract.parameters(operation) if each["in"] == "query"}
        target = re.sub(r"\{[a-z_]+\}", ANY_ID, operation.path)
        for name, value in every.items():
            answer = client.raw("GET", "%s?%s=%s" % (target, name, value))
            asked += 1
            detail = answer.json().get("detail", "") if answer.status == 400 else ""
            if answer.status in (401, 403):
                continue
            if (detail == "un parametro non è previsto") != (name not in known):
                found.append("%s ?%s: %d %s" % (operation, name, answer.status, detail))
        if operation.roles == ["pubblico"]:
            client.close()
    assert not found, "%d of %d\n%s" % (len(found), asked, "\n".join(found[:40]))
    assert asked > 500, asked


def A_term_of_a_search_with_control_characters_is_refused_by_its_name(world):
    for name in ("identifier", "surname", "name", "comune"):
        for value in ("\x00", "a\nb", "\x7f"):
            answer = world["operatore"].raw("POST", "/v1/person-searches",
                                            {"Content-Type": "application/json"},
                                            json.dumps({name: value}).encode("utf-8"))
            assert answer.status == 422, (name, value, answer.status)
            assert name in answer.json()["detail"], answer.json()


def A_text_of_exactly_its_bound_is_taken(world):
    desk = world["segretariato"]
    person = desk.call("registerPerson", {
        "identity": {"surname": "è" * 200, "name": "ò" * 200}}, 201).json()["stream"]
    last = desk.call("recordContact", {"holder": "è" * 300, "phone": "1" * 100}, 201,
                     person=person).json()
    shown = desk.call("showPerson", expect=200, person=person, query=api_world.after(last)).json()
    assert shown["surname"] == "è" * 200 and shown["phone"] == "1" * 100


def main():
    with World(*WHO, words=("--requests-per-second", "100000")) as world:
        api_world.run_claims(globals(), world)


if __name__ == "__main__":
    main()
