#include "api/local_client.h"

#include <boost/asio/io_context.hpp>
#include <boost/asio/local/stream_protocol.hpp>
#include <boost/beast/core/flat_buffer.hpp>
#include <boost/beast/http.hpp>
#include <utility>

#include "api/socket_path.h"
#include "crypto/root_key.h"

namespace cartella::api {

namespace {

namespace http = boost::beast::http;
using LocalSocket = boost::asio::local::stream_protocol;
using boost::system::error_code;

constexpr std::size_t kReadBytes = std::size_t{256} << 10;

bool is_absent(const error_code& error) {
  namespace code = boost::system::errc;
  return error == code::no_such_file_or_directory || error == code::connection_refused ||
         error == code::not_a_directory || error == code::not_a_socket;
}

Error connection_error(const error_code& error) {
  if (is_absent(error) || error == boost::system::errc::resource_unavailable_try_again)
    return fail(Errc::unavailable, "il server non accetta altre richieste ora");
  return fail(Errc::io, "il server non si raggiunge: " + error.message());
}

Error exchange_error(const error_code& error) {
  if (error == http::error::body_limit)
    return fail(Errc::invalid_input, "la risposta del server supera 64 MiB");
  if (error == http::error::end_of_stream || error == http::error::partial_message ||
      error.category() == boost::system::system_category())
    return fail(Errc::unavailable, "il server ha chiuso prima di rispondere: l'esito non è noto");
  return fail(Errc::invalid_input, "la risposta del server non si legge");
}

}  // namespace

Result<bool> local_server_listens(const std::filesystem::path& socket) {
  const auto named = SocketPath::of(socket.string());
  // A server could not have bound it either.
  if (!named) return false;
  boost::asio::io_context context;
  LocalSocket::socket stream(context);
  error_code error;
  stream.connect(LocalSocket::endpoint(named.value().text()), error);
  if (!error) return true;
  if (is_absent(error)) return false;
  return connection_error(error);
}

Result<LocalAnswer> local_call(const std::filesystem::path& socket, std::string_view target,
                               std::string_view body) {
  CARTELLA_TRY(const auto named, SocketPath::of(socket.string()));
  boost::asio::io_context context;
  LocalSocket::socket stream(context);
  error_code error;
  stream.connect(LocalSocket::endpoint(named.text()), error);
  if (error) return connection_error(error);
  http::request<http::string_body> request(http::verb::post, target, 11);
  request.set(http::field::host, "localhost");
  request.set(http::field::content_type, "application/octet-stream");
  request.set(http::field::connection, "close");
  request.body() = body;
  request.prepare_payload();
  error_code sending;
  http::write(stream, request, sending);
  crypto::wipe_text(request.body());  // it may hold a secret that somebody typed
  // A server that refuses may answer before it has read everything.
  boost::beast::flat_buffer buffer(kReadBytes);
  http::response_parser<http::string_body> parser;
  parser.body_limit(kLocalAnswerBytesMax);
  http::read(stream, buffer, parser, error);
  if (error) return exchange_error(sending && error != http::error::body_limit ? sending : error);
  return LocalAnswer{parser.get().result_int(), std::move(parser.get().body())};
}

}  // namespace cartella::api
