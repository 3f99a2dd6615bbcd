#include "api/gated_changes.h"

#include "api/gated.h"
#include "base/local_time.h"

namespace cartella::api {

namespace {

// All subscribers ask about the same event one after the other, so one answer is kept.
struct LastCase {
  std::uint64_t position = UINT64_MAX;
  StreamId stream;
  bool is_known = false;
  views::CaseRecord record;
};

constexpr std::chrono::milliseconds kViewWait{200};

const views::CaseRecord* case_of(Service& service, const ChangeFacts& facts) {
  static thread_local LastCase last;
  if (last.position == facts.position && last.stream == facts.case_stream)
    return last.is_known ? &last.record : nullptr;
  last = {facts.position, facts.case_stream, false, {}};
  // The event that is told may be the one that the view needs to judge it.
  if (!service.engine.wait_for(facts.position, kViewWait)) return nullptr;
  auto record = views::read_case_record(service.engine, facts.case_stream);
  if (!record) return nullptr;
  last.is_known = true;
  last.record = std::move(record.value());
  return &last.record;
}

struct Subscriber {
  Service* service;
  cases::Viewer viewer;
  cases::Purpose purpose;

  std::optional<ChangeIds> operator()(const ChangeFacts& facts) const {
    if (facts.subject.is_zero()) return std::nullopt;
    const bool is_of_case = !facts.case_stream.is_zero();
    const views::CaseRecord* record = is_of_case ? case_of(*service, facts) : nullptr;
    if (is_of_case && record == nullptr) return std::nullopt;
    const auto organisation = service->executor.organisation();
    const Date today = local_day(service->clock.wall());
    if (!may_know_of(record, facts, viewer, purpose, *organisation, today)) return std::nullopt;
    return ChangeIds{facts.stream, facts.case_stream};
  }
};

}  // namespace

ChangeFilter change_filter(const Call& call) {
  return Subscriber{&call.service, call.viewer, call.purpose()};
}

}  // namespace cartella::api
