// api/query_names.h: which parameters an operation takes after the question mark.
//
// As api/openapi.yaml has it; a test of the interface compares them. One that an operation does not
// know is refused, because an as_of that is silently left out shows the present. Threads: pure.
#pragma once

#include <string_view>

namespace cartella::api {

bool takes_query(std::string_view operation_id, std::string_view name);

}  // namespace cartella::api
