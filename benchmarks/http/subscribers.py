"""benchmarks/http/subscribers.py: a thousand clients that follow changes, and a few notes a second."""

import asyncio
import re
import secrets
import ssl
import time

ID = re.compile(rb"id: (\d+)\nevent: NoteRecorded\n")


def new_key() -> str:
    return f"{int(time.time() * 1000):012x}7{secrets.randbits(12):03x}8{secrets.randbits(60):015x}"


class Followers:
    """Keeps what each client is told, and when; `port` and `bearer` are those of the server."""

    def __init__(self, port: int, bearer: str):
        self.port, self.bearer = port, bearer
        self.context = ssl._create_unverified_context()
        self.sent: dict[int, float] = {}  # position of a note -> when it was sent
        self.told: list[tuple[int, float]] = []  # the same, and when it came; of every client
        self.open = 0

    async def _connect(self):
        return await asyncio.open_connection("127.0.0.1", self.port, ssl=self.context, server_hostname="localhost")

    async def _follow(self) -> None:
        reader, writer = await self._connect()
        writer.write(f"GET /v1/changes HTTP/1.1\r\nHost: localhost:{self.port}\r\n"
                     f"Authorization: Bearer {self.bearer}\r\n\r\n".encode())
        head = await reader.readuntil(b"\r\n\r\n")
        if not head.startswith(b"HTTP/1.1 200"):
            raise RuntimeError(head.split(b"\r\n")[0].decode())
        self.open += 1
        rest = b""
        try:
            while piece := await reader.read(65536):
                now = time.monotonic()
                *messages, rest = (rest + piece).split(b"\n\n")
                self.told.extend((int(found[1]), now) for each in messages if (found := ID.search(each)))
        finally:
            self.open -= 1
            writer.close()

    async def _write(self, target: str, body: str, per_second: float, seconds: float) -> None:
        reader, writer = await self._connect()
        began = time.monotonic()
        for number in range(int(per_second * seconds)):
            await asyncio.sleep(max(0.0, began + number / per_second - time.monotonic()))
            sent = time.monotonic()
            writer.write(f"POST {target}/notes HTTP/1.1\r\nHost: localhost:{self.port}\r\n"
                         f"Authorization: Bearer {self.bearer}\r\nContent-Type: application/json\r\n"
                         f"Idempotency-Key: {new_key()}\r\nContent-Length: {len(body)}\r\n\r\n{body}".encode())
            head = await reader.readuntil(b"\r\n\r\n")
            answer = await reader.readexactly(int(re.search(rb"Content-Length: (\d+)", head)[1]))
            self.sent[int(re.search(rb'"position":(\d+)', answer)[1])] = sent
        writer.close()

    async def measure(self, count: int, target: str, per_second: float, seconds: float, opened) -> dict:
        """`opened` is called when all follow and before anything is written."""
        tasks = []
        while len(tasks) < count:
            tasks += [asyncio.create_task(self._follow()) for _ in range(min(25, count - len(tasks)))]
            while self.open < len(tasks):
                for task in tasks:
                    if task.done():
                        task.result()
                await asyncio.sleep(0.01)
        opened()
        await self._write(target, '{"text":"Nota inventata per le misure."}', per_second, seconds)
        wanted = len(self.sent) * count
        for _ in range(100):
            if len(self.told) >= wanted:
                break
            await asyncio.sleep(0.1)
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        delays = sorted(at - self.sent[position] for position, at in self.told if position in self.sent)
        return {"wanted": wanted, "told": len(delays), "p50": delays[len(delays) // 2] * 1000,
                "p99": delays[len(delays) * 99 // 100] * 1000}
