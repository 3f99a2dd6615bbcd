// benchmarks/access_log.cc: durable access records a second, as the server makes one before it
// answers: one person seen, a case file of 4 KiB returned.
//
//   access_log --dir FOLDER [--threads 1,16,64] [--rounds 3] [--events 20000] [--people 5000]

#include "cases/access_log.h"

#include <cstdio>
#include <filesystem>
#include <sstream>

#include "benchmarks/ledger.h"
#include "cases/executor.h"

namespace cartella::bench {
namespace {

class NoCodes final : public cases::BenefitCodes {
 public:
  std::optional<std::string> denomination(std::string_view, Date) const override { return {}; }
};

class AccessSystem final : public System {
 public:
  AccessSystem(const std::filesystem::path& dir, std::size_t people)
      : x_ledger(Ledger::create(dir)),
        x_executor(must(cases::Executor::open(x_ledger->store(), x_ledger->vault(),
                                              x_ledger->server(), x_ledger->clock(), x_codes, {}))),
        x_log(must(cases::AccessLog::open(x_ledger->store(), x_ledger->vault(), *x_executor,
                                          x_ledger->clock()))),
        x_people(people) {
    x_viewer.operator_id.bytes[0] = 1;
    x_viewer.acting_as.role = cases::Role::caseworker;
    x_viewer.acting_as.unit.bytes[0] = 2;
    x_viewer.client_id = "postazione-7";
    x_viewer.ip = "192.0.2.7";
    x_viewer.auth_context = "password+totp";
  }
  std::string name() const override { return "access records"; }
  bool blocking() const override { return true; }
  // Every person was seen once, so that their keys exist.
  void prepare(const Shape& shape) override {
    x_next = std::vector<std::size_t>(shape.in_flight);
    for (; x_seen < x_people; ++x_seen) must(x_log->record(x_viewer, look(x_seen)));
  }
  Wait submit(std::size_t slot) override {
    must(x_log->record(x_viewer, look(slot * 131 + x_next[slot]++)));
    return [] {};
  }

 private:
  cases::Look look(std::size_t number) const {
    cases::Look look;
    crypto::random_fill(look.request_id.bytes);
    look.controller.bytes[0] = 3;
    SubjectId subject;
    store_be64(subject.bytes.data(), number % x_people + 1);
    look.subjects = {subject};
    look.case_stream = StreamId::from_view(subject.view());
    look.target = "case/" + subject.hex();
    look.relation = cases::Relation::in_charge;
    look.purpose = "presa in carico e gestione del caso";
    look.result_count = 1;
    look.as_of = number;
    static const Bytes result(4096, 'x');
    look.result = result;
    return look;
  }

  NoCodes x_codes;
  std::unique_ptr<Ledger> x_ledger;
  std::unique_ptr<cases::Executor> x_executor;
  std::unique_ptr<cases::AccessLog> x_log;
  std::size_t x_people;
  std::size_t x_seen = 0;
  cases::Viewer x_viewer;
  std::vector<std::size_t> x_next;
};

}  // namespace
}  // namespace cartella::bench

int main(int argc, char** argv) {
  namespace bench = cartella::bench;
  cartella::crypto::start();
  const std::string dir = bench::argument(argc, argv, "--dir", "");
  if (dir.empty()) bench::stop("--dir FOLDER is needed; it should be on the disk to measure");
  const int rounds = std::stoi(bench::argument(argc, argv, "--rounds", "3"));
  const auto events = std::stoul(bench::argument(argc, argv, "--events", "20000"));
  const auto people = std::stoul(bench::argument(argc, argv, "--people", "5000"));
  bench::AccessSystem system(dir, people);
  std::istringstream threads(bench::argument(argc, argv, "--threads", "1,16,64"));
  for (std::string each; std::getline(threads, each, ',');) {
    std::vector<bench::Outcome> outcomes;
    for (int i = 0; i < rounds; ++i)
      outcomes.push_back(bench::measure(system, {std::stoul(each), 0, events}));
    const bench::Outcome outcome = bench::middle(outcomes);
    std::printf("%3s threads  %7.0f/s  CPU %5.1f us  p50 %6.2f ms  p99 %6.2f ms\n", each.c_str(),
                outcome.events_per_second, outcome.cpu_us_per_event, outcome.p50_ms,
                outcome.p99_ms);
  }
  return 0;
}
