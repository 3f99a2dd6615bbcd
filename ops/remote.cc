#include "ops/remote.h"

#include <boost/json.hpp>
#include <chrono>
#include <istream>
#include <ostream>
#include <streambuf>

#include "api/local_client.h"
#include "ops/acting_person.h"
#include "ops/exit_code.h"
#include "ops/root_key_choice.h"
#include "ops/run.h"

namespace cartella::ops {

namespace {

namespace json = boost::json;

constexpr std::size_t kWordsMax = 4096;
constexpr std::size_t kLineInputBytesMax = 1024;  // a question has 512

// What two streams write, until together they pass the limit.
struct OutputBudget {
  std::size_t left = 0;
  bool passed = false;
};

class BoundedText final : public std::streambuf {
 public:
  explicit BoundedText(OutputBudget& budget) : x_budget(budget) {}
  std::string take() { return std::move(x_text); }

 protected:
  std::streamsize xsputn(const char* from, std::streamsize count) override {
    const auto size = static_cast<std::size_t>(count);
    if (size > x_budget.left) {
      x_budget.passed = true;
      return 0;
    }
    x_budget.left -= size;
    x_text.append(from, size);
    return count;
  }
  int_type overflow(int_type c) override {
    if (traits_type::eq_int_type(c, traits_type::eof())) return traits_type::not_eof(c);
    const char one = traits_type::to_char_type(c);
    return xsputn(&one, 1) == 1 ? c : traits_type::eof();
  }

 private:
  OutputBudget& x_budget;
  std::string x_text;
};

struct Framed {
  json::object head;
  std::string_view rest;
};

// A line of JSON, then bytes as they are.
Result<Framed> read_frame(std::string_view bytes) {
  const std::size_t end = bytes.find('\n');
  boost::system::error_code error;
  json::value head = json::parse(bytes.substr(0, end), error);
  if (end == std::string_view::npos || error || !head.is_object())
    return fail(Errc::invalid_input, "the first line is not a JSON object");
  return Framed{std::move(head.as_object()), bytes.substr(end + 1)};
}

Result<std::uint64_t> number_of(const json::object& head, const char* name) {
  const json::value* const found = head.if_contains(name);
  if (found == nullptr || !found->is_int64() || found->as_int64() < 0)
    return fail(Errc::invalid_input, std::string(name) + " is not a number");
  return static_cast<std::uint64_t>(found->as_int64());
}

// Without what would be one byte too many, so that a verb's own limit is the one that is met.
std::string read_input(std::istream& in, Input kind) {
  std::string text;
  if (kind == Input::line) {
    for (char c = 0; text.size() < kLineInputBytesMax && in.get(c);) {
      text += c;
      if (c == '\n') break;
    }
  } else if (kind == Input::whole) {
    text.resize(kRemoteCallBytesMax + 1);
    in.read(text.data(), static_cast<std::streamsize>(text.size()));
    text.resize(static_cast<std::size_t>(in.gcount()));
  }
  return text;
}

bool acts_for_person(Verb verb) {
  return verb == Verb::erasure_propose || verb == Verb::erasure_decide ||
         verb == Verb::hold_place || verb == Verb::hold_lift || verb == Verb::restriction_place ||
         verb == Verb::restriction_lift || verb == Verb::retention_set;
}

// What a verb asks a person for, and only a person at a terminal can tell.
Result<crypto::Passphrase> secret_for(const Options& options) {
  if (options.verb == Verb::unseal) {
    CARTELLA_TRY(const auto choice, chosen_root_key(options));
    return ask_for_server(choice, false);
  }
  if (options.verb == Verb::keys_rotate_root) {
    CARTELLA_TRY(const auto choice,
                 parse_root_key(options.new_root_key, options.working_directory));
    return ask_for_server(choice, true);
  }
  if (acts_for_person(options.verb)) return ask_for_person(options);
  return crypto::Passphrase();
}

Error error_of(unsigned status) {
  if (status == 413) return fail(Errc::invalid_input, "too_large: l'ingresso supera il limite");
  if (status == 503 || status == 429)
    return fail(Errc::unavailable, "il server non può rispondere ora");
  return fail(Errc::io, "il server ha risposto " + std::to_string(status));
}

Result<api::LocalAnswer> send(const std::filesystem::path& socket, const std::string& body) {
  if (body.size() > kRemoteCallBytesMax)
    return fail(Errc::invalid_input,
                "too_large: standard input non passa al server, che prende 1 MiB: usare --from");
  return api::local_call(socket, kRemoteTarget, body);
}

// After what somebody typed, which grows in its own memory.
void append_input(std::istream& in, Input kind, crypto::Passphrase& to) {
  std::string read = read_input(in, kind);
  crypto::Passphrase whole;
  whole.text.reserve(to.text.size() + read.size());
  whole.text.append(to.text).append(read);
  crypto::wipe_text(read);
  to = std::move(whole);
}

api::Response plain_response(unsigned status) {
  api::Response response;
  response.status = status;
  return response;
}

void run_words(const RemoteCall& call, Console& console, int& exit_code) {
  const auto options = parse_options(call.words, console, exit_code, call.directory);
  if (options) exit_code = run_to_exit(*options, console);
}

}  // namespace

std::string encode_call(const RemoteCall& call) {
  json::object head;
  head["words"] = json::array(call.words.begin(), call.words.end());
  head["directory"] = call.directory.string();
  std::string bytes = json::serialize(head);
  bytes.reserve(bytes.size() + 1 + call.input.text.size());  // so that no copy is left behind
  bytes.append("\n").append(call.input.text);
  return bytes;
}

Result<RemoteCall> decode_call(std::string_view bytes) {
  CARTELLA_TRY(const auto frame, read_frame(bytes));
  const json::value* const words = frame.head.if_contains("words");
  const json::value* const directory = frame.head.if_contains("directory");
  if (words == nullptr || !words->is_array() || words->as_array().size() > kWordsMax ||
      directory == nullptr || !directory->is_string())
    return fail(Errc::invalid_input, "words or directory are missing");
  RemoteCall call;
  for (const json::value& word : words->as_array()) {
    if (!word.is_string()) return fail(Errc::invalid_input, "a word is not a string");
    call.words.emplace_back(word.as_string());
  }
  call.directory = std::string(directory->as_string());
  if (!call.directory.is_absolute())
    return fail(Errc::invalid_input, "the directory is not absolute");
  call.input.text = frame.rest;
  return call;
}

std::string encode_answer(const RemoteAnswer& answer) {
  json::object head;
  head["exit"] = answer.exit_code;
  head["out_bytes"] = answer.out.size();
  head["err_bytes"] = answer.err.size();
  return json::serialize(head) + "\n" + answer.out + answer.err;
}

Result<RemoteAnswer> decode_answer(std::string_view bytes) {
  CARTELLA_TRY(const auto frame, read_frame(bytes));
  CARTELLA_TRY(const auto exit_code, number_of(frame.head, "exit"));
  CARTELLA_TRY(const auto out_bytes, number_of(frame.head, "out_bytes"));
  CARTELLA_TRY(const auto err_bytes, number_of(frame.head, "err_bytes"));
  if (exit_code > 255 || out_bytes > frame.rest.size() ||
      err_bytes != frame.rest.size() - out_bytes)
    return fail(Errc::invalid_input, "the answer has not the length that it tells");
  return RemoteAnswer{static_cast<int>(exit_code), std::string(frame.rest.substr(0, out_bytes)),
                      std::string(frame.rest.substr(out_bytes))};
}

Result<std::optional<int>> run_at_server(const Options& options,
                                         const std::vector<std::string>& words, Console& console) {
  if (place_of(options.verb) == Place::anywhere) return std::optional<int>{};
  const std::filesystem::path socket = options.data / kSocketName;
  // Asked apart, since what is read from standard input cannot be put back.
  CARTELLA_TRY(const bool served, api::local_server_listens(socket));
  if (!served) return std::optional<int>{};
  // Told here, since a server that is stopped does not answer.
  if (place_of(options.verb) == Place::exclusive) return wants_store_alone();
  std::error_code error;
  RemoteCall call;
  call.words = words;
  call.directory = std::filesystem::current_path(error);
  if (error) return fail(Errc::io, "la cartella corrente non si legge");
  CARTELLA_TRY(call.input, secret_for(options));
  append_input(console.in, input_of(options), call.input);
  std::string body = encode_call(call);
  const auto answered = send(socket, body);
  crypto::wipe_text(body);
  if (!answered) return answered.error();
  if (answered.value().status != 200) return error_of(answered.value().status);
  CARTELLA_TRY(const auto answer, decode_answer(answered.value().body));
  console.out << answer.out << std::flush;
  console.err << answer.err << std::flush;
  return std::optional<int>(answer.exit_code);
}

RemoteAnswer RemoteVerbs::run(RemoteCall call) {
  OutputBudget budget{x_limits.output_bytes_max};
  BoundedText out_text(budget);
  BoundedText err_text(budget);
  ViewedText in_text(call.input.text);
  std::istream in(&in_text);
  std::ostream out(&out_text);
  std::ostream err(&err_text);
  Console console{in, out, err, false, &x_workspace, &x_login, x_seal ? &x_seal : nullptr};
  RemoteAnswer answer;
  const std::unique_lock turn(x_running, x_limits.turn_wait_max);
  if (!turn.owns_lock()) {
    answer.exit_code = print_error(
        fail(Errc::unavailable, "il server esegue un altro comando: riprovare"), console);
  } else {
    try {
      run_words(call, console, answer.exit_code);
    } catch (...) {
      answer.exit_code = exit_code_of_exception(std::current_exception(), err);
    }
  }
  if (budget.passed) {
    // Half an answer would be read as a whole one.
    answer.exit_code = kExitRefused;
    answer.err =
        "cartella: rifiutato (refused): l'uscita è troppo lunga perché il server la renda: "
        "chiedere "
        "meno, o fermare il server e ripetere\n";
    return answer;
  }
  answer.out = out_text.take();
  answer.err = err_text.take();
  return answer;
}

api::Response RemoteVerbs::answer(const api::Request& request) {
  if (!request.is_local || request.method != api::Method::post || request.path != kRemoteTarget)
    return plain_response(404);
  auto call = decode_call(request.body);
  if (!call) return plain_response(422);
  api::Response response;
  response.content_type = "application/octet-stream";
  response.body = encode_answer(run(std::move(call).value()));
  return response;
}

}  // namespace cartella::ops
