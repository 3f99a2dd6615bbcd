// ops/pending_file.h: a file for its owner alone that appears whole, or not at all.
//
// What is written stands under a temporary name beside the target until publish() moves it there.
// Without publish() it is removed. Threads: one thread.
#pragma once

#include <filesystem>
#include <memory>

#include "base/bytes.h"
#include "base/result.h"

namespace cartella::ops {

class PendingFile {
 public:
  // invalid_argument: the target is there already, or its folder is not. io, out_of_space.
  static Result<std::unique_ptr<PendingFile>> create(const std::filesystem::path& target);
  ~PendingFile();
  PendingFile(const PendingFile&) = delete;
  PendingFile& operator=(const PendingFile&) = delete;
  // A piece of what does not fit in memory; write() ends it. io, out_of_space.
  Status add(ByteView piece);
  // Durable on return, with what was added before. Once. io, out_of_space.
  Status write(ByteView content);
  // Moves it to its name, durably, over no other file. invalid_argument: somebody made one
  // meanwhile; io.
  Status publish();

 private:
  PendingFile(std::filesystem::path target, std::filesystem::path temporary, int fd)
      : x_target(std::move(target)), x_temporary(std::move(temporary)), x_fd(fd) {}
  std::filesystem::path x_target;
  std::filesystem::path x_temporary;  // empty once it is published
  int x_fd = -1;
};

}  // namespace cartella::ops
