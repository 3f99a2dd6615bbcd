#!/usr/bin/env python3
"""Whoever reads the service log and stops stops nobody: reads and writes answer, and the lines lost are counted.

The server's standard error is a pipe of one page. First nobody reads it while more requests are answered than its
queue holds; then somebody reads, and every request is either a line or counted as lost. Last nobody reads at its end.
"""
import fcntl
import json
import os
import socket

import api_client
import api_world
from api_world import IDENTIFIER, World, after

PIPE_BYTES = 4096
QUEUE_BYTES = 1 << 20  # base/log.h
LINE_BYTES = 130  # no line of a request has fewer
ANSWER = b'{"status":"ok"}'
BATCH, PER_CONNECTION = 50, 500  # the server ends a connection after a thousand
WORDS = ("--requests-per-second", "100000")


class UnreadServer(api_client.Server):
    """Nobody reads what it says until the test does."""

    def open_log(self):
        self.reader, writer = os.pipe()
        fcntl.fcntl(writer, fcntl.F_SETPIPE_SZ, PIPE_BYTES)
        return os.fdopen(writer, "wb")

    def said(self):
        return "(nobody read it)"

    def start_reading(self):
        self.log.close()  # of this process: the pipe ends with the server
        return os.fdopen(self.reader, encoding="utf-8")


def pour_one_connection(server):
    """Requests that cost little, in batches."""
    with socket.create_connection(("127.0.0.1", server.port), timeout=60) as plain, \
            server.tls.wrap_socket(plain, server_hostname="localhost") as wire:
        for _ in range(PER_CONNECTION // BATCH):
            wire.sendall(b"GET /status HTTP/1.1\r\nHost: localhost\r\n\r\n" * BATCH)
            seen, before = 0, b""
            while seen < BATCH:
                got = wire.recv(1 << 16)
                assert got, "the server ended the connection"
                text = before + got
                seen += text.count(ANSWER)
                before = text[1 - len(ANSWER):]


def pour(server, count):
    """At least so many; answers how many were answered."""
    answered = 0
    while answered < count:
        pour_one_connection(server)
        answered += PER_CONNECTION
    return answered


def AT18_a_log_that_nobody_reads_stops_neither_reads_nor_writes(world):
    world.stop()
    world.server = server = UnreadServer(world.store, *WORDS)
    desk = world["segretariato"]
    poured = pour(server, (QUEUE_BYTES + PIPE_BYTES) // LINE_BYTES)
    receipt = api_world.register(desk, identifier=IDENTIFIER)
    desk.call("showPerson", expect=200, query=after(receipt), person=receipt["stream"])
    log = server.start_reading()
    lines = []
    while not lines or lines[-1]["event"] != "log_lines_lost":
        lines.append(json.loads(log.readline()))
    assert lines[-1]["lines"] > 0, lines[-1]
    again = desk.call("showPerson", expect=200, person=receipt["stream"])
    asked = again.headers["request-id"].replace("-", "")
    while lines[-1].get("request") != asked:  # what comes after is told again
        lines.append(json.loads(log.readline()))
    world.stop()
    lines += map(json.loads, log)
    log.close()
    answered = poured + sum(desk.counts.values())
    told = sum(line["event"] == "request" for line in lines)
    lost = sum(line["lines"] for line in lines if line["event"] == "log_lines_lost")
    assert told + lost == answered, (told, lost, answered)
    print("%d requests answered, %d lines lost and counted" % (answered, lost), flush=True)


def a_server_ends_while_nobody_reads(world):
    world.server = UnreadServer(world.store, *WORDS)
    pour(world.server, 4 * PIPE_BYTES // LINE_BYTES)
    reader = world.server.reader
    world.stop()  # exit code 0, within the time of every stop
    os.close(reader)


def main():
    with World("segretariato") as world:
        AT18_a_log_that_nobody_reads_stops_neither_reads_nor_writes(world)
        a_server_ends_while_nobody_reads(world)
    print("ok")


if __name__ == "__main__":
    main()
