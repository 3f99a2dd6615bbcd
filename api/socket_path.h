// api/socket_path.h: a path of a Unix socket that is short enough for the system, whatever folder
// it is in.
//
// The address of a Unix socket holds 107 bytes, and a data directory may lie deeper. A longer path
// is then named through a descriptor of its folder (/proc/self/fd/N/name).
// Ownership: owns the descriptor; text() is good while it lives. Threads: one.
#pragma once

#include <string>

#include "base/result.h"

namespace cartella::api {

class SocketPath {
 public:
  // not_found: no such folder. invalid_argument: the name itself is too long.
  static Result<SocketPath> of(const std::string& path);
  ~SocketPath();
  SocketPath(SocketPath&& other) noexcept;
  SocketPath& operator=(SocketPath&&) = delete;
  const std::string& text() const { return x_text; }

 private:
  SocketPath(std::string text, int folder) : x_text(std::move(text)), x_folder(folder) {}
  std::string x_text;
  int x_folder = -1;  // -1: the path is short
};

}  // namespace cartella::api
