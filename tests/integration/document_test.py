#!/usr/bin/python3
"""The OpenAPI document against docs/commands.md, and its examples against its own schemas."""
import os
import re

import openapi

ROLES = {"operatore", "coordinatore", "segretariato", "addetto_diritti", "auditor", "dpo",
         "referente_applicativo", "amministratore_sistema"}
ENVELOPE = {"occurred_at", "valid_from", "valid_to", "purpose", "legal_basis"}
# Commands of docs/commands.md that no operation gives: the installation and the command line do.
NOT_SERVED = {"define_ambito", "enable_registry", "record_disclosure", "record_release"}
# Commands about the log itself, whose fact is the record: nothing else is said of it.
WITHOUT_ENVELOPE = {"enrol_signer", "revoke_signer"}
# Fields of commands that the server sets itself.
SET_BY_SERVER = {"register_person": {"reuse_known"}, "propose_erasure": {"counts", "mentions"}}


def commands():
    """Name of a command -> field -> whether it is compulsory, from the tables of docs/commands.md."""
    path = os.path.join(os.path.dirname(__file__), "..", "..", "docs", "commands.md")
    with open(path, encoding="utf-8") as source:
        parts = re.split(r"^### ", source.read(), flags=re.M)[1:]
    found = {}
    for part in parts:
        name = part.split("\n", 1)[0].strip()
        rows = re.findall(r"^\| `([a-z_]+)` \| [^|]*\| ([^|]*)\|", part, flags=re.M)
        found[name] = {field: must.strip() == "obbligatorio" for field, must in rows}
    return found


def schema_name(command):
    return "".join(word.capitalize() for word in command.split("_"))


def check_commands(contract):
    by_schema = {}
    for operation in contract.operations:
        body = operation.node.get("requestBody")
        if body:
            name = body["content"]["application/json"]["schema"]["$ref"].rsplit("/", 1)[1]
            by_schema.setdefault(name, operation)
    documented = commands()
    assert len(documented) > 40, len(documented)
    for command, fields in documented.items():
        if command in NOT_SERVED:
            continue
        operation = by_schema.get(schema_name(command))
        assert operation, "no operation for %s" % command
        schema = contract.flat(contract.body_schema(operation))
        given = set(fields) - set(schema["properties"]) - SET_BY_SERVER.get(command, set())
        braces = re.findall(r"\{([a-z_]+)\}", operation.path)
        assert len(given) == len(braces[:1]), "%s lacks %s" % (operation, sorted(given))
        extra = set(schema["properties"]) - set(fields) - ENVELOPE
        assert not extra, "%s has %s" % (operation, sorted(extra))
        must = {field for field, compulsory in fields.items() if compulsory} - given
        assert must == set(schema.get("required", [])), \
            "%s: compulsory are %s" % (operation, sorted(must))
        assert (ENVELOPE <= set(schema["properties"])) == (command not in WITHOUT_ENVELOPE), command


def check_examples(contract, node, where=""):
    """How many examples were held against the schemas that they stand in."""
    count = 0
    if isinstance(node, dict):
        if "example" in node and ("type" in node or "allOf" in node):
            contract.check(node["example"], {k: v for k, v in node.items() if k != "example"}, where)
            count += 1
        for key, value in node.items():
            count += check_examples(contract, value, where + "/" + key)
    elif isinstance(node, list):
        for index, value in enumerate(node):
            count += check_examples(contract, value, "%s/%d" % (where, index))
    return count


def check_operations(contract):
    names = [each.name for each in contract.operations]
    assert len(names) == len(set(names)) and len(names) > 90, len(names)
    for each in contract.operations:
        roles = set(each.roles)
        assert roles == {"pubblico"} or roles <= ROLES, each
        open_to_all = each.node.get("security") == [{}]
        assert open_to_all == (roles == {"pubblico"}), each
        braces = set(re.findall(r"\{([a-z_]+)\}", each.path))
        given = {p["name"] for p in contract.parameters(each) if p["in"] == "path"}
        assert braces == given, each
        assert contract.find(each.method, re.sub(r"\{[a-z_]+\}", "0" * 32, each.path))[0] is each


def check_that_breaches_are_seen(contract):
    class Answer:
        status, body = 200, b'{"status": "ok"}'
        headers = {"content-type": "application/json", "cache-control": "no-store",
                   "ratelimit-limit": "1", "ratelimit-remaining": "0", "ratelimit-reset": "1"}

    status = contract.by_name["showStatus"]
    contract.check_response(status, Answer)
    for change in ({"status": 418}, {"body": b'{"status": "maybe"}'}, {"body": b"{}"},
                   {"body": b'{"status": "ok", "more": 1}'}, {"body": b"no"},
                   {"body": b'{"status": "ok", "status": "ok"}'},
                   {"headers": {**Answer.headers, "content-type": "text/plain"}},
                   {"headers": {k: v for k, v in Answer.headers.items() if k != "ratelimit-limit"}},
                   {"headers": {**Answer.headers, "ratelimit-reset": "soon"}}):
        try:
            contract.check_response(status, type("Changed", (Answer,), change))
        except openapi.Breach:
            continue
        raise AssertionError("not seen: %s" % change)


def main():
    contract = openapi.Contract()
    check_operations(contract)
    check_commands(contract)
    examples = check_examples(contract, contract.document["components"])
    assert examples > 20, examples
    check_that_breaches_are_seen(contract)
    print("%d operations, %d examples" % (len(contract.operations), examples))


if __name__ == "__main__":
    main()
