#include "api/shares.h"

#include <iterator>

#include "base/check.h"

namespace cartella::api {

namespace {

class HeldBody final : public PullBody {
 public:
  HeldBody(std::unique_ptr<PullBody> body, InFlight::Share share)
      : x_body(std::move(body)), x_share(std::move(share)) {}
  Result<std::string> next() override { return x_body->next(); }

 private:
  std::unique_ptr<PullBody> x_body;
  InFlight::Share x_share;
};

}  // namespace

std::unique_ptr<PullBody> InFlight::hold(std::unique_ptr<PullBody> body, Share share) {
  if (body == nullptr) return nullptr;
  return std::make_unique<HeldBody>(std::move(body), std::move(share));
}

InFlight::Share InFlight::take(const std::string& principal) {
  const bool is_free = x_held.with([&](auto& held) {
    auto& count = held[principal];  // at the limit it is not zero: no entry is left behind
    if (count >= x_each_max) return false;
    ++count;
    return true;
  });
  return is_free ? Share(*this, principal) : Share();
}

InFlight::Share::~Share() {
  if (x_of == nullptr) return;
  x_of->x_held.with([&](auto& held) {
    const auto found = held.find(x_principal);
    CHECK(found != held.end());
    if (--found->second == 0) held.erase(found);
  });
}

void LiveStream::bind(std::shared_ptr<PushSink> sink) {
  x_sink.with([&](auto& now) { now = std::move(sink); });
}

bool LiveStream::is_live() const {
  const auto sink = x_sink.with([](const auto& now) { return now; });
  return sink == nullptr || sink->is_open();
}

LiveStreams::~LiveStreams() {
  x_streams.with([](const auto& streams) {
    for (const auto& [principal, held] : streams)
      for (const auto& stream : held) CHECK(stream.expired());
  });
}

std::shared_ptr<LiveStream> LiveStreams::take(const std::string& principal, std::size_t each_max) {
  return x_streams.with([&](auto& streams) -> std::shared_ptr<LiveStream> {
    for (auto entry = streams.begin(); entry != streams.end();) {
      std::erase_if(entry->second, [](const std::weak_ptr<LiveStream>& each) {
        const auto stream = each.lock();
        return stream == nullptr || !stream->is_live();
      });
      entry = entry->second.empty() ? streams.erase(entry) : std::next(entry);
    }
    auto& own = streams[principal];
    if (own.size() >= each_max) return nullptr;
    auto stream = std::make_shared<LiveStream>();
    own.push_back(stream);
    return stream;
  });
}

}  // namespace cartella::api
