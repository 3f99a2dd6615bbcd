#include "keeping/data_version.h"

#include <charconv>
#include <string>
#include <string_view>

#include "store/file_io.h"

namespace cartella::keeping {

namespace {

constexpr std::uint64_t kFileBytesMax = 64;

std::filesystem::path file_of(const std::filesystem::path& data_dir) {
  return data_dir / "data-version";
}

}  // namespace

Result<std::uint32_t> read_data_version(const std::filesystem::path& data_dir) {
  const auto bytes = store::read_file(file_of(data_dir), kFileBytesMax);
  if (!bytes && bytes.error().code == Errc::not_found) return std::uint32_t{1};
  if (!bytes && bytes.error().code != Errc::invalid_input) return bytes.error();
  std::uint32_t version = 0;
  const std::string_view text = bytes ? as_text(bytes.value()) : std::string_view();
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), version);
  if (error != std::errc{} || version == 0 ||
      std::string_view(end, text.data() + text.size()) != "\n")
    return fail(Errc::corrupt, file_of(data_dir).string() + " holds no version");
  return version;
}

Status check_data_version(const std::filesystem::path& data_dir) {
  CARTELLA_TRY(const auto version, read_data_version(data_dir));
  if (version <= kDataVersion) return ok();
  return fail(Errc::unsupported, "the data directory is of version " + std::to_string(version) +
                                     ", this build knows " + std::to_string(kDataVersion) +
                                     ": take the newer build, or restore the backup that its "
                                     "upgrade made");
}

Status write_data_version(const std::filesystem::path& data_dir) {
  return store::replace_file(file_of(data_dir), as_bytes(std::to_string(kDataVersion) + "\n"));
}

}  // namespace cartella::keeping
