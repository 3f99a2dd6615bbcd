// crypto/descriptor.h: a file descriptor that is closed with its owner.
//
// Ownership: moves nowhere. Threads: as the file.
#pragma once

#include <unistd.h>

namespace cartella::crypto {

class Descriptor {
 public:
  // Negative: open() failed, and errno tells.
  explicit Descriptor(int fd) : x_fd(fd) {}
  ~Descriptor() {
    if (x_fd >= 0) ::close(x_fd);
  }
  Descriptor(const Descriptor&) = delete;
  Descriptor& operator=(const Descriptor&) = delete;
  int get() const { return x_fd; }

 private:
  int x_fd;
};

}  // namespace cartella::crypto
