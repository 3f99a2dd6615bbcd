#!/usr/bin/env python3
"""F-19: a network that tears, duplicates and reorders what clients send, and 100 writers on one case.

Everything goes through tearing_proxy.py, which cuts connections in the middle of requests and answers. A client
that has no answer sends the command again under its Idempotency-Key, sometimes twice at once, and at the end
once more, out of order: each has one outcome for ever. Of writers who saw the same state one wins and the others
are told so. At the end the case's stream and the log hold the same events, each once. The seed is printed.
"""
import http.client
import random
import ssl
import sys
import threading
import time

import api_client
from api_world import OTHER_SECTOR, World, after, open_case, register
from tearing_proxy import TearingProxy

WRITERS = 100
TRIES_MAX = 200
COMPARED = ("stream", "position", "event_count", "command_id")
WORDS = ("--requests-per-second", "100000", "--requests-in-flight", "300")


class Through:
    """The server as it is reached through the proxy."""

    def __init__(self, server, port):
        self.port, self.tls = port, server.tls


class Lossy:
    """Sends commands until they have an answer; one outcome for each key, whoever asks."""

    def __init__(self, world, case, port):
        self.world, self.case = world, case
        self.server = Through(world.server, port)
        self.bearer = world["coordinatore"].bearer
        self.outcomes, self.lost, self.again, self.refused = {}, 0, 0, {}
        self.lock = threading.Lock()

    def client(self):
        return api_client.Client(self.server, self.world.contract, self.bearer)

    def settle(self, client, key, share, etag=None, has_twin=False):
        """The receipt, or the status with which it was refused. What was refused under a key may be
        done when it is sent once more, and what was done stays done."""
        headers = {"Idempotency-Key": key, **({"If-Match": etag} if etag else {})}
        for _ in range(TRIES_MAX):
            try:
                answer = client.call("shareCase", share, headers=headers, case=self.case)
            except (OSError, http.client.HTTPException, ssl.SSLError):
                client.close()
                with self.lock:
                    self.lost += 1
                continue
            if answer.status in (429, 503):
                time.sleep(0.02)
                continue
            return self.note(key, answer, has_twin)
        raise AssertionError("the network lets nothing through")

    def note(self, key, answer, has_twin):
        with self.lock:
            if answer.status != 201:
                # Of two that are under way, the refusal may be the older answer.
                assert has_twin or key not in self.outcomes, ("refused after it was done", answer.body)
                self.refused[answer.status] = self.refused.get(answer.status, 0) + 1
                return answer.status
            outcome = {name: answer.json()[name] for name in COMPARED}
            self.again += 1 if answer.json()["duplicate"] else 0
            assert self.outcomes.setdefault(key, outcome) == outcome, (self.outcomes[key], outcome)
            return outcome

    def keep_sending(self, rng):
        """A command of one writer, under new ids until it is not refused for a conflict."""
        share = sharing(rng)
        client = self.client()
        try:
            while True:
                key = api_client.uuid7()
                twin = None
                if rng.random() < 0.25:
                    twin = threading.Thread(target=self.twin, args=(key, share))
                    twin.start()
                settled = self.settle(client, key, share, has_twin=twin is not None)
                if twin is not None:
                    twin.join()
                    settled = self.outcomes.get(key, settled)  # either of them may have done it
                if settled != 409:
                    assert isinstance(settled, dict), settled
                    return key, share
        finally:
            client.close()

    def twin(self, key, share):
        client = self.client()
        self.settle(client, key, share, has_twin=True)
        client.close()


def sharing(rng):
    """One event in the case's own stream, whatever came before it."""
    return {"unit": OTHER_SECTOR, "reason": "Richiesta %d" % rng.randrange(10 ** 6)}


def in_threads(work, rng):
    """`work(random of its own)` of every writer at once; what each of them answered."""
    answers, failures = [None] * WRITERS, []
    start = threading.Barrier(WRITERS)

    def run(number, seed):
        try:
            start.wait()
            answers[number] = work(random.Random(seed))
        except BaseException as failure:  # pylint: disable=broad-except
            failures.append(failure)

    threads = [threading.Thread(target=run, args=(number, rng.random()))
               for number in range(WRITERS)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    if failures:
        raise failures[0]
    return answers


def F19_each_command_of_a_hundred_writers_has_one_outcome(lossy, rng):
    sent = in_threads(lossy.keep_sending, rng)
    rng.shuffle(sent)  # and later once more, in another order
    again = iter(sent)
    lock = threading.Lock()

    def repeat(_):
        with lock:
            key, share = next(again)
        client = lossy.client()
        first = lossy.outcomes[key]
        assert lossy.settle(client, key, share) == first
        client.close()

    in_threads(repeat, rng)
    assert len(lossy.outcomes) == WRITERS


def F19_of_those_who_saw_the_same_state_one_wins(world, lossy, rng):
    etag = world["coordinatore"].call("showCase", expect=200, case=lossy.case).headers["etag"]
    before = dict(lossy.outcomes)

    def once(own):
        client = lossy.client()
        key = api_client.uuid7()
        share = sharing(own)
        settled = lossy.settle(client, key, share, etag)
        # An answer that was lost is asked for again, though the case has moved on.
        if isinstance(settled, dict):
            assert lossy.settle(client, key, share, etag) == settled
        client.close()
        return settled

    settled = in_threads(once, rng)
    won = [each for each in settled if isinstance(each, dict)]
    assert len(won) == 1 and len(lossy.outcomes) == len(before) + 1, settled
    assert all(each == 412 for each in settled if not isinstance(each, dict)), settled


def F19_stream_and_log_hold_the_same_events(world, lossy, last):
    """Every receipt stands in the case's stream, in the order of the log, and nothing else does."""
    entries, query = [], {"limit": 100, **after(last)}
    while True:
        page = world["coordinatore"].call("showCaseTimeline", expect=200, case=lossy.case,
                                       query=query).json()
        entries += page["items"]
        if "next_cursor" not in page:
            break
        query = {"limit": 100, "cursor": page["next_cursor"]}
    mine = sorted((each for each in entries if each["stream"] == lossy.case),
                  key=lambda each: each["revision"])
    assert [each["revision"] for each in mine] == list(range(len(mine))), "a gap"
    positions = [each["position"] for each in mine]
    assert positions == sorted(positions), "another order than the log's"
    taken = sorted(position for each in lossy.outcomes.values()
                   for position in range(each["position"], each["position"] + each["event_count"]))
    shares = [each["position"] for each in mine if each["type"] == "CaseShared"]
    assert shares == taken, (len(shares), len(taken))


def main(seed):
    print("seed", seed)
    rng = random.Random(seed)
    with World("segretariato", "operatore", "coordinatore", words=WORDS) as world:
        case, _ = open_case(world, register(world["segretariato"])["stream"])
        with TearingProxy(world.server.port, rng.random()) as proxy:
            lossy = Lossy(world, case, proxy.port)
            F19_each_command_of_a_hundred_writers_has_one_outcome(lossy, rng)
            F19_of_those_who_saw_the_same_state_one_wins(world, lossy, rng)
        last = max(lossy.outcomes.values(), key=lambda each: each["position"])
        F19_stream_and_log_hold_the_same_events(world, lossy, last)
        assert proxy.torn > WRITERS / 10, proxy.torn
        world.stop()
        world.store.run("verify")
        world.start()
    print("connections %s, torn %d, tries without an answer %d, first outcomes again %d, refused %s"
          % (proxy.counts, proxy.torn, lossy.lost, lossy.again, lossy.refused))


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else random.SystemRandom().randrange(2**32))
