#include "api/problem.h"

#include "api/json.h"

namespace cartella::api {

std::string uuid_text(const RequestId& id) {
  std::string text = id.hex();
  for (const std::size_t at : {8U, 13U, 18U, 23U}) text.insert(at, 1, '-');
  return text;
}

Response problem(const RequestId& request_id, unsigned status, std::string_view type,
                 std::string_view title, std::string_view detail) {
  const auto quoted = [](std::string_view text) {
    std::string quoted_text;
    append_json(quoted_text, text);
    return quoted_text;
  };
  Response response;
  response.status = status;
  response.content_type = "application/problem+json";
  response.body = "{\"type\":" + quoted("urn:cartella:problem:" + std::string(type)) +
                  ",\"title\":" + quoted(title) + ",\"status\":" + std::to_string(status) +
                  ",\"detail\":" + quoted(detail) +
                  ",\"instance\":\"urn:uuid:" + uuid_text(request_id) + "\"}";
  return response;
}

Response problem(const Request& request, unsigned status, std::string_view type,
                 std::string_view title, std::string_view detail) {
  return problem(request.id, status, type, title, detail);
}

}  // namespace cartella::api
