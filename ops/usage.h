// ops/usage.h: the argument parser's help and complaints in Italian, without what was typed.
//
// An argument that was typed by mistake may be somebody's identifier, so no message repeats one:
// each names the option. Threads: the main thread, once.
#pragma once

#include <string>

namespace CLI {
class App;
class ParseError;
class Option;
}  // namespace CLI

namespace cartella::ops {

// Titles and labels of help pages, for `app` and every verb below it.
void speak_italian(CLI::App& app);
// One sentence for a wrong use.
std::string usage_message(const CLI::ParseError& error);

// Checks with Italian words: the path is there and is a file, or is a folder; the value is listed.
void require_file(CLI::Option* option);
void require_folder(CLI::Option* option);
// A number without a sign; the ISTAT code of a region.
void require_size(CLI::Option* option);
void require_region(CLI::Option* option);

}  // namespace cartella::ops
