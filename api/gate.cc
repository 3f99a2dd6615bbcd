#include "api/gate.h"

#include <algorithm>
#include <array>
#include <optional>

namespace cartella::api {

namespace {

char lower(char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c + ('a' - 'A')) : c; }

bool same_text(std::string_view a, std::string_view b) {
  return std::equal(a.begin(), a.end(), b.begin(), b.end(),
                    [](char x, char y) { return lower(x) == lower(y); });
}

bool is_digit(char c) { return c >= '0' && c <= '9'; }
bool is_graphic(char c) { return c >= '!' && c <= '~'; }

int hex_digit(char c) {
  if (is_digit(c)) return c - '0';
  const char low = lower(c);
  return low >= 'a' && low <= 'f' ? low - 'a' + 10 : -1;
}

Error refusal(const char* detail) { return fail(Errc::invalid_input, detail); }

// Fields of which a second one would be read by some and ignored by others.
constexpr std::array<std::string_view, 15> kSingleFields = {
    "host",   "content-length", "transfer-encoding", "content-type", "authorization",
    "cookie", "expect",         "idempotency-key",   "if-match",     "if-none-match",
    "origin", "referer",        "user-agent",        "x-csrf-token", "acting-as"};

// The fields that say how the request is to be read.
struct Framing {
  std::optional<std::string_view> host;
  std::optional<std::string_view> transfer_encoding;
  std::optional<std::string_view> content_length;
  std::optional<std::string_view> expect;
  bool close = false;
};

Status check_repeated(std::span<const FieldView> fields) {
  std::array<bool, kSingleFields.size()> seen{};
  for (const auto& field : fields) {
    for (std::size_t i = 0; i < kSingleFields.size(); ++i) {
      if (!same_text(field.name, kSingleFields[i])) continue;
      if (seen[i]) return refusal("un campo dell'intestazione è ripetuto");
      seen[i] = true;
    }
  }
  return ok();
}

bool lists_close(std::string_view connection) {
  while (!connection.empty()) {
    const auto comma = connection.find(',');
    auto token = connection.substr(0, comma);
    while (!token.empty() && (token.front() == ' ' || token.front() == '\t'))
      token.remove_prefix(1);
    while (!token.empty() && (token.back() == ' ' || token.back() == '\t')) token.remove_suffix(1);
    if (same_text(token, "close")) return true;
    if (comma == std::string_view::npos) break;
    connection.remove_prefix(comma + 1);
  }
  return false;
}

Result<Framing> read_fields(std::span<const FieldView> fields) {
  if (fields.size() > kHeadFieldsMax) return refusal("troppi campi nell'intestazione");
  CARTELLA_TRY(check_repeated(fields));
  Framing framing;
  for (const auto& field : fields) {
    for (const char c : field.value)
      if (!is_graphic(c) && c != ' ' && c != '\t')  // eight bits are of no agreed character set
        return refusal("un campo dell'intestazione non è ASCII");
    if (same_text(field.name, "host")) framing.host = field.value;
    if (same_text(field.name, "transfer-encoding")) framing.transfer_encoding = field.value;
    if (same_text(field.name, "content-length")) framing.content_length = field.value;
    if (same_text(field.name, "expect")) framing.expect = field.value;
    if (same_text(field.name, "connection")) framing.close |= lists_close(field.value);
  }
  return framing;
}

// The bytes are lines that end in CRLF, none of them folded, and begin with what Beast read.
Status check_raw(const Head& head) {
  if (head.raw.size() > kHeadBytesMax) return refusal("l'intestazione supera 8 KiB");
  for (std::size_t i = 0; i < head.raw.size(); ++i) {
    const char c = head.raw[i];
    const bool after_return = i > 0 && head.raw[i - 1] == '\r';
    if (c == '\0' || (c == '\n') != after_return) return refusal("fine riga non valida");
    const bool line_starts = i > 1 && head.raw[i - 1] == '\n';
    if (line_starts && (c == ' ' || c == '\t')) return refusal("una riga è ripiegata");
  }
  std::string first(head.method);
  first.append(" ").append(head.target).append(" HTTP/1.1\r\n");
  if (!head.raw.starts_with(first)) return refusal("la prima riga non è di HTTP/1.1");
  return ok();
}

Result<Method> read_method(std::string_view word) {
  for (const Method method : {Method::get, Method::post, Method::put, Method::del})
    if (word == method_name(method)) return method;
  return refusal("metodo sconosciuto");
}

Status check_host(const std::optional<std::string_view>& field, const GateRules& rules) {
  if (!field) return refusal("manca Host");
  std::string_view host = *field;
  const auto colon = host.rfind(':');
  const auto bracket = host.rfind(']');
  if (colon != std::string_view::npos && (bracket == std::string_view::npos || colon > bracket)) {
    const auto port = host.substr(colon + 1);
    if (port.empty() || port.size() > 5 || !std::all_of(port.begin(), port.end(), is_digit))
      return refusal("Host non valido");
    host = host.substr(0, colon);
  }
  for (const auto& allowed : rules.hosts)
    if (same_text(host, allowed)) return ok();
  return refusal("questo server non ha quel nome");
}

Status read_body_framing(const Framing& framing, Admitted& to) {
  if (framing.transfer_encoding && framing.content_length)
    return refusal("Transfer-Encoding insieme a Content-Length");
  if (framing.transfer_encoding) {
    if (!same_text(*framing.transfer_encoding, "chunked"))
      return refusal("Transfer-Encoding può essere solo chunked");
    to.chunked = true;
  }
  if (framing.content_length) {
    const auto digits = *framing.content_length;
    if (digits.empty() || digits.size() > 19 ||
        !std::all_of(digits.begin(), digits.end(), is_digit))
      return refusal("Content-Length non è un numero");
    for (const char c : digits)
      to.body_bytes = to.body_bytes * 10 + static_cast<std::uint64_t>(c - '0');
  }
  if (to.method == Method::get && (to.chunked || to.body_bytes > 0))
    return refusal("una lettura non ha contenuto");
  if (to.body_bytes > kBodyBytesMax) return fail(Errc::out_of_space, "il contenuto supera 1 MiB");
  return ok();
}

// One decoding, never a second: what still looks encoded afterwards is text.
Result<std::string> decode(std::string_view encoded, bool plus_is_space) {
  std::string text;
  text.reserve(encoded.size());
  for (std::size_t i = 0; i < encoded.size(); ++i) {
    if (encoded[i] != '%') {
      text.push_back(plus_is_space && encoded[i] == '+' ? ' ' : encoded[i]);
      continue;
    }
    const int high = i + 2 < encoded.size() ? hex_digit(encoded[i + 1]) : -1;
    const int low = i + 2 < encoded.size() ? hex_digit(encoded[i + 2]) : -1;
    if (high < 0 || low < 0) return refusal("una codifica con % non è valida");
    const int value = high * 16 + low;
    if (value < 0x20 || value == 0x7f) return refusal("un carattere di controllo nell'indirizzo");
    text.push_back(static_cast<char>(value));
    i += 2;
  }
  if (!is_utf8(text)) return refusal("l'indirizzo non è UTF-8");
  return text;
}

Result<std::string> read_path(std::string_view encoded) {
  if (encoded.find("//") != std::string_view::npos) return refusal("l'indirizzo contiene //");
  if (encoded.find('\\') != std::string_view::npos) return refusal("l'indirizzo contiene \\");
  for (std::size_t i = 0; i + 2 < encoded.size(); ++i)
    if (encoded[i] == '%' &&
        (same_text(encoded.substr(i, 3), "%2f") || same_text(encoded.substr(i, 3), "%5c")))
      return refusal("l'indirizzo contiene una barra codificata");
  CARTELLA_TRY(auto path, decode(encoded, false));
  for (std::size_t begin = 1; begin <= path.size();) {
    const auto end = std::min(path.find('/', begin), path.size());
    const auto segment = std::string_view(path).substr(begin, end - begin);
    if (segment == "." || segment == "..") return refusal("l'indirizzo contiene . o ..");
    begin = end + 1;
  }
  return path;
}

Result<std::vector<Field>> read_query(std::string_view encoded) {
  std::vector<Field> query;
  while (!encoded.empty()) {
    const auto end = std::min(encoded.find('&'), encoded.size());
    const auto pair = encoded.substr(0, end);
    const auto equals = pair.find('=');
    CARTELLA_TRY(auto name, decode(pair.substr(0, equals), true));
    std::string value;
    if (equals != std::string_view::npos) {
      CARTELLA_TRY(auto decoded, decode(pair.substr(equals + 1), true));
      value = std::move(decoded);
    }
    if (name.empty()) return refusal("un parametro è senza nome");
    if (query.size() == kQueryParametersMax) return refusal("troppi parametri");
    for (const auto& earlier : query)
      if (earlier.name == name) return refusal("un parametro è ripetuto");
    query.push_back({std::move(name), std::move(value)});
    if (end + 1 == encoded.size()) return refusal("un parametro è senza nome");
    encoded.remove_prefix(std::min(end + 1, encoded.size()));
  }
  return query;
}

Status read_target(std::string_view target, Admitted& to) {
  if (target.size() > kTargetBytesMax) return refusal("l'indirizzo supera 2 KiB");
  if (target.empty() || target.front() != '/') return refusal("l'indirizzo non comincia con /");
  for (const char c : target)
    if (!is_graphic(c) || c == '#') return refusal("l'indirizzo non è ASCII");
  const auto question = target.find('?');
  CARTELLA_TRY(auto path, read_path(target.substr(0, question)));
  to.path = std::move(path);
  if (question == std::string_view::npos) return ok();
  CARTELLA_TRY(auto query, read_query(target.substr(question + 1)));
  to.query = std::move(query);
  return ok();
}

}  // namespace

Result<Admitted> admit(const Head& head, const GateRules& rules) {
  Admitted admitted;
  CARTELLA_TRY(check_raw(head));
  CARTELLA_TRY(auto method, read_method(head.method));
  admitted.method = method;
  CARTELLA_TRY(auto framing, read_fields(head.fields));
  CARTELLA_TRY(check_host(framing.host, rules));
  CARTELLA_TRY(read_target(head.target, admitted));
  CARTELLA_TRY(read_body_framing(framing, admitted));
  admitted.keep_alive = !framing.close;
  if (framing.expect) {
    if (!same_text(*framing.expect, "100-continue")) return refusal("Expect sconosciuto");
    admitted.expects_continue = admitted.chunked || admitted.body_bytes > 0;
  }
  return admitted;
}

Result<std::size_t> ChunkedBody::take(std::string_view bytes, std::string& body) {
  std::size_t used = 0;
  while (used < bytes.size() && x_part != Part::complete) {
    const auto rest = bytes.substr(used);
    if (x_part != Part::data) {
      CARTELLA_TRY(const auto taken, take_line(rest));
      used += taken;
      continue;
    }
    const auto count = static_cast<std::size_t>(std::min<std::uint64_t>(x_remaining, rest.size()));
    if (count > kBodyBytesMax - body.size())
      return fail(Errc::out_of_space, "il contenuto supera 1 MiB");
    body.append(rest.substr(0, count));
    x_remaining -= count;
    used += count;
    if (x_remaining == 0) x_part = Part::data_end;
  }
  return used;
}

// Takes bytes up to the line's end; the line is then read.
Result<std::size_t> ChunkedBody::take_line(std::string_view bytes) {
  std::size_t used = 0;
  while (used < bytes.size()) {
    const char c = bytes[used++];
    const bool after_return = !x_line.empty() && x_line.back() == '\r';
    if ((c == '\n') != after_return) return refusal("fine riga non valida in un blocco");
    if (c != '\n') {
      x_line.push_back(c);
      if (x_line.size() > kChunkLineBytesMax) return refusal("un blocco ha estensioni");
      continue;
    }
    x_line.pop_back();
    CARTELLA_TRY(read_size());
    x_line.clear();
    return used;
  }
  return used;
}

Status ChunkedBody::read_size() {
  if (x_part != Part::size) {
    if (!x_line.empty()) return refusal("byte oltre la fine di un blocco");
    x_part = x_part == Part::data_end ? Part::size : Part::complete;
    return ok();
  }
  if (x_line.empty() || x_line.size() > 8) return refusal("la misura di un blocco non è valida");
  std::uint64_t size = 0;
  for (const char c : x_line) {
    const int digit = hex_digit(c);
    if (digit < 0) return refusal("la misura di un blocco non è valida");
    size = size * 16 + static_cast<std::uint64_t>(digit);
  }
  if (size > kBodyBytesMax) return fail(Errc::out_of_space, "il contenuto supera 1 MiB");
  x_remaining = size;
  x_part = size == 0 ? Part::last_end : Part::data;
  return ok();
}

}  // namespace cartella::api
