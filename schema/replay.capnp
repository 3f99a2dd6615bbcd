@0xb3d1c7a64f0e9258;
# schema/replay.capnp: sealed events as machines replay them: one standard message for each event.
#
# The bytes are those of the log (docs/data_formats.md "Replay"): nothing is opened, so that a
# reader without keys can check every leaf against the tree and every segment against its stub.
using Cxx = import "/capnp/c++.capnp";
$Cxx.namespace("cartella::schema");

struct SealedEvent {
  leaf @0 :Data;             # 256 bytes
  stubs @1 :Data;            # of each segment commitment32 || stored hash32
  segments @2 :List(Data);   # as stored; empty: erased
}
