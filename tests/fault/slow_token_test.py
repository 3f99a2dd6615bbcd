#!/usr/bin/env python3
"""F-23, F-26: a token that answers late, or never: everything is bounded, and the server sealed meanwhile.

The real server, SoftHSM behind a module of our own (SLOW_TOKEN) that waits before each log-in. A token of seconds
opens, only later. With one that hangs the server starts sealed, answers for its health at once while somebody
unseals, tells them `unavailable`, keeps no thread and no process, ends when it is told to, and opens as soon as the
token answers. A rotation of the root key onto it stops nobody from writing, and leaves the old root in force.
"""
import os
import threading
import time

import api_client
import api_world
import keys_test
import product

SLOW = os.environ["SLOW_TOKEN"]
LATE_MS, BOUND_SECONDS, HEALTH_SECONDS = 1500, 30, 5


class SlowToken(keys_test.Token):
    def __init__(self, root):
        super().__init__(root)
        self.delay_file = os.path.join(root, "delay")
        os.environ["CARTELLA_TOKEN_BEHIND"] = keys_test.MODULE
        os.environ["CARTELLA_TOKEN_DELAY"] = self.delay_file
        self.delay("0")

    def source(self, pin=None):
        return super().source(pin).replace(keys_test.MODULE, SLOW)

    def delay(self, word):
        with open(self.delay_file + ".new", "w", encoding="ascii") as out:
            out.write(word + "\n")
        os.rename(self.delay_file + ".new", self.delay_file)


def timed(call, *arguments, **words):
    started = time.monotonic()
    answer = call(*arguments, **words)
    return time.monotonic() - started, answer


class Asking(threading.Thread):
    """A verb that runs meanwhile; `end` waits for it and says its exit code."""

    def __init__(self, store, *words):
        super().__init__()
        self.store, self.words, self.code = store, words, None
        self.start()

    def run(self):
        self.code = self.store.run(*self.words, expect=None).returncode

    def end(self):
        self.join()
        return self.code


def threads_and_children(server):
    tasks = "/proc/%d/task" % server.process.pid
    children = []
    for task in os.listdir(tasks):
        with open(os.path.join(tasks, task, "children"), encoding="ascii") as source:
            children += source.read().split()
    return len(os.listdir(tasks)), children


def F23_a_token_of_seconds_opens_only_later(token, store):
    token.delay(str(LATE_MS))
    took, _ = timed(store.run, "stats")
    assert took >= LATE_MS / 1000, took
    with api_client.Server(store) as server:
        keys_test.wait_for(server, "ok")
    token.delay("0")


def F26_a_token_that_hangs_leaves_the_server_sealed(token, store):
    token.delay("hang")
    took, server = timed(api_client.Server, store)
    assert took <= BOUND_SECONDS, took
    with server:
        keys_test.check_sealed(store, server)
        before, children = threads_and_children(server)
        assert not children, children
        started = time.monotonic()
        asked = Asking(store, "unseal")
        while asked.is_alive():
            slow, answer = timed(keys_test.ask, server, "/status")
            assert answer == (200, {"status": "sealed"}) and slow <= HEALTH_SECONDS, (slow, answer)
            time.sleep(0.2)
        assert asked.end() == 8, asked.code
        assert time.monotonic() - started <= BOUND_SECONDS
        after, children = threads_and_children(server)
        assert after <= before and not children, (before, after, children)
        token.delay("0")
        store.run("unseal")
        keys_test.wait_for(server, "ok")
        store.run("seal-now")
        keys_test.wait_for(server, "sealed")
        # Told to end while somebody waits for the token, it does.
        token.delay("hang")
        asked = Asking(store, "unseal")
        while not threads_and_children(server)[1]:
            assert asked.is_alive(), "the token was not asked"
            time.sleep(0.01)
        took, _ = timed(server.stop)
        assert took <= BOUND_SECONDS, took
        assert asked.end() != 0
        token.delay("0")
    store.run("verify")


def F23_a_rotation_onto_a_token_that_hangs_stops_nobody(token):
    with api_world.World("segretariato", words=keys_test.UNLIMITED) as world:
        load = keys_test.Load(world["segretariato"])
        load.start()
        token.delay("hang")
        count = len(load.done)
        rotation = Asking(world.store, "keys", "rotate-root", "--new-root-key", token.source())
        assert rotation.end() == 8, rotation.code
        meanwhile = len(load.done) - count
        token.delay("0")
        assert load.end() is None, load.failure
        assert meanwhile >= 3, "nobody wrote while the token hung"
        world.stop()
        world.store.run("verify")  # with the root key of before
        world.start()
        print("written while the token hung:", meanwhile)


def main():
    keys_test.need_token()
    with product.temporary() as root:
        token = SlowToken(root)
        store = product.Store(root)
        store.key_words = ["--root-key", token.source()]
        store.init(["E256"])
        F23_a_token_of_seconds_opens_only_later(token, store)
        F26_a_token_that_hangs_leaves_the_server_sealed(token, store)
        F23_a_rotation_onto_a_token_that_hangs_stops_nobody(token)


if __name__ == "__main__":
    main()
