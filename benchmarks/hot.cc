// benchmarks/hot.cc: one hot operation, a given number of times, for benchmarks/compare.
//
//   bench_hot OPERATION COUNT FOLDER
//
// Under callgrind --collect-atstart=no only the operations are counted, not what is made for them,
// and only on the thread that runs them: what the store does in the background comes at its own
// time. A commit of a single caller runs on the caller's thread. Threads: the store's own.

#include <valgrind/callgrind.h>

#include <algorithm>
#include <cstdlib>
#include <filesystem>
#include <iostream>
#include <map>
#include <string>
#include <vector>

#include "api/intake.h"
#include "api/json.h"
#include "api/route.h"
#include "api/router.h"
#include "benchmarks/events.h"
#include "benchmarks/ledger.h"
#include "cases/command_json.h"
#include "cases/json_text.h"
#include "crypto/hash.h"
#include "crypto/secret.h"

namespace cartella::bench {
namespace {

constexpr std::size_t kMost = 512;
constexpr std::size_t kEventBytes = 1024;

struct Run {
  std::size_t count = 0;
  std::filesystem::path folder;
};

// Its lifetime is counted.
class Counted {
 public:
  Counted() { CALLGRIND_TOGGLE_COLLECT; }
  ~Counted() { CALLGRIND_TOGGLE_COLLECT; }
  Counted(const Counted&) = delete;
  Counted& operator=(const Counted&) = delete;
};

void expect(bool holds, const char* what) {
  if (!holds) stop(what);
}

// One event a call, each expecting the one before.
std::vector<store::Call> calls_for(Ledger& ledger, std::size_t events_each) {
  auto maker = ledger.maker(Signing::server, kEventBytes);
  Slot slot = ledger.new_slot(0);
  std::vector<store::Call> calls;
  for (std::size_t i = 0; i < kMost; i += events_each) {
    store::Call& call = calls.emplace_back();
    for (std::size_t k = 0; k < events_each; ++k) call.events.push_back(maker->make(slot));
  }
  return calls;
}

void seal_and_sign(const Run& run) {
  const auto ledger = Ledger::create(run.folder);
  auto maker = ledger->maker(Signing::server, kEventBytes);
  Slot slot = ledger->new_slot(0);
  const Counted counted;
  for (std::size_t i = 0; i < run.count; ++i) (void)maker->make(slot);
}

void verify_author(const Run& run) {
  const crypto::Signer author(author_seed());
  const auto message = crypto::signed_message({}, {});
  const auto signature = author.sign(message);
  const Counted counted;
  for (std::size_t i = 0; i < run.count; ++i)
    expect(crypto::verify(author.public_key(), message, signature), "a signature is refused");
}

void commit(const Run& run, std::size_t events_each) {
  const auto ledger = Ledger::create(run.folder);
  auto calls = calls_for(*ledger, events_each);
  const Counted counted;
  for (std::size_t i = 0; i < run.count / events_each; ++i)
    must(ledger->store().append(std::move(calls[i])));
}
void commit_alone(const Run& run) { commit(run, 1); }
void commit_of_64(const Run& run) { commit(run, 64); }

void replay(const Run& run) {
  const auto ledger = Ledger::create(run.folder);
  for (store::Call& call : calls_for(*ledger, 64)) must(ledger->store().append(std::move(call)));
  std::size_t opened = 0;
  const auto open = [&](const crypto::StoredEvent& event) -> Status {
    CARTELLA_TRY(crypto::open_event(ledger->store().eras(), ledger->vault(), event));
    ++opened;
    return ok();
  };
  const std::uint64_t from = ledger->store().size() - kMost;
  const Counted counted;
  must(ledger->store().scan(from, from + run.count, open));
  expect(opened == run.count, "an event is missing");
}

void proof(const Run& run) {
  const auto ledger = Ledger::create(run.folder);
  for (store::Call& call : calls_for(*ledger, 64)) must(ledger->store().append(std::move(call)));
  const std::uint64_t size = ledger->store().size();
  const Counted counted;
  for (std::size_t i = 0; i < run.count; ++i)
    (void)crypto::encode_proof(must(ledger->store().prove(size - 1 - i)));
}

void json_command(const Run& run) {
  const std::string body = R"({"case_stream":"0123456789abcdef0123456789abcdef","text":")" +
                           std::string(17 * 30, 'n') + R"("})";
  const auto& forms = cases::command_forms();
  const auto form = std::ranges::find(forms, "record_note", &cases::CommandForm::name);
  expect(form != forms.end(), "there is no such command");
  const Counted counted;
  for (std::size_t i = 0; i < run.count; ++i) must(form->read(must(cases::parse_json(body))));
}

void json_answer(const Run& run) {
  const StreamId stream = StreamId::from_view(crypto::sha256(ByteView()));
  const Counted counted;
  for (std::size_t i = 0; i < run.count; ++i) {
    api::JsonArray items;
    for (int k = 0; k < 20; ++k) {
      api::JsonObject one;
      one["stream"] = stream.hex();
      one["type"] = "NoteRecorded";
      one["withheld"] = false;
      one["position"] = std::uint64_t{123456789};
      api::put_time(one, "occurred_at", 1'700'000'000'000'000);
      api::put(one, "operator_label", "Operatrice di prova");
      items.push_back(std::move(one));
    }
    api::JsonObject body;
    body["case"] = stream.hex();
    body["items"] = std::move(items);
    expect(std::move(body).text().size() > 3000, "an answer is short");
  }
}

void gate_and_route(const Run& run) {
  const std::string request =
      "GET /v1/cases/0123456789abcdef0123456789abcdef?as_of=12 HTTP/1.1\r\nHost: localhost\r\n"
      "User-Agent: misura\r\nAccept: application/json\r\nAccept-Language: it\r\n"
      "Authorization: Bearer " +
      std::string(100, 'a') + "\r\n\r\n";
  const api::GateRules rules{{"localhost"}};
  const Counted counted;
  for (std::size_t i = 0; i < run.count; ++i) {
    api::Intake intake(rules);
    std::ranges::copy(request, intake.room().begin());
    intake.took(request.size());
    expect(intake.advance() == api::Intake::State::complete, "a request is refused");
    const auto read = intake.take_request();
    expect(api::match_route(read.method, read.path).route != nullptr, "there is no such route");
  }
}

const std::map<std::string, void (*)(const Run&)> kOperations = {
    {"seal_and_sign", seal_and_sign},
    {"verify_author", verify_author},
    {"commit_alone", commit_alone},
    {"commit_of_64", commit_of_64},
    {"replay", replay},
    {"proof", proof},
    {"json_command", json_command},
    {"json_answer", json_answer},
    {"gate_and_route", gate_and_route}};

int run(int argc, char** argv) {
  const auto operation = argc == 4 ? kOperations.find(argv[1]) : kOperations.end();
  if (operation == kOperations.end()) {
    for (const auto& [name, unused] : kOperations) std::cout << name << '\n';
    return argc == 1 ? 0 : 2;
  }
  const Run wanted{std::stoul(argv[2]), argv[3]};
  expect(wanted.count > 0 && wanted.count <= kMost, "the count is out of range");
  crypto::start();
  operation->second(wanted);
  return 0;
}

}  // namespace
}  // namespace cartella::bench

int main(int argc, char** argv) { return cartella::bench::run(argc, argv); }
