#!/usr/bin/python3
"""Every operation of api/openapi.yaml against the real server: what works, and what is refused.

First a walk that uses every operation as it is meant; then valid and invalid input for every operation from
Hypothesis, for as long as CARTELLA_CONTRACT_SECONDS says (60). Never a 5xx but the documented 503 and 507, always
a documented status with a valid answer, a problem+json for every error. The seed is printed; CARTELLA_SEED
repeats one.
"""
import collections
import json
import os
import random
import re
import sys
import tempfile
import time
import urllib.parse

os.environ.setdefault("HYPOTHESIS_STORAGE_DIRECTORY",
                      os.path.join(tempfile.gettempdir(), "hypothesis-%d" % os.getpid()))
from hypothesis import HealthCheck, given, seed, settings  # noqa: E402
from hypothesis import strategies as st  # noqa: E402

import api_client  # noqa: E402
import openapi_cases  # noqa: E402
from walk import walk  # noqa: E402

SECONDS = float(os.environ.get("CARTELLA_CONTRACT_SECONDS", "60"))
# An answer without an end: the walk reads it, arbitrary input would wait for it.
ENDLESS = {"followChanges"}
# What would end the sessions that the rest of the run needs, or locks an account.
DANGEROUS = {"closeSession", "revokeSession", "changePassword", "openSession", "stepUpSession",
             "chooseActingAs", "revokeRole", "revokeToken", "defineOperator",
             "assignOperatorToSector", "revokeSigner"}


class Tally:
    def __init__(self):
        self.answers = collections.Counter()
        self.found = []
        self.started = time.monotonic()

    def over(self, budget):
        return time.monotonic() - self.started > budget


def client_for(running, data, operation):
    """Mostly somebody who may; sometimes somebody who may not."""
    roles = sorted(running.clients)
    allowed = [role for role in operation.roles if role in running.clients] or roles
    role = data.draw(st.one_of(st.sampled_from(allowed), st.sampled_from(allowed),
                               st.sampled_from(roles)), label="role")
    return running.clients[role]


def request_of(cases, data, operation, is_valid):
    """Target, headers, body of one request; `is_valid` as far as the document can tell."""
    has_body = cases.contract.body_schema(operation) is not None
    query = data.draw(cases.query(operation), label="query")
    headers = {}
    needs = {each["name"] for each in cases.contract.parameters(operation)}
    if "Idempotency-Key" in needs:
        headers["Idempotency-Key"] = api_client.uuid7()
    body = None
    if has_body:
        headers["Content-Type"] = "application/json"
        body = json.dumps(data.draw(cases.body(operation), label="body")).encode("utf-8")
    if not is_valid:
        kind = data.draw(st.sampled_from(["body", "query", "headers"] if has_body
                                         else ["query", "headers"]), label="kind")
        if kind == "body":
            body = data.draw(cases.broken_body(operation), label="body")
        elif kind == "query":
            query = {**query, **data.draw(cases.broken_query(), label="query")}
        else:
            headers.update(data.draw(cases.broken_headers(), label="headers"))
    else:
        kind = "valid"
    target = operation.path
    for name, value in data.draw(cases.path(operation), label="path").items():
        target = target.replace("{%s}" % name, urllib.parse.quote(str(value), safe="/."))
    if query:
        target += "?" + urllib.parse.urlencode(query)
    return kind, target, headers, body


def check_one(running, cases, tally, data, operation):
    is_valid = data.draw(st.booleans(), label="valid")
    client = client_for(running, data, operation)
    kind, target, headers, body = request_of(cases, data, operation, is_valid)
    answer = client.raw(operation.method.upper(), target, headers, body)
    tally.answers[operation.name, kind, answer.status] += 1
    assert answer.status < 500 or answer.status in (503, 507), answer.body
    assert answer.status != 503 or "min_position" in target, answer.body
    if kind == "body":
        assert answer.status >= 400, (operation, body[:500])
    if answer.status == 201 and kind == "valid" and "stream" in answer.json():
        tally.found.append(answer.json()["stream"])


def fuzz(running, pool, seed_number):
    """Rounds of a hundred requests until the time is over; ids that a round made are known to the next."""
    pool = sorted(pool)
    cases = openapi_cases.Cases(running.contract, pool)
    operations = [each for each in running.contract.operations
                  if each.name not in ENDLESS | DANGEROUS]
    tally = Tally()
    round_number = 0
    while not tally.over(SECONDS):
        @seed(seed_number + round_number)
        @settings(max_examples=100, deadline=None, database=None,
                  suppress_health_check=list(HealthCheck))
        @given(st.data())
        def one(data):
            operation = data.draw(st.sampled_from(operations), label="operation")
            check_one(running, cases, tally, data, operation)

        one()
        round_number += 1
        pool.extend(tally.found[-20:])
        tally.found.clear()
    return tally


def problem_types(running):
    return set().union(*(client.problems for client in running.clients.values()))


def documented_types():
    path = os.path.join(os.path.dirname(__file__), "..", "..", "docs", "errors.md")
    with open(path, encoding="utf-8") as source:
        return set(re.findall(r"^\| `([a-z_]+)` \|", source.read(), flags=re.M))


def report(running, tally):
    statuses = collections.Counter()
    for (_, kind, status), count in tally.answers.items():
        statuses[kind, status] += count
    undocumented = problem_types(running) - documented_types()
    assert not undocumented, "docs/errors.md does not know %s" % sorted(undocumented)
    print("%d requests" % sum(statuses.values()),
          {"%s %d" % key: count for key, count in sorted(statuses.items())})
    worked = {name for client in running.clients.values()
              for (name, status) in client.counts if status < 300}
    if os.environ.get("CI") != "true":
        worked.add("showVerifier")  # which a build without npm does not have
    silent = [each.name for each in running.contract.operations if each.name not in worked]
    assert not silent, "never answered with success: %s" % silent


def main():
    seed_number = int(os.environ.get("CARTELLA_SEED", random.SystemRandom().randrange(2 ** 32)))
    print("CARTELLA_SEED=%d" % seed_number, flush=True)
    with api_client.Running("--requests-per-second", "100000") as running:
        pool = walk(running)
        tally = fuzz(running, pool, seed_number)
        report(running, tally)
        health = running.clients["operatore"].call("showStatus")
        assert health.status == 200


if __name__ == "__main__":
    sys.exit(main())
