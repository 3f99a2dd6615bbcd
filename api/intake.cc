#include "api/intake.h"

#include <algorithm>
#include <boost/asio/buffer.hpp>
#include <boost/beast/http/basic_parser.hpp>
#include <cstring>
#include <utility>

#include "crypto/root_key.h"
#include "crypto/secret.h"

namespace cartella::api {

namespace {

namespace http = boost::beast::http;

// Beast's reading of a header, as views into the bytes. Values that it had to copy (folded ones)
// never get here.
class HeadParser final : public http::basic_parser<true> {
 public:
  HeadParser(Head& head, std::vector<FieldView>& fields) : x_head(head), x_fields(fields) {
    header_limit(kHeadBytesMax);
    body_limit(boost::none);
  }

 private:
  using string_view = boost::beast::string_view;
  using error_code = boost::beast::error_code;
  static std::string_view plain(string_view text) { return {text.data(), text.size()}; }

  void on_request_impl(http::verb /*method*/, string_view method, string_view target,
                       int /*version*/, error_code& /*ec*/) override {
    x_head.method = plain(method);
    x_head.target = plain(target);
  }
  void on_response_impl(int /*code*/, string_view /*reason*/, int /*version*/,
                        error_code& /*ec*/) override {}
  void on_field_impl(http::field /*id*/, string_view name, string_view value,
                     error_code& ec) override {
    if (x_fields.size() > kHeadFieldsMax) ec = http::error::header_limit;
    x_fields.push_back({plain(name), plain(value)});
  }
  void on_header_impl(error_code& /*ec*/) override {}
  void on_body_init_impl(const boost::optional<std::uint64_t>& /*bytes*/,
                         error_code& /*ec*/) override {}
  std::size_t on_body_impl(string_view body, error_code& /*ec*/) override { return body.size(); }
  void on_chunk_header_impl(std::uint64_t /*size*/, string_view /*extensions*/,
                            error_code& /*ec*/) override {}
  std::size_t on_chunk_body_impl(std::uint64_t /*remain*/, string_view body,
                                 error_code& /*ec*/) override {
    return body.size();
  }
  void on_finish_impl(error_code& /*ec*/) override {}

  Head& x_head;
  std::vector<FieldView>& x_fields;
};

enum class Scan : std::uint8_t { more, found, broken };

// Looks for the empty line from `at` on. A lone CR or LF, a NUL or a folded line can never become a
// header: they are refused at once, not when the deadline passes.
Scan find_end(std::string_view bytes, std::size_t& at) {
  for (; at < bytes.size(); ++at) {
    const char c = bytes[at];
    const char before = at > 0 ? bytes[at - 1] : '\0';
    if (c == '\0' || (c == '\n') != (before == '\r')) return Scan::broken;
    if (before == '\n' && (c == ' ' || c == '\t')) return Scan::broken;
    if (c == '\n' && at >= 3 && bytes[at - 2] == '\n') {
      ++at;
      return Scan::found;
    }
  }
  return Scan::more;
}

// So that no piece of a body stays behind where it grew out of its memory.
void append_wiping(std::string& body, std::string_view more) {
  const std::size_t wanted = body.size() + more.size();
  if (wanted > body.capacity()) {
    std::string larger;
    larger.reserve(body.empty() ? wanted : std::max(wanted, 2 * body.capacity()));
    larger = body;
    crypto::wipe_text(body);
    body.swap(larger);
  }
  body.append(more);
}

}  // namespace

Intake::~Intake() {
  crypto::wipe(x_bytes.data(), x_touched);
  crypto::wipe_text(x_request.body);
}

void Intake::wipe_past() {
  crypto::wipe(x_bytes.data(), x_begin);
  crypto::wipe(x_bytes.data() + x_end, x_touched - x_end);
  x_touched = x_end;
}

std::span<char> Intake::room() {
  if (x_begin > 0) {
    std::memmove(x_bytes.data(), x_bytes.data() + x_begin, x_end - x_begin);
    x_end -= x_begin;
    x_begin = 0;
  }
  return std::span(x_bytes).subspan(x_end);
}

Intake::State Intake::advance() {
  if (x_state == State::empty && x_begin < x_end) x_state = State::head;
  if (x_state == State::head) x_state = advance_head();
  if (x_state == State::body) x_state = advance_body();
  return x_state;
}

Intake::State Intake::advance_head() {
  const auto bytes = waiting();
  switch (find_end(bytes.substr(0, kHeadBytesMax), x_scanned)) {
    case Scan::broken: return refuse(fail(Errc::invalid_input, "intestazione non valida"));
    case Scan::more:
      if (bytes.size() < kHeadBytesMax) return State::head;
      return refuse(fail(Errc::invalid_input, "l'intestazione supera 8 KiB"));
    case Scan::found: break;
  }
  return read_head(bytes.substr(0, x_scanned));
}

Intake::State Intake::read_head(std::string_view raw) {
  Head head;
  head.raw = raw;
  x_fields.clear();
  HeadParser parser(head, x_fields);
  boost::beast::error_code error;
  const auto used = parser.put(boost::asio::buffer(raw.data(), raw.size()), error);
  if (error || !parser.is_header_done() || used != raw.size())
    return refuse(fail(Errc::invalid_input, "intestazione non valida"));
  head.fields = x_fields;
  auto admitted = admit(head, x_rules);
  if (!admitted) return refuse(std::move(admitted).error());
  x_admitted = std::move(admitted).value();
  x_request.method = x_admitted.method;
  x_request.path = std::move(x_admitted.path);
  x_request.query = std::move(x_admitted.query);
  x_request.headers.reserve(x_fields.size());
  for (const auto& field : x_fields)
    x_request.headers.push_back({std::string(field.name), std::string(field.value)});
  x_begin += raw.size();
  return x_admitted.chunked || x_admitted.body_bytes > 0 ? State::body : State::complete;
}

Intake::State Intake::advance_body() {
  const auto bytes = waiting();
  if (x_admitted.chunked) {
    const auto used = x_chunks.take(bytes, x_request.body);
    if (!used) return refuse(used.error());
    x_begin += used.value();
    return x_chunks.is_complete() ? State::complete : State::body;
  }
  const auto wanted = x_admitted.body_bytes - x_request.body.size();
  const auto count = static_cast<std::size_t>(std::min<std::uint64_t>(wanted, bytes.size()));
  append_wiping(x_request.body, bytes.substr(0, count));
  x_begin += count;
  return count == wanted ? State::complete : State::body;
}

Intake::State Intake::refuse(Error error) {
  x_refusal = std::move(error);
  x_admitted.keep_alive = false;
  return State::refused;
}

bool Intake::must_continue() {
  return x_state == State::body && std::exchange(x_admitted.expects_continue, false) &&
         x_begin == x_end;
}

void Intake::next() {
  wipe_past();
  x_scanned = 0;
  x_chunks = {};
  crypto::wipe_text(x_request.body);
  x_request = {};
  x_admitted = {};
  x_state = State::empty;
}

}  // namespace cartella::api
