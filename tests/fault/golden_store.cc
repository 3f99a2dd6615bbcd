// tests/fault/golden_store.cc: a store that a test keeps, and what it tells (F-28).
//
//   golden_store write DIR      a small store: every kind of command, an erased item and person,
//   each
//                               key changed once, a clean end
//   golden_store tell DIR       opens it, and prints head, events, outcomes and views, one a line
//
// `tell` changes nothing that it prints: opened again, the store tells the same. Threads: one.
#include <cstdio>
#include <cstring>
#include <iostream>

#include "base/local_time.h"
#include "crypto/hash.h"
#include "crypto/leaf.h"
#include "projections/decoded_event.h"
#include "tests/fault/workload.h"

namespace cartella::fault {
namespace {

constexpr std::uint64_t kSeed = 28;
constexpr std::uint64_t kErasures = 900;  // the numbers of their commands

Sent sent_as(std::uint64_t number, Kind kind, const StreamId& about = {}) {
  Sent sent;
  sent.number = number;
  sent.kind = kind;
  sent.about = about;
  sent.tag = number;
  return sent;
}

Result<StreamId> execute(Installation& place, const Sent& sent) {
  CARTELLA_TRY(const auto outcome,
               place.executor->execute(context_of(kSeed, sent), command_of(sent)));
  return outcome.stream;
}

Status fill(Installation& place) {
  CARTELLA_TRY(const auto person, execute(place, sent_as(1, Kind::person)));
  CARTELLA_TRY(const auto other, execute(place, sent_as(2, Kind::contested)));
  CARTELLA_TRY(execute(place, sent_as(3, Kind::card, person)));
  CARTELLA_TRY(const auto opened, execute(place, sent_as(4, Kind::opening, person)));
  CARTELLA_TRY(execute(place, sent_as(5, Kind::note, opened)));
  CARTELLA_TRY(const auto benefit, execute(place, sent_as(6, Kind::benefit, person)));
  CARTELLA_TRY(execute(place, sent_as(7, Kind::delivery, benefit)));
  CARTELLA_TRY(send(place, kSeed, sent_as(8, Kind::look, opened)));
  CARTELLA_TRY(place.server_keys->rotate(place.for_rotation()));
  CARTELLA_TRY(const auto item, execute(place, sent_as(9, Kind::opening, person)));
  CARTELLA_TRY(place.engine->catch_up());
  CARTELLA_TRY(erase_by_two(place, kSeed, kErasures, "item", item));
  CARTELLA_TRY(erase_by_two(place, kSeed, kErasures + 2, "person", other));
  CARTELLA_TRY(keeping::finish_erasures(place.for_erasure()));
  CARTELLA_TRY(place.log_keys->rotate(place.for_rotation()));
  CARTELLA_TRY(execute(place, sent_as(10, Kind::person)));
  CARTELLA_TRY(place.log->publish());
  return place.engine->catch_up();
}

Status write(const std::filesystem::path& dir) {
  const JumpingClock clock;
  CARTELLA_TRY(Installation::create(dir, clock));
  CARTELLA_TRY(const auto place, Installation::open(dir, clock, {}));
  CARTELLA_TRY(fill(*place));
  return place->close();
}

Status tell_events(Installation& place) {
  return place.log->scan(0, place.log->size(), [&](const crypto::StoredEvent& event) -> Status {
    CARTELLA_TRY(const auto shown,
                 projections::decode_event(place.log->eras(), *place.vault, event));
    std::cout << "event " << shown.position << " kind " << static_cast<int>(shown.kind)
              << " revision " << shown.revision << " stream " << shown.stream.hex() << " leaf "
              << to_hex(shown.leaf_hash) << " stored " << to_hex(digest_of(event));
    if (shown.readable) std::cout << " type " << static_cast<int>(shown.type());
    for (const auto& body : shown.bodies)
      std::cout << " body "
                << (body.available ? to_hex(crypto::sha256(ByteView(body.plaintext.message)))
                                   : "erased");
    std::cout << (shown.readable ? "\n" : " unreadable\n");
    return ok();
  });
}

// A command that is sent again has its first outcome.
Status tell_outcomes(Installation& place) {
  for (const auto& sent : {sent_as(1, Kind::person), sent_as(10, Kind::person)}) {
    CARTELLA_TRY(const auto receipt, send(place, kSeed, sent));
    std::cout << "command " << sent.number << " again: position " << receipt.first_position << ", "
              << receipt.event_count << " events, " << (receipt.duplicate ? "the first" : "ANOTHER")
              << "\n";
  }
  return ok();
}

Status tell_views(Installation& place) {
  CARTELLA_TRY(place.engine->catch_up());
  CARTELLA_TRY(const auto compared, place.engine->compare_all_with_rebuild());
  for (const auto& view : compared)
    std::cout << "view " << view.name << " at " << view.live.cursor << ", " << view.live.row_count
              << " rows, root " << to_hex(view.live.root)
              << (view.equal ? "" : " NOT WHAT A REBUILD GIVES") << "\n";
  return ok();
}

Status tell(const std::filesystem::path& dir) {
  const JumpingClock clock;
  CARTELLA_TRY(const auto place, Installation::open(dir, clock, {}));
  CARTELLA_TRY(const auto note, place->log->signed_checkpoint());
  std::cout << note;
  CARTELLA_TRY(tell_events(*place));
  CARTELLA_TRY(tell_outcomes(*place));
  CARTELLA_TRY(tell_views(*place));
  return place->close();
}

}  // namespace
}  // namespace cartella::fault

int main(int count, char** words) {
  if (count != 3) {
    std::fprintf(stderr, "usage: golden_store write|tell DIR\n");
    return 2;
  }
  cartella::crypto::start();
  const bool writes = std::strcmp(words[1], "write") == 0;
  const cartella::Status done =
      writes ? cartella::fault::write(words[2]) : cartella::fault::tell(words[2]);
  if (done) return 0;
  std::fprintf(stderr, "%s (%s)\n", done.error().detail.c_str(),
               std::string(cartella::errc_name(done.error().code)).c_str());
  return 1;
}
