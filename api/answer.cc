#include "api/answer.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <iterator>

#include "api/problem.h"

namespace cartella::api {

namespace {

struct Default {
  std::string_view name;
  std::string_view lower_name;
  std::string_view value;
};

// The strict answer of each; a page or a file that needs more says so itself.
constexpr std::array<Default, 7> kDefaults = {{
    {"Content-Security-Policy", "content-security-policy",
     "default-src 'none'; frame-ancestors 'none'"},
    {"X-Content-Type-Options", "x-content-type-options", "nosniff"},
    {"X-Frame-Options", "x-frame-options", "DENY"},
    {"Referrer-Policy", "referrer-policy", "no-referrer"},
    {"Strict-Transport-Security", "strict-transport-security",
     "max-age=31536000; includeSubDomains"},
    {"Cross-Origin-Resource-Policy", "cross-origin-resource-policy", "same-origin"},
    {"Cache-Control", "cache-control", "no-store"},
}};

char lower(char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c + ('a' - 'A')) : c; }

bool is_named(std::string_view name, std::string_view lower_name) {
  return std::equal(name.begin(), name.end(), lower_name.begin(), lower_name.end(),
                    [](char a, char b) { return lower(a) == b; });
}

std::string_view reason(unsigned status) {
  switch (status) {
    case 200: return "OK";
    case 201: return "Created";
    case 202: return "Accepted";
    case 204: return "No Content";
    case 206: return "Partial Content";
    case 301: return "Moved Permanently";
    case 302: return "Found";
    case 303: return "See Other";
    case 304: return "Not Modified";
    case 307: return "Temporary Redirect";
    case 308: return "Permanent Redirect";
    case 400: return "Bad Request";
    case 401: return "Unauthorized";
    case 403: return "Forbidden";
    case 404: return "Not Found";
    case 405: return "Method Not Allowed";
    case 406: return "Not Acceptable";
    case 408: return "Request Timeout";
    case 409: return "Conflict";
    case 410: return "Gone";
    case 412: return "Precondition Failed";
    case 413: return "Content Too Large";
    case 415: return "Unsupported Media Type";
    case 422: return "Unprocessable Content";
    case 428: return "Precondition Required";
    case 429: return "Too Many Requests";
    case 500: return "Internal Server Error";
    case 501: return "Not Implemented";
    case 503: return "Service Unavailable";
    case 507: return "Insufficient Storage";
    default: return "Status";
  }
}

bool is_token(std::string_view name) {
  return !name.empty() && std::all_of(name.begin(), name.end(), [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
           std::string_view("!#$%&'*+-.^_`|~").find(c) != std::string_view::npos;
  });
}

bool is_value(std::string_view value) {
  return std::all_of(value.begin(), value.end(),
                     [](char c) { return static_cast<unsigned char>(c) >= 0x20 && c != 0x7f; });
}

bool is_json(std::string_view content_type) {
  return content_type.starts_with("application/json") ||
         content_type.starts_with("application/problem+json");
}

void append_field(std::string_view name, std::string_view value, std::string& to) {
  to.append(name).append(": ").append(value).append("\r\n");
}

// The date of this second is written once a thread.
std::string_view date_of_second(TimeUs now) {
  struct Written {
    std::int64_t second = -1;
    std::string text;
  };
  thread_local Written written;
  const std::int64_t second = now.us / 1'000'000;
  if (written.second != second) written = {second, http_date(now)};
  return written.text;
}

}  // namespace

std::string http_date(TimeUs time) {
  constexpr std::array<std::string_view, 7> kDays = {"Thu", "Fri", "Sat", "Sun",
                                                     "Mon", "Tue", "Wed"};
  constexpr std::array<std::string_view, 12> kMonths = {"Jan", "Feb", "Mar", "Apr", "May", "Jun",
                                                        "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"};
  const Date day = date_of(time);
  const CivilDate date = civil(day);
  const std::int64_t second = (time.us - start_of(day).us) / 1'000'000;
  return fmt::format("{}, {:02} {} {:04} {:02}:{:02}:{:02} GMT",
                     kDays[static_cast<std::size_t>(((day.days % 7) + 7) % 7)], date.day,
                     kMonths[static_cast<std::size_t>(date.month - 1)], date.year, second / 3600,
                     second / 60 % 60, second % 60);
}

bool is_sendable(const Response& response) {
  if (response.status < 200 || response.status > 599 || !is_value(response.content_type))
    return false;
  for (const auto& field : response.headers) {
    if (!is_token(field.name) || !is_value(field.value)) return false;
    for (const std::string_view ours : {"connection", "content-length", "transfer-encoding",
                                        "content-type", "date", "request-id"})
      if (is_named(field.name, ours)) return false;
  }
  return true;
}

void append_head(const Response& response, const RequestId& id, bool close, TimeUs now,
                 std::string& to) {
  fmt::format_to(std::back_inserter(to), "HTTP/1.1 {} {}\r\n", response.status,
                 reason(response.status));
  append_field("Date", date_of_second(now), to);
  append_field("Request-Id", uuid_text(id), to);
  for (const auto& standard : kDefaults) {
    const bool is_set =
        std::any_of(response.headers.begin(), response.headers.end(),
                    [&](const Field& field) { return is_named(field.name, standard.lower_name); });
    if (!is_set) append_field(standard.name, standard.value, to);
  }
  for (const auto& field : response.headers) append_field(field.name, field.value, to);
  if (!response.content_type.empty()) append_field("Content-Type", response.content_type, to);
  // ASVS 14.4.2: opened by itself in a browser it is a file, and no page.
  if (is_json(response.content_type))
    append_field("Content-Disposition", "attachment; filename=\"risposta.json\"", to);
  if (close) to.append("Connection: close\r\n");
  if (response.pull || response.push) {
    to.append("Transfer-Encoding: chunked\r\n");
  } else if (response.status != 204 && response.status != 304) {
    fmt::format_to(std::back_inserter(to), "Content-Length: {}\r\n", response.body.size());
  }
  to.append("\r\n");
}

void append_chunk(std::string_view piece, std::string& to) {
  fmt::format_to(std::back_inserter(to), "{:x}\r\n", piece.size());
  to.append(piece).append("\r\n");
}

}  // namespace cartella::api
