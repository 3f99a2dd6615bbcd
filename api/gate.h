// api/gate.h: the second gate behind Beast's parser: what of HTTP/1.1 this server speaks.
//
// Beast 1.81 accepts no Host or two, `Transfer-Encoding: xchunked`, repeated lengths, obs-fold,
// absolute targets and huge chunk extensions; a proxy in front may read each of them another way.
// The gate lets through only what has one reading (RFC 9112), and decodes the target once.
// Refusals are answered by the transport and the connection ends. Threads: pure functions; a
// ChunkedBody belongs to one thread.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "api/http.h"

namespace cartella::api {

inline constexpr std::size_t kHeadBytesMax = 8192;         // request line and fields, in all
inline constexpr std::size_t kHeadFieldsMax = 64;          // browsers send about 20
inline constexpr std::size_t kTargetBytesMax = 2048;       // cursors and filters of our routes: 600
inline constexpr std::size_t kQueryParametersMax = 32;     // the widest report takes 14
inline constexpr std::size_t kBodyBytesMax = 1024 * 1024;  // the longest interview: 200 KiB
inline constexpr std::size_t kChunkLineBytesMax = 16;      // a chunk's size and nothing else

struct FieldView {
  std::string_view name;
  std::string_view value;
};

// A header as Beast read it, and the bytes it read: up to and including the empty line.
struct Head {
  std::string_view raw;
  std::string_view method;
  std::string_view target;
  std::span<const FieldView> fields;
};

// Host names and addresses by which this server is called; a port may follow in the request.
struct GateRules {
  std::vector<std::string> hosts;
};

struct Admitted {
  Method method = Method::get;
  std::string path;
  std::vector<Field> query;
  bool chunked = false;
  std::uint64_t body_bytes = 0;  // of a body that is not chunked
  bool keep_alive = true;
  bool expects_continue = false;
};

// invalid_input: one of the rules is broken; out_of_space: the body would pass kBodyBytesMax.
Result<Admitted> admit(const Head& head, const GateRules& rules);

// A body in chunks without extensions or trailers, in any pieces.
class ChunkedBody {
 public:
  // Appends to `body` what `bytes` holds of it; answers how many bytes were used. invalid_input: a
  // chunk is not just a size and its bytes; out_of_space: the body passes kBodyBytesMax.
  Result<std::size_t> take(std::string_view bytes, std::string& body);
  bool is_complete() const { return x_part == Part::complete; }

 private:
  enum class Part : std::uint8_t { size, data, data_end, last_end, complete };
  Result<std::size_t> take_line(std::string_view bytes);
  Status read_size();
  Part x_part = Part::size;
  std::string x_line;             // of the size or of a line end, as far as it came
  std::uint64_t x_remaining = 0;  // of this chunk
};

}  // namespace cartella::api
