#include "tests/fault/death.h"

#include <cxxabi.h>
#include <elf.h>
#include <execinfo.h>
#include <link.h>
#include <signal.h>
#include <unistd.h>

#include <array>
#include <cstdint>
#include <cstdlib>
#include <cstring>
#include <fstream>
#include <iterator>
#include <map>
#include <memory>
#include <sstream>
#include <vector>

namespace cartella::fault {
namespace {

constexpr int kFramesMax = 48;
constexpr int kOwnFrames = 1;  // the handler's
constexpr std::array kSignals = {SIGSEGV, SIGBUS, SIGFPE, SIGABRT};
constexpr std::string_view kLine = "died at";
constexpr std::string_view kOurs = "8cartella";
constexpr std::string_view kLibrary = "7rocksdb";

// Nothing here may take memory.
void say_hex(std::uintptr_t value) {
  std::array<char, 20> text{};
  std::size_t at = text.size();
  do {
    text[--at] = "0123456789abcdef"[value % 16];
    value /= 16;
  } while (value != 0);
  text[--at] = ' ';
  (void)!::write(STDERR_FILENO, text.data() + at, text.size() - at);
}

void tell(int number) {
  void* frames[kFramesMax];
  const int count = ::backtrace(frames, kFramesMax);
  (void)!::write(STDERR_FILENO, kLine.data(), kLine.size());
  for (int i = kOwnFrames; i < count; ++i) say_hex(reinterpret_cast<std::uintptr_t>(frames[i]));
  (void)!::write(STDERR_FILENO, "\n", 1);
  ::signal(number, SIG_DFL);
  ::raise(number);
}

int first_base(dl_phdr_info* info, std::size_t, void* base) {
  *static_cast<std::uintptr_t*>(base) = info->dlpi_addr;
  return 1;  // the program itself comes first
}

// The functions of this program with their addresses, from its own symbol table.
class Symbols {
 public:
  Symbols() {
    ::dl_iterate_phdr(first_base, &x_base);
    std::ifstream file("/proc/self/exe", std::ios::binary);
    x_bytes.assign(std::istreambuf_iterator<char>(file), {});
    const auto head = at<Elf64_Ehdr>(0);
    for (std::size_t i = 0; i < head.e_shnum; ++i) {
      const auto section = at<Elf64_Shdr>(head.e_shoff + i * sizeof(Elf64_Shdr));
      if (section.sh_type == SHT_SYMTAB)
        add(section, at<Elf64_Shdr>(head.e_shoff + section.sh_link * sizeof(Elf64_Shdr)));
    }
  }
  // Empty where the address is of a library that is loaded, or of nothing.
  std::string name_of(std::uintptr_t address) const {
    const std::uintptr_t within = address - x_base;
    auto found = x_functions.upper_bound(within);
    if (found == x_functions.begin()) return {};
    --found;
    return within < found->first + found->second.size ? found->second.name : std::string();
  }

 private:
  struct Function {
    std::uintptr_t size;
    std::string name;
  };
  template <class T>
  T at(std::size_t offset) const {
    T value{};
    if (offset + sizeof value <= x_bytes.size())
      std::memcpy(&value, x_bytes.data() + offset, sizeof value);
    return value;
  }
  void add(const Elf64_Shdr& table, const Elf64_Shdr& names) {
    for (std::size_t i = 0; i < table.sh_size / sizeof(Elf64_Sym); ++i) {
      const auto symbol = at<Elf64_Sym>(table.sh_offset + i * sizeof(Elf64_Sym));
      const std::size_t name = names.sh_offset + symbol.st_name;
      if (ELF64_ST_TYPE(symbol.st_info) != STT_FUNC || name >= x_bytes.size()) continue;
      x_functions[symbol.st_value] = {symbol.st_size, x_bytes.data() + name};
    }
  }

  std::uintptr_t x_base = 0;
  std::vector<char> x_bytes;
  std::map<std::uintptr_t, Function> x_functions;
};

std::string readable(const std::string& name) {
  int status = 0;
  const std::unique_ptr<char, decltype(&std::free)> text(
      abi::__cxa_demangle(name.c_str(), nullptr, nullptr, &status), std::free);
  return status == 0 ? text.get() : name;
}

// Those of the standard library's templates belong to whoever calls them.
bool is_standard(const std::string& name) {
  return name.starts_with("_ZNSt") || name.starts_with("_ZNKSt") || name.starts_with("_ZSt") ||
         name.starts_with("_ZN9__gnu_cxx") || name.find("end_for_want_of_memory") != name.npos;
}

}  // namespace

void tell_of_death() {
  void* frame = nullptr;
  (void)::backtrace(&frame, 1);  // loads what it needs while there is memory
  for (const int number : kSignals) ::signal(number, tell);
}

Death death_in(const std::string& said) {
  const std::size_t line = said.find(kLine);
  if (line == std::string::npos) return {};
  static const Symbols symbols;
  std::istringstream words(said.substr(line + kLine.size()));
  for (std::uintptr_t address = 0; words >> std::hex >> address;) {
    const std::string name = symbols.name_of(address - 1);  // a return address: the call before it
    if (name.empty() || is_standard(name)) continue;
    const std::size_t ours = name.find(kOurs);
    const std::size_t library = name.find(kLibrary);
    if (ours == library) continue;  // neither
    return {library < ours, readable(name)};
  }
  return {};
}

}  // namespace cartella::fault
