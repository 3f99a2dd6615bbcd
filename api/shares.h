// api/shares.h: what each principal may hold at one time: requests in flight, and live streams.
//
// A quota bounds how often somebody asks, not how long each answer keeps a worker or a subscriber's
// place: with these nobody can hold all of them. Bounded: a principal who holds nothing takes no
// memory. Threads: any.
#pragma once

#include <cstddef>
#include <memory>
#include <string>
#include <unordered_map>
#include <utility>
#include <vector>

#include "api/http.h"
#include "base/mutex.h"

namespace cartella::api {

class InFlight {
 public:
  explicit InFlight(std::size_t each_max) : x_each_max(each_max) {}

  // One request: counted until it goes. Holds nothing where the principal had its all.
  class Share {
   public:
    Share() = default;
    Share(InFlight& of, std::string principal) : x_of(&of), x_principal(std::move(principal)) {}
    ~Share();
    Share(Share&& other) noexcept
        : x_of(std::exchange(other.x_of, nullptr)), x_principal(std::move(other.x_principal)) {}
    Share& operator=(Share&& other) noexcept {
      std::swap(x_of, other.x_of);
      x_principal.swap(other.x_principal);
      return *this;
    }
    bool is_held() const { return x_of != nullptr; }

   private:
    InFlight* x_of = nullptr;
    std::string x_principal;
  };
  Share take(const std::string& principal);
  // What is pulled is a request in flight until its last piece: it holds the share until it goes.
  static std::unique_ptr<PullBody> hold(std::unique_ptr<PullBody> body, Share share);

 private:
  const std::size_t x_each_max;
  Mutex<std::unordered_map<std::string, std::size_t>> x_held;
};

// One live stream: counted from take() until it goes, or its client does.
class LiveStream {
 public:
  void bind(std::shared_ptr<PushSink> sink);
  bool is_live() const;  // not bound yet, or the client is there

 private:
  Mutex<std::shared_ptr<PushSink>> x_sink;
};

// Outlives its streams: whoever still holds one would ask who is logged in of what is gone.
class LiveStreams {
 public:
  LiveStreams() = default;
  ~LiveStreams();
  LiveStreams(const LiveStreams&) = delete;
  LiveStreams& operator=(const LiveStreams&) = delete;
  // Empty: the principal has `each_max` already.
  std::shared_ptr<LiveStream> take(const std::string& principal, std::size_t each_max);

 private:
  Mutex<std::unordered_map<std::string, std::vector<std::weak_ptr<LiveStream>>>> x_streams;
};

}  // namespace cartella::api
