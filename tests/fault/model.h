// tests/fault/model.h: what the clients know, in files outside of the store.
//
// A client writes down what it is about to send before it sends it, and an answer before it counts.
// Each line is one write to a file opened for appending, so that a dead process leaves whole lines.
// Threads: Notebook any; the rest values.
#pragma once

#include <cstdint>
#include <filesystem>
#include <map>
#include <string>
#include <vector>

#include "base/ids.h"
#include "base/result.h"
#include "crypto/record.h"

namespace cartella::fault {

enum class Kind : std::uint8_t { person, contested, card, opening, note, benefit, delivery, look };

// A command that a client sends: everything that it says follows from these.
struct Sent {
  std::uint64_t number = 0;  // of the run; its command id derives from it
  Kind kind = Kind::person;
  StreamId about;         // the stream that it builds on
  std::uint64_t tag = 0;  // what else tells it apart
};

struct Ack {
  std::uint64_t first = 0;
  std::uint32_t count = 0;
  Hash32 digest{};  // of the events as read back; zero where they were not
  bool was_read = false;
};

enum class Known { unknown, acknowledged, refused };
struct Fate {
  Sent sent;
  Known known = Known::unknown;
  Ack ack;
};

// What is known of a run after any number of lives.
struct Model {
  std::map<std::uint64_t, Fate> commands;
  std::vector<Hash32> digests;     // of each event, as the last judgement saw it
  std::vector<std::string> heads;  // signed checkpoints that were handed out
  static Model read(const std::filesystem::path& dir);
};

// The clients' files. Threads: any.
class Notebook {
 public:
  explicit Notebook(const std::filesystem::path& dir);
  ~Notebook();
  Notebook(const Notebook&) = delete;
  Notebook& operator=(const Notebook&) = delete;
  void sent(const Sent& command);
  void acknowledged(std::uint64_t number, const Ack& ack);
  void refused(std::uint64_t number, const Error& error);
  void unknown(std::uint64_t number, const Error& error);
  void head(const std::string& note);
  // Replaces the digests of all events.
  void judged(const std::vector<Hash32>& digests);

 private:
  void line(const std::string& text);
  std::filesystem::path x_dir;
  int x_file = -1;
};

EventId command_id(std::uint64_t run_seed, std::uint64_t number);
// Of everything that is stored of an event.
Hash32 digest_of(const crypto::StoredEvent& event);

}  // namespace cartella::fault
