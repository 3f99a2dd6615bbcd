// api/answer.h: a response as bytes: status line, the headers that every answer carries, framing.
//
// S-HDR: an answer that forgets a security header gets the strict one. Threads: any.
#pragma once

#include <string>
#include <string_view>

#include "api/http.h"
#include "base/clock.h"

namespace cartella::api {

// Whether the names and values of its headers can stand in a header: no control characters, no
// second framing. One that is not is our bug or somebody's attempt to split the answer.
bool is_sendable(const Response& response);

// Appends status line, headers and the empty line; not the body. `close` announces the end of the
// connection. A pulled or pushed body is framed in chunks.
void append_head(const Response& response, const RequestId& id, bool close, TimeUs now,
                 std::string& to);

void append_chunk(std::string_view piece, std::string& to);  // `piece` is not empty
inline constexpr std::string_view kLastChunk = "0\r\n\r\n";
inline constexpr std::string_view kContinue = "HTTP/1.1 100 Continue\r\n\r\n";

std::string http_date(TimeUs time);  // RFC 9110 5.6.7

}  // namespace cartella::api
