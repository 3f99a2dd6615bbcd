#include "ops/usage.h"

#include <CLI/CLI.hpp>
#include <algorithm>
#include <filesystem>
#include <string_view>

namespace cartella::ops {
namespace {

void set_labels(CLI::App& app) {
  const auto formatter = app.get_formatter();
  for (const auto& [english, italian] :
       {std::pair("Usage", "Uso"), std::pair("OPTIONS", "OPZIONI"),
        std::pair("SUBCOMMAND", "COMANDO"), std::pair("SUBCOMMANDS", "COMANDI"),
        std::pair("Positionals", "Argomenti"), std::pair("REQUIRED", "(obbligatorio)"),
        std::pair("Needs", "con")})
    formatter->label(english, italian);
}

// The name of the option that CLI11 puts in front of its sentence, or nothing.
std::string option_of(std::string_view message) {
  const auto end = message.find_first_of(" :");
  const std::string_view first = message.substr(0, end);
  return first.starts_with("--") ? std::string(first) : std::string();
}

}  // namespace

void speak_italian(CLI::App& app) {
  set_labels(app);
  app.set_help_flag("-h,--help", "Mostra questo aiuto");
  for (CLI::Option* option : app.get_options()) {
    if (option->get_group() == "Options") option->group("Opzioni");
    // The name of the type stands in front of what its check describes.
    const std::string type = option->get_type_name();
    if (type.starts_with("TEXT")) option->type_name("TESTO");
    if (type.starts_with("UINT") || type.starts_with("INT")) option->type_name("NUMERO");
  }
  for (CLI::App* verb : app.get_subcommands([](CLI::App*) { return true; })) {
    verb->group("Comandi");
    speak_italian(*verb);
  }
}

std::string usage_message(const CLI::ParseError& error) {
  const std::string_view message = error.what();
  const std::string option = option_of(message);
  const std::string name = error.get_name();
  const std::string of_option = option.empty() ? "" : " di " + option;
  if (name == "RequiredError") {
    if (message.find("subcommand") != std::string_view::npos) return "manca il comando";
    return "manca " + (option.empty() ? "un argomento obbligatorio" : option);
  }
  if (name == "ExtrasError")
    return "c'è un argomento che questo comando non prevede (gli identificativi delle persone si "
           "scrivono su standard input, mai fra gli argomenti)";
  if (name == "ArgumentMismatch") return "il valore" + of_option + " manca o è di troppo";
  if (name == "ConversionError") return "il valore" + of_option + " non è del tipo richiesto";
  if (name == "ValidationError") {
    // Our own checks speak Italian and repeat nothing.
    const auto colon = message.find(": ");
    const std::string_view said = colon == std::string_view::npos ? "" : message.substr(colon + 2);
    if (said.starts_with("qui ")) return "il valore" + of_option + " non va: " + std::string(said);
    return "il valore" + of_option + " non è fra quelli ammessi";
  }
  return "argomenti non validi";
}

void require_file(CLI::Option* option) {
  option->check(CLI::Validator(
      [](std::string& path) -> std::string {
        std::error_code error;
        return std::filesystem::is_regular_file(path, error) ? "" : "qui serve un file che esiste";
      },
      ""));
  option->type_name("FILE");
}

// CLI11 would read "-1" as a large number.
void require_size(CLI::Option* option) {
  option->check(CLI::Validator(
      [](std::string& text) -> std::string {
        const bool digits =
            !text.empty() && std::ranges::all_of(text, [](char c) { return c >= '0' && c <= '9'; });
        return digits ? "" : "qui serve un numero senza segno";
      },
      ""));
  option->type_name("NUMERO");
}

void require_region(CLI::Option* option) {
  option->check(CLI::Validator(
      [](std::string& code) -> std::string {
        const bool known =
            code.size() == 2 && code >= "01" && code <= "20" && code[1] >= '0' && code[1] <= '9';
        return known ? "" : "qui serve un codice ISTAT da 01 a 20";
      },
      ""));
  option->type_name("CODICE");
}

void require_folder(CLI::Option* option) {
  option->check(CLI::Validator(
      [](std::string& path) -> std::string {
        std::error_code error;
        return std::filesystem::is_directory(path, error) ? ""
                                                          : "qui serve una cartella che esiste";
      },
      ""));
  option->type_name("CARTELLA");
}

}  // namespace cartella::ops
