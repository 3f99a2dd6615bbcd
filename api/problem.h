// api/problem.h: what went wrong, for whoever asked: RFC 9457 problem details.
//
// `type` is the last part of urn:cartella:problem:<type> (docs/errors.md), title and detail are
// Italian and never hold personal data; `instance` is the request's id, by which it is found in the
// logs. Threads: any.
#pragma once

#include <string>
#include <string_view>

#include "api/http.h"

namespace cartella::api {

Response problem(const RequestId& request_id, unsigned status, std::string_view type,
                 std::string_view title, std::string_view detail);
Response problem(const Request& request, unsigned status, std::string_view type,
                 std::string_view title, std::string_view detail);

// 8-4-4-4-12 hexadecimal digits, as Request-Id and `instance` write it.
std::string uuid_text(const RequestId& id);

}  // namespace cartella::api
