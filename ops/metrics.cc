#include "ops/metrics.h"

#include <prometheus/counter.h>
#include <prometheus/gauge.h>
#include <prometheus/histogram.h>
#include <prometheus/registry.h>
#include <prometheus/text_serializer.h>

#include <algorithm>
#include <map>
#include <mutex>
#include <shared_mutex>
#include <utility>

namespace cartella::ops {

namespace {

using prometheus::BuildCounter;
using prometheus::BuildGauge;
using prometheus::BuildHistogram;

// Seconds: from a read in memory to the longest that a client waits.
const prometheus::Histogram::BucketBoundaries kSeconds{
    0.0005, 0.001, 0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10};

std::string operation_of(const api::Answered& answered) {
  return answered.route != nullptr ? std::string(answered.route->operation_id.view()) : "unknown";
}

std::string class_of(unsigned status) { return std::to_string(status / 100) + "xx"; }

// Counters that live elsewhere are told as they stand.
prometheus::MetricFamily standing(const std::string& name, const std::string& help,
                                  prometheus::MetricType type, double value) {
  prometheus::MetricFamily family;
  family.name = name;
  family.help = help;
  family.type = type;
  prometheus::ClientMetric metric;
  if (type == prometheus::MetricType::Counter) {
    metric.counter.value = value;
  } else {
    metric.gauge.value = value;
  }
  family.metric.push_back(metric);
  return family;
}

double number(std::uint64_t value) { return static_cast<double>(value); }

}  // namespace

struct Metrics::Impl {
  prometheus::Registry registry;
  prometheus::Family<prometheus::Counter>& requests =
      BuildCounter()
          .Name("cartella_requests_total")
          .Help("Requests answered, by operation and class of status.")
          .Register(registry);
  prometheus::Family<prometheus::Histogram>& seconds =
      BuildHistogram()
          .Name("cartella_request_duration_seconds")
          .Help("Time from a whole request to an answer that is recorded.")
          .Register(registry);

  // What an operation's answers of one class are counted in. The families look it up by their
  // labels, for which they make a histogram each time, so it is kept.
  struct Counted {
    prometheus::Counter* requests;
    prometheus::Histogram* seconds;
  };
  std::shared_mutex mutex;
  std::map<std::pair<const api::Route*, unsigned>, Counted> known;  // under the mutex

  Counted counted(const api::Answered& answered) {
    const std::pair key{answered.route, answered.status / 100};
    {
      const std::shared_lock lock(mutex);
      if (const auto found = known.find(key); found != known.end()) return found->second;
    }
    const std::string operation = operation_of(answered);
    const Counted made{
        &requests.Add({{"operation", operation}, {"status", class_of(answered.status)}}),
        &seconds.Add({{"operation", operation}}, kSeconds)};
    const std::unique_lock lock(mutex);
    return known.emplace(key, made).first->second;
  }
};

Metrics::Metrics() : x_impl(std::make_unique<Impl>()) {}
Metrics::~Metrics() = default;

void Metrics::count(const api::Answered& answered) {
  const auto counted = x_impl->counted(answered);
  counted.requests->Increment();
  counted.seconds->Observe(static_cast<double>(answered.duration_us) / 1e6);
}

namespace {

void add_store(const MetricSources& from, std::vector<prometheus::MetricFamily>& to) {
  using Type = prometheus::MetricType;
  to.push_back(standing("cartella_log_events", "Events in the log.", Type::Gauge,
                        number(from.store.size())));
  to.push_back(standing("cartella_log_healthy", "1 while the log can append.", Type::Gauge,
                        from.store.health() ? 1 : 0));
  to.push_back(standing("cartella_log_rolled_back",
                        "1 where the log is older than what is known of it: read-only.",
                        Type::Gauge, from.store.rollback() ? 0 : 1));
  prometheus::MetricFamily lag;
  lag.name = "cartella_view_lag_events";
  lag.help = "Events that a view does not hold yet.";
  lag.type = Type::Gauge;
  prometheus::MetricFamily faulted = lag;
  faulted.name = "cartella_view_faulted";
  faulted.help = "1 where a view stopped at an event.";
  const std::uint64_t size = from.store.size();
  for (const auto& view : from.engine.statuses()) {
    prometheus::ClientMetric metric;
    metric.label = {{"view", view.name}};
    metric.gauge.value = number(size - std::min(size, view.cursor));
    lag.metric.push_back(metric);
    metric.gauge.value = view.faulted ? 1 : 0;
    faulted.metric.push_back(metric);
  }
  to.push_back(std::move(lag));
  to.push_back(std::move(faulted));
  const auto changes = from.changes.stats();
  to.push_back(standing("cartella_change_subscribers", "Clients that follow changes.", Type::Gauge,
                        static_cast<double>(changes.subscribers)));
}

void add_transport(const api::Counters& from, std::vector<prometheus::MetricFamily>& to) {
  using Type = prometheus::MetricType;
  const auto add = [&](const char* name, const char* help, Type type,
                       const api::Counters::Count& count) {
    to.push_back(standing(name, help, type, number(count.load())));
  };
  add("cartella_connections", "Connections that are open.", Type::Gauge, from.connections_open);
  add("cartella_connections_total", "Connections that were taken.", Type::Counter,
      from.connections_total);
  add("cartella_connections_refused_total", "Connections over a limit.", Type::Counter,
      from.connections_refused);
  add("cartella_handshakes_refused_total", "Connections over a limit of handshakes of one address.",
      Type::Counter, from.handshakes_refused);
  add("cartella_handshakes_failed_total", "TLS handshakes that failed.", Type::Counter,
      from.handshakes_failed);
  add("cartella_requests_refused_total", "Requests that the gate refused.", Type::Counter,
      from.requests_refused);
  add("cartella_timeouts_total", "Connections that passed a deadline.", Type::Counter,
      from.timeouts);
  add("cartella_queue_depth", "Requests that wait for a worker.", Type::Gauge, from.queue_depth);
  add("cartella_queue_full_total", "Requests refused because the queue was full.", Type::Counter,
      from.queue_full);
  add("cartella_received_bytes_total", "Bytes of HTTP received.", Type::Counter, from.bytes_in);
  add("cartella_sent_bytes_total", "Bytes of HTTP sent.", Type::Counter, from.bytes_out);
}

// Witnesses by their place in the policy.
void add_witnesses(const proofs::AnchoringStatus& from, std::vector<prometheus::MetricFamily>& to) {
  prometheus::MetricFamily size;
  size.name = "cartella_witness_events";
  size.help = "Events in the newest checkpoint that a witness cosigned.";
  size.type = prometheus::MetricType::Gauge;
  prometheus::MetricFamily failures = size;
  failures.name = "cartella_witness_failures_total";
  failures.help = "Tries that ended without a cosignature.";
  failures.type = prometheus::MetricType::Counter;
  for (std::size_t i = 0; i < from.witnesses.size(); ++i) {
    prometheus::ClientMetric metric;
    metric.label = {{"witness", std::to_string(i + 1)}};
    metric.gauge.value = number(from.witnesses[i].size);
    size.metric.push_back(metric);
    metric.counter.value = number(from.witnesses[i].failures);
    failures.metric.push_back(metric);
  }
  to.push_back(std::move(size));
  to.push_back(std::move(failures));
}

void add_anchoring(const proofs::AnchoringStatus& from, std::vector<prometheus::MetricFamily>& to) {
  using Type = prometheus::MetricType;
  if (!from.witnesses.empty()) add_witnesses(from, to);
  to.push_back(standing("cartella_quorum_events",
                        "Events in the newest checkpoint with the quorum of witnesses.",
                        Type::Gauge, number(from.quorum_size)));
  to.push_back(standing("cartella_anchoring_alarm",
                        "1 where an outsider knows another or a longer history of the log.",
                        Type::Gauge, from.is_alarmed ? 1 : 0));
  if (!from.has_authority) return;
  to.push_back(standing("cartella_time_stamp_events",
                        "Events in the newest checkpoint with a time-stamp.", Type::Gauge,
                        number(from.time_stamp_size)));
  to.push_back(standing("cartella_time_stamp_failures_total",
                        "Tries that ended without a time-stamp.", Type::Counter,
                        number(from.time_stamp_failures)));
}

}  // namespace

std::string Metrics::text(const MetricSources& sources) {
  auto families = x_impl->registry.Collect();
  add_store(sources, families);
  if (sources.transport != nullptr) add_transport(*sources.transport, families);
  if (sources.anchoring != nullptr) add_anchoring(sources.anchoring->status(), families);
  return prometheus::TextSerializer().Serialize(families);
}

}  // namespace cartella::ops
