// What is there for anybody: the state of the service, the document and its page; and the metrics.
#include "api/documents.h"
#include "api/handlers.h"
#include "api/json.h"
#include "disclosure/verifier_page.h"

namespace cartella::api {

namespace {

Answer text_answer(std::string_view type, std::string_view text) {
  Answer answer;
  answer.response.content_type = std::string(type);
  answer.response.body = std::string(text);
  return answer;
}

}  // namespace

// 503 names the view that is faulted, or says that the log cannot append, or that it is older than
// what is known of it.
Result<Answer> read_status(Call& call) {
  if (!call.service.store.health())
    return fail(Errc::unavailable, "il registro si è fermato: non scrive più, il servizio riparte");
  if (!call.service.store.rollback())
    return fail(Errc::unavailable, "il registro è più vecchio di quanto è noto: sola lettura");
  for (const auto& view : call.service.engine.statuses())
    if (view.faulted) return fail(Errc::unavailable, "la vista " + view.name + " è ferma");
  JsonObject body;
  body["status"] = "ok";
  return json_answer(200, std::move(body).text());
}

Result<Answer> read_document(Call&) { return text_answer("application/yaml", openapi_document()); }

Result<Answer> read_documentation(Call&) {
  Answer answer = text_answer("text/html; charset=utf-8", documentation_page());
  answer.response.headers.push_back(
      {"Content-Security-Policy", "default-src 'none'; style-src 'self'; frame-ancestors 'none'"});
  return answer;
}

Result<Answer> read_documentation_style(Call&) {
  return text_answer("text/css", documentation_style());
}

Result<Answer> read_verifier(Call&) {
  if (disclosure::verifier_page().empty())
    return fail(Errc::not_found, "questa installazione non porta la pagina di verifica");
  Answer answer = text_answer("text/html; charset=utf-8", disclosure::verifier_page());
  answer.response.headers.push_back(
      {"Content-Security-Policy",
       std::string(disclosure::verifier_policy()) + "; frame-ancestors 'none'"});
  return answer;
}

Result<Answer> read_metrics(Call& call) {
  return text_answer("text/plain; version=0.0.4; charset=utf-8", call.service.metrics());
}

}  // namespace cartella::api
