#!/usr/bin/env python3
"""A full disk: first commands stop, then reads that cannot be recorded; nothing is shown or lost (AT-01).

The store stands on a file system in memory whose size the test changes, as root; elsewhere it is skipped.
"""
import json
import os
import subprocess
import sys
import time

import api_world
import product
from api_world import IDENTIFIER, NAME, SURNAME, World, accesses, after, id_of

MIB = 1 << 20
MEASURED_EVERY = 0.12  # seconds: store/space_guard.h asks the file system at most every 100 ms
ROOMY, TIGHT, FULL = 4096, 1024, 200  # MiB that are free


def skip(reason):
    print("SKIPPED: no file system of a chosen size can be mounted:", reason)
    sys.exit(1 if os.environ.get("CI") == "true" else 77)


class Disk:
    def __init__(self, folder):
        self.place = os.path.join(folder, "disk")
        os.mkdir(self.place)

    def __enter__(self):
        done = subprocess.run(["mount", "-t", "tmpfs", "-o", "size=%dm,mode=0700" % ROOMY, "cartella",
                               self.place], capture_output=True, text=True, check=False)
        if done.returncode != 0:
            skip(done.stderr.strip())
        return self

    def leave_free(self, mib):
        found = os.statvfs(self.place)
        used = (found.f_blocks - found.f_bfree) * found.f_frsize
        subprocess.run(["mount", "-o", "remount,size=%d" % (used + mib * MIB), self.place],
                       check=True)
        time.sleep(MEASURED_EVERY)

    def __exit__(self, kind, value, trace):
        subprocess.run(["umount", self.place], check=True)


class Case:
    def __init__(self, world):
        self.person = api_world.register(world["segretariato"], identifier=IDENTIFIER)["stream"]
        self.case, last = api_world.open_case(world, self.person)
        self.wait = after(last)
        self.reads = (("showCase", {"case": self.case}), ("showPerson", {"person": self.person}),
                      ("listPersonCases", {"person": self.person}), ("showCaseload", {}),
                      ("showCaseHistory", {"case": self.case}))


def check_room(world, disk, case):
    """Commands and reads work, and each read is in the register."""
    disk.leave_free(ROOMY)
    worker = world["operatore"]
    worker.call("recordNote", {"text": "Nota."}, 201, case=case.case)
    asked = [id_of(worker.call(name, expect=200, **values)) for name, values in case.reads]
    recorded = {entry["request_id"] for entry in accesses(world["dpo"])}
    assert set(asked) <= recorded
    return asked


def Below_2_GiB_commands_get_507_while_recorded_reads_go_on(world, disk, case):
    check_room(world, disk, case)
    disk.leave_free(TIGHT)
    worker, desk = world["operatore"], world["segretariato"]
    before = worker.call("showCase", expect=200, case=case.case).json()
    for _ in range(3):
        refused = worker.call("recordNote", {"text": "Nota."}, 507, case=case.case).json()
        assert refused["type"].endswith(":out_of_space"), refused
        desk.call("registerPerson", {"identity": {"surname": "Xa", "name": "Ya"}}, 507)
    asked = [id_of(worker.call(name, expect=200, **values)) for name, values in case.reads]
    assert set(asked) <= {entry["request_id"] for entry in accesses(world["dpo"])}
    after_it = worker.call("showCase", expect=200, case=case.case).json()
    assert after_it["items"] == before["items"], "nothing of what was refused is there"


def AT01_a_read_that_cannot_be_recorded_gets_503_and_no_byte_of_the_case(world, disk, case):
    kept = check_room(world, disk, case)
    worker = world["operatore"]
    desk = world["segretariato"]
    secrets = [text.encode() for text in (SURNAME, NAME, IDENTIFIER, case.case, case.person)]
    disk.leave_free(FULL)
    for name, values in case.reads:
        answer = worker.call(name, expect=503, **values)
        assert answer.headers["content-type"] == "application/problem+json"
        assert not [secret for secret in secrets if secret in answer.body], (name, answer.body)
    answer = desk.call("searchPeople", {"identifier": IDENTIFIER}, 503)
    assert not [secret for secret in secrets if secret in answer.body], answer.body
    # Where room is made everything goes on, and what was refused was shown to nobody.
    later = check_room(world, disk, case)
    register = [entry["request_id"] for entry in accesses(world["dpo"])]
    for request in kept + later:
        assert register.count(request) == 1, request


def A_full_disk_lets_nobody_in_who_cannot_be_recorded(world, disk, case):
    check_room(world, disk, case)
    disk.leave_free(FULL)
    client = world.nobody()
    account = world.accounts["operatore collega"]
    answer = client.call("openSession", {
        "username": account.username, "password": "x" * 12, "totp": "000000"})
    assert answer.status in (401, 503), answer.status
    answer = client.call("openSession", {
        "username": account.username, "password": api_world.api_client.PASSWORD,
        "totp": account.authenticator.code()}, 503, headers={"Session-Kind": "bearer"})
    assert b"bearer" not in answer.body
    disk.leave_free(ROOMY)
    client.log_in(account)
    client.close()


def The_store_verifies_after_all_of_it(world, disk, case):
    check_room(world, disk, case)
    world.stop()
    world.store.run("verify")
    world.start()
    found = json.loads(world.nobody().call("showStatus", expect=200).body)
    assert found["status"] == "ok"


def main():
    with product.temporary() as folder, Disk(folder) as disk:
        with World("operatore", "operatore collega", "segretariato", "dpo",
                   root=disk.place) as world:
            api_world.run_claims(globals(), world, disk, Case(world))


if __name__ == "__main__":
    main()
