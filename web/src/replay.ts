// src/replay.ts: a bulk replay: sealed events as standard Cap'n Proto messages, one after another.
//
// Form: schema/replay.capnp and docs/data_formats.md "Replay". What is read is not yet checked:
// checkBody holds the segments to the leaf, a proof holds the leaf to the tree.
import { type Bytes, FormatError } from "./bytes.js";
import { Message } from "./capnp.js";
import { type BodyRecord, decodeLeaf, type Leaf } from "./decode.js";

const kTableBytes = 8;
const kMessageBytesMax = 264 * 1024;
const kStubBytes = 64;
const kSegmentsMax = 64;

export interface SealedEvent {
  leaf: Leaf;
  body: BodyRecord;
}

function decodeEvent(message: Bytes): SealedEvent {
  const root = new Message(message).root();
  const stubs = root.data(1);
  const segments = root.dataList(2);
  if (segments.length === 0 || segments.length > kSegmentsMax ||
      stubs.length !== segments.length * kStubBytes) {
    throw new FormatError("number of segments");
  }
  const body = {
    segments,
    stubs: segments.map((_, i) => ({
      commitment: stubs.slice(i * kStubBytes, i * kStubBytes + 32),
      storedHash: stubs.slice(i * kStubBytes + 32, (i + 1) * kStubBytes),
    })),
  };
  return { leaf: decodeLeaf(root.data(0)), body };
}

export function decodeReplay(bytes: Bytes): SealedEvent[] {
  const events: SealedEvent[] = [];
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  for (let at = 0; at < bytes.length;) {
    if (bytes.length - at < kTableBytes || view.getUint32(at, true) !== 0) {
      throw new FormatError("a replay has messages of one segment");
    }
    const length = view.getUint32(at + 4, true) * 8;
    const from = at + kTableBytes;
    if (length > kMessageBytesMax || length > bytes.length - from) {
      throw new FormatError("length of a message");
    }
    events.push(decodeEvent(bytes.slice(from, from + length)));
    at = from + length;
  }
  return events;
}
