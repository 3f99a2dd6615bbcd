#include "proofs/outbound.h"

#include <openssl/ssl.h>

#include <algorithm>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/address.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/ssl/context.hpp>
#include <boost/asio/ssl/host_name_verification.hpp>
#include <boost/asio/ssl/stream.hpp>
#include <boost/beast/core/flat_buffer.hpp>
#include <boost/beast/core/tcp_stream.hpp>
#include <boost/beast/http.hpp>
#include <boost/beast/ssl.hpp>
#include <charconv>
#include <optional>

namespace cartella::proofs {

namespace {

namespace asio = boost::asio;
namespace beast = boost::beast;
namespace http = boost::beast::http;
using asio::ip::tcp;

constexpr std::size_t kUrlBytesMax = 512;
constexpr std::uint32_t kHeadBytesMax = 8192;

bool is_host_character(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '.' ||
         c == '-';
}
bool is_path_character(char c) {
  return is_host_character(c) || c == '/' || c == '_' || c == '~' || c == '%';
}

// Host and port of "name:port", "[::1]:port" or either without a port.
bool read_authority(std::string_view text, OutboundUrl& url) {
  std::string_view port;
  if (text.starts_with('[')) {
    const std::size_t end = text.find(']');
    if (end == std::string_view::npos) return false;
    url.host = std::string(text.substr(1, end - 1));
    boost::system::error_code error;
    asio::ip::make_address_v6(url.host, error);
    if (error) return false;
    port = text.substr(end + 1);
  } else {
    const std::size_t end = std::min(text.find(':'), text.size());
    url.host = std::string(text.substr(0, end));
    if (!std::ranges::all_of(url.host, is_host_character)) return false;
    port = text.substr(end);
  }
  if (url.host.empty()) return false;
  if (port.empty()) return true;
  port.remove_prefix(1);
  const auto [end, error] = std::from_chars(port.data(), port.data() + port.size(), url.port);
  return error == std::errc{} && end == port.data() + port.size() && url.port != 0;
}

std::string host_field(const OutboundUrl& url) {
  const bool is_six = url.host.find(':') != std::string::npos;
  const std::string host = is_six ? "[" + url.host + "]" : url.host;
  const bool is_usual = url.port == (url.is_tls ? 443 : 80);
  return is_usual ? host : host + ":" + std::to_string(url.port);
}

bool is_address(const std::string& host) {
  boost::system::error_code error;
  asio::ip::make_address(host, error);
  return !error;
}

// One exchange: resolve, connect, shake hands, write, read; each step starts the next one.
class Exchange {
 public:
  Exchange(const OutboundUrl& url, const OutboundPost& request, const OutboundOptions& options)
      : x_url(url),
        x_deadline(std::chrono::steady_clock::now() + options.deadline),
        x_tls(asio::ssl::context::tls_client),
        x_resolver(x_context),
        x_stream(x_context) {
    x_request.method(http::verb::post);
    x_request.version(11);
    x_request.target(url.path + request.path);
    x_request.set(http::field::host, host_field(url));
    x_request.set(http::field::user_agent, "cartella");
    x_request.set(http::field::connection, "close");
    x_request.set(http::field::content_type, request.content_type);
    if (!request.accept.empty()) x_request.set(http::field::accept, request.accept);
    x_request.body() = request.body;
    x_request.prepare_payload();
    x_parser.body_limit(options.answer_bytes_max);
    x_parser.header_limit(kHeadBytesMax);
  }

  Status trust(const std::string& ca_file) {
    boost::system::error_code error;
    SSL_CTX_set_min_proto_version(x_tls.native_handle(), TLS1_2_VERSION);
    x_tls.set_verify_mode(asio::ssl::verify_peer, error);
    if (!error && ca_file.empty()) x_tls.set_default_verify_paths(error);
    if (!error && !ca_file.empty()) x_tls.load_verify_file(ca_file, error);
    if (error) return fail(Errc::io, "the file of authorities cannot be used: " + ca_file);
    return ok();
  }

  Result<OutboundAnswer> run() {
    if (x_url.is_tls) x_secure.emplace(x_stream, x_tls);
    x_resolver.async_resolve(
        x_url.host, std::to_string(x_url.port),
        [this](const boost::system::error_code& error, const tcp::resolver::results_type& found) {
          if (go_on(error)) connect(found);
        });
    x_context.run_until(x_deadline);
    if (x_failed) return *x_failed;
    if (!x_is_done) return fail(Errc::unavailable, "no whole answer in time");
    OutboundAnswer answer;
    answer.status = x_parser.get().result_int();
    const auto type = x_parser.get()[http::field::content_type];
    answer.content_type = std::string(type.data(), type.size());
    answer.body = std::move(x_parser.get().body());
    return answer;
  }

 private:
  bool go_on(const boost::system::error_code& error) {
    if (!error) return true;
    const bool is_malformed = error.category() == http::make_error_code(http::error{}).category() &&
                              error != http::error::end_of_stream &&
                              error != http::error::partial_message;
    x_failed = fail(is_malformed ? Errc::invalid_input : Errc::unavailable, error.message());
    return false;
  }
  void connect(const tcp::resolver::results_type& found) {
    x_stream.async_connect(found,
                           [this](const boost::system::error_code& error, const tcp::endpoint&) {
                             if (go_on(error)) shake_hands();
                           });
  }
  void shake_hands() {
    if (!x_secure) return write(x_stream);
    if (!is_address(x_url.host)) {
      std::string name = x_url.host;  // which the library copies
      SSL_ctrl(x_secure->native_handle(), SSL_CTRL_SET_TLSEXT_HOSTNAME, TLSEXT_NAMETYPE_host_name,
               name.data());
    }
    x_secure->set_verify_callback(asio::ssl::host_name_verification(x_url.host));
    x_secure->async_handshake(asio::ssl::stream_base::client,
                              [this](const boost::system::error_code& error) {
                                if (go_on(error)) write(*x_secure);
                              });
  }
  template <class Stream>
  void write(Stream& to) {
    http::async_write(to, x_request,
                      [this, &to](const boost::system::error_code& error, std::size_t) {
                        if (go_on(error)) read(to);
                      });
  }
  template <class Stream>
  void read(Stream& from) {
    http::async_read(
        from, x_buffer, x_parser,
        [this](const boost::system::error_code& error, std::size_t) { x_is_done = go_on(error); });
  }

  const OutboundUrl& x_url;
  const std::chrono::steady_clock::time_point x_deadline;
  asio::io_context x_context;
  asio::ssl::context x_tls;
  tcp::resolver x_resolver;
  beast::tcp_stream x_stream;
  std::optional<asio::ssl::stream<beast::tcp_stream&>> x_secure;
  http::request<http::string_body> x_request;
  beast::flat_buffer x_buffer;
  http::response_parser<http::string_body> x_parser;
  std::optional<Error> x_failed;
  bool x_is_done = false;
};

}  // namespace

Result<OutboundUrl> parse_url(std::string_view text) {
  const Error refused = fail(Errc::invalid_input, "no address of the form https://name:port/path");
  OutboundUrl url;
  if (text.size() > kUrlBytesMax) return refused;
  for (const std::string_view scheme : {"https://", "http://"}) {
    if (!text.starts_with(scheme)) continue;
    text.remove_prefix(scheme.size());
    url.is_tls = scheme == "https://";
    url.port = url.is_tls ? 443 : 80;
    const std::size_t slash = std::min(text.find('/'), text.size());
    if (!read_authority(text.substr(0, slash), url)) return refused;
    std::string_view path = text.substr(slash);
    while (path.ends_with('/')) path.remove_suffix(1);
    if (!std::ranges::all_of(path, is_path_character)) return refused;
    url.path = std::string(path);
    return url;
  }
  return refused;
}

Result<OutboundAnswer> post(const OutboundUrl& url, const OutboundPost& request,
                            const OutboundOptions& options) {
  try {
    Exchange exchange(url, request, options);
    if (url.is_tls) {
      CARTELLA_TRY(exchange.trust(options.ca_file));
    }
    return exchange.run();
  } catch (const std::exception&) {
    return fail(Errc::unavailable, "the connection cannot be made");
  }
}

}  // namespace cartella::proofs
