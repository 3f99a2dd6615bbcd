#include "tests/fault/model.h"

#include <fcntl.h>
#include <unistd.h>

#include <fstream>
#include <sstream>

#include "base/check.h"
#include "crypto/hash.h"
#include "crypto/leaf.h"
#include "tests/fault/plan.h"

namespace cartella::fault {
namespace {

namespace fs = std::filesystem;

fs::path lines_path(const fs::path& dir) { return dir / "acks.log"; }
fs::path digests_path(const fs::path& dir) { return dir / "digests"; }
fs::path head_path(const fs::path& dir, std::size_t number) {
  return dir / ("head." + std::to_string(number));
}

Hash32 hash_from_hex(const std::string& text) {
  Hash32 hash{};
  CHECK(text.size() == 64);
  for (std::size_t i = 0; i < hash.size(); ++i)
    hash[i] = static_cast<std::uint8_t>(std::stoul(text.substr(2 * i, 2), nullptr, 16));
  return hash;
}

// A kill can cut a write where a page ends: a line without its end was not written, so what it
// would have told did not happen yet.
constexpr std::string_view kLineEnd = " .";

void read_line(std::istringstream& words, Model& model) {
  std::string what;
  std::uint64_t number = 0;
  words >> what >> number;
  if (what == "S") {
    int kind = 0;
    std::string about;
    Fate fate;
    words >> kind >> about >> fate.sent.tag;
    fate.sent.number = number;
    fate.sent.kind = static_cast<Kind>(kind);
    fate.sent.about = StreamId::parse(about).value();
    model.commands[number] = fate;
    return;
  }
  Fate& fate = model.commands.at(number);
  if (what == "A") {
    std::string digest;
    words >> fate.ack.first >> fate.ack.count >> digest;
    fate.known = Known::acknowledged;
    fate.ack.was_read = digest != "-";
    if (fate.ack.was_read) fate.ack.digest = hash_from_hex(digest);
  }
  if (what == "R" && fate.known == Known::unknown) fate.known = Known::refused;
}

}  // namespace

Model Model::read(const fs::path& dir) {
  Model model;
  std::ifstream lines(lines_path(dir));
  for (std::string line; std::getline(lines, line);) {
    if (!line.ends_with(kLineEnd)) continue;
    std::istringstream words(line);
    read_line(words, model);
  }
  std::ifstream digests(digests_path(dir), std::ios::binary);
  Hash32 digest{};
  while (digests.read(reinterpret_cast<char*>(digest.data()), std::streamsize{32}))
    model.digests.push_back(digest);
  for (std::size_t i = 0; fs::exists(head_path(dir, i)); ++i) {
    std::ostringstream text;
    text << std::ifstream(head_path(dir, i)).rdbuf();
    model.heads.push_back(text.str());
  }
  return model;
}

Notebook::Notebook(const fs::path& dir)
    : x_dir(dir),
      x_file(::open(lines_path(dir).c_str(), O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600)) {
  CHECK(x_file >= 0);
  // Behind a line that was cut, the next one begins anew.
  if (::lseek(x_file, 0, SEEK_END) > 0) line("");
}
Notebook::~Notebook() { ::close(x_file); }

void Notebook::line(const std::string& text) {
  const std::string whole = text.empty() ? "\n" : text + std::string(kLineEnd) + "\n";
  CHECK(::write(x_file, whole.data(), whole.size()) == static_cast<ssize_t>(whole.size()));
}
void Notebook::sent(const Sent& command) {
  line("S " + std::to_string(command.number) + " " +
       std::to_string(static_cast<int>(command.kind)) + " " + command.about.hex() + " " +
       std::to_string(command.tag));
}
void Notebook::acknowledged(std::uint64_t number, const Ack& ack) {
  line("A " + std::to_string(number) + " " + std::to_string(ack.first) + " " +
       std::to_string(ack.count) + " " + (ack.was_read ? to_hex(ack.digest) : "-"));
}
void Notebook::refused(std::uint64_t number, const Error& error) {
  line("R " + std::to_string(number) + " " + std::string(errc_name(error.code)));
}
void Notebook::unknown(std::uint64_t number, const Error& error) {
  line("U " + std::to_string(number) + " " + std::string(errc_name(error.code)));
}

void Notebook::head(const std::string& note) {
  std::size_t number = 0;
  while (fs::exists(head_path(x_dir, number))) ++number;
  const fs::path made = x_dir / "head.new";
  std::ofstream(made) << note;
  fs::rename(made, head_path(x_dir, number));
}

void Notebook::judged(const std::vector<Hash32>& digests) {
  const fs::path made = x_dir / "digests.new";
  std::ofstream out(made, std::ios::binary);
  for (const Hash32& digest : digests)
    out.write(reinterpret_cast<const char*>(digest.data()), std::streamsize{32});
  out.close();
  fs::rename(made, digests_path(x_dir));
}

EventId command_id(std::uint64_t run_seed, std::uint64_t number) {
  Bytes bytes(16);
  store_be64(bytes.data(), run_seed);
  store_be64(bytes.data() + 8, number);
  const Hash32 hash = crypto::sha256(bytes);
  EventId id;
  std::copy_n(hash.begin(), 16, id.bytes.begin());
  return id;
}

Hash32 digest_of(const crypto::StoredEvent& event) {
  Bytes bytes;
  const auto leaf = crypto::encode_leaf(event.leaf);
  bytes.insert(bytes.end(), leaf.begin(), leaf.end());
  crypto::encode_body(event.body, bytes);
  return crypto::sha256(bytes);
}

}  // namespace cartella::fault
