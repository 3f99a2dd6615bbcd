// ops/source_file.h: a file from outside, read from its beginning in pieces.
//
// The streams of the standard library either swallow an error of the disk or throw it, and a folder
// or a device opens like a file. Here every failure is a Result, only regular files are read, and
// what is longer than its bound is refused before and while it is read.
// Threads: one object belongs to one thread.
#pragma once

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <span>
#include <string>

#include "base/result.h"
#include "crypto/hash.h"
#include "store/file_io.h"

namespace cartella::ops {

class SourceFile {
 public:
  // io: it cannot be opened or is not a regular file. invalid_input: longer than `bytes_max`.
  static Result<SourceFile> open(const std::filesystem::path& file, std::uint64_t bytes_max);

  std::string name() const { return x_file.path().filename().string(); }
  std::uint64_t size() const { return x_size; }  // when it was opened
  // Fills `to` as far as the file goes: fewer than asked for is its end. io. invalid_input: it has
  // grown beyond the bound meanwhile.
  Result<std::size_t> read(std::span<char> to);

 private:
  SourceFile(store::File file, std::uint64_t size, std::uint64_t bytes_max)
      : x_file(std::move(file)), x_size(size), x_bytes_max(bytes_max) {}
  store::File x_file;
  std::uint64_t x_size;
  std::uint64_t x_bytes_max;
  std::uint64_t x_at = 0;
};

// What is left of the file, into a hash. As SourceFile::read.
Status hash_rest(SourceFile& file, crypto::Sha256Stream& hash);

}  // namespace cartella::ops
