// tests/unit/proofs/anchoring_fixture.h: a log, an honest witness behind HTTP on loopback, and what
// has its checkpoints cosigned and kept.
//
// Threads: tests only; the witness answers on a thread of its own.
#pragma once

#include <gtest/gtest.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <charconv>
#include <condition_variable>
#include <cstdio>
#include <mutex>

#include "proofs/anchoring.h"
#include "proofs/witness.h"
#include "tests/unit/proofs/peer.h"
#include "tests/unit/store/store_fixture.h"

namespace cartella::proofs {

struct Received {
  std::string path;
  std::string body;
};

// One request with a length; `read` takes one character, or says that there is none.
inline Received receive_post(const std::function<bool(char&)>& read) {
  std::string head;
  char c = 0;
  while (!head.ends_with("\r\n\r\n") && read(c)) head += c;
  const std::string_view name = "Content-Length: ";
  const std::size_t at = head.find(name);
  std::size_t length = 0;
  if (at != std::string::npos)
    std::from_chars(head.data() + at + name.size(), head.data() + head.size(), length);
  Received received;
  const std::size_t path = head.find(' ') + 1;
  received.path = head.substr(path, head.find(' ', path) - path);
  while (received.body.size() < length && read(c)) received.body += c;
  return received;
}
inline Received receive_post(int from) {
  return receive_post([from](char& c) { return ::recv(from, &c, 1, 0) == 1; });
}

inline std::string answer_text(unsigned status, const std::string& type, const std::string& body) {
  return "HTTP/1.1 " + std::to_string(status) + " X\r\nContent-Type: " + type +
         "\r\nContent-Length: " + std::to_string(body.size()) + "\r\n\r\n" + body;
}
inline void answer(int to, unsigned status, const std::string& type, const std::string& body) {
  send_text(to, answer_text(status, type, body));
}

class Anchorings : public store::StoreTest {
 protected:
  void SetUp() override {
    StoreTest::SetUp();
    create();
    ASSERT_TRUE(Witness::create(root / "witness", "vicino.example/testimone").has_value());
    ASSERT_TRUE(Witness::follow(root / "witness",
                                crypto::verifier_key(store->origin(), log_key.public_key()))
                    .has_value());
    witness = Witness::open(root / "witness", {}, system).value();
    policy.cosigners = {witness->cosigner()};
  }
  void TearDown() override {
    anchoring.reset();
    StoreTest::TearDown();
  }
  void start() {
    AnchoringOptions wanted;
    policy.witnesses = others;
    policy.witnesses.push_back(
        {"http://127.0.0.1:" + std::to_string(peer.url().port), "Vicini", true});
    wanted.ask_first = ask_first;
    wanted.on_alarm = on_alarm;
    wanted.policy = policy;
    wanted.round = wanted.pause_max = std::chrono::milliseconds(20);
    wanted.authority = authority;
    wanted.past_keys = [this] {
      return Result<std::vector<store::PastKey>>(knows_past ? past_keys
                                                            : std::vector<store::PastKey>{});
    };
    wanted.witness_ca_file = witness_ca_file;
    anchoring = Anchoring::start(*store, *time, logger, folder(), wanted).value();
  }
  // Before the honest one, on these ports.
  void add_others(const std::vector<std::uint16_t>& ports, const std::string& scheme = "http") {
    const crypto::Cosigner honest = policy.cosigners[0];
    policy.cosigners.clear();
    for (std::size_t i = 0; i < ports.size(); ++i) {
      policy.cosigners.push_back(honest);
      policy.cosigners.back().name = "altro" + std::to_string(i) + ".example/testimone";
      others.push_back({scheme + "://127.0.0.1:" + std::to_string(ports[i]), "Altri", true});
    }
    policy.cosigners.push_back(honest);
  }
  // What the service log holds by now.
  std::string said() const {
    std::string text(1 << 16, '\0');
    const ssize_t count = ::pread(::fileno(log_file.get()), text.data(), text.size(), 0);
    text.resize(static_cast<std::size_t>(std::max<ssize_t>(count, 0)));
    return text;
  }
  AnchorFolder folder() const { return AnchorFolder::open(dir()).value(); }
  template <class Done>
  void until(Done done) {
    std::mutex mutex;
    std::condition_variable never;
    std::unique_lock lock(mutex);
    for (int i = 0; i < 2000; ++i) {
      if (done(anchoring->status())) return;
      never.wait_for(lock, std::chrono::milliseconds(5));
    }
    FAIL() << "not in time";
  }

  SystemClock system;
  const Clock* time = &system;
  const std::unique_ptr<std::FILE, int (*)(std::FILE*)> log_file{std::tmpfile(), &std::fclose};
  const Logger logger{system, LogLevel::error, ::fileno(log_file.get())};
  std::unique_ptr<Witness> witness;
  WitnessPolicy policy;
  std::optional<TimeStampAuthority> authority;
  std::string witness_ca_file;
  std::vector<store::PastKey> past_keys;  // set before start()
  std::atomic<bool> knows_past{true};
  std::atomic<bool> is_away{false};
  std::atomic<bool> was_asked{false};
  bool ask_first = false;
  std::function<void(const WitnessAlarm&)> on_alarm;
  decltype(policy.witnesses) others;  // that come before the honest one
  Peer peer{[this](int to) {
    const Received asked = receive_post(to);
    was_asked = true;
    const bool is_question = asked.path.ends_with("/newest-checkpoint");
    const WitnessAnswer given =
        is_question ? witness->newest_checkpoint(asked.body) : witness->add_checkpoint(asked.body);
    if (!is_away) answer(to, given.status, given.content_type, given.body);
  }};
  std::unique_ptr<Anchoring> anchoring;
};

}  // namespace cartella::proofs
