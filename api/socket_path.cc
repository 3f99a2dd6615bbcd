#include "api/socket_path.h"

#include <fcntl.h>
#include <sys/un.h>
#include <unistd.h>

#include <utility>

namespace cartella::api {

namespace {
constexpr std::size_t kPathBytesMax = sizeof(sockaddr_un::sun_path) - 1;
}

Result<SocketPath> SocketPath::of(const std::string& path) {
  if (path.size() <= kPathBytesMax) return SocketPath(path, -1);
  const std::size_t slash = path.rfind('/');
  if (slash == std::string::npos)
    return fail(Errc::invalid_argument, "the name of the socket is too long");
  const int folder = ::open(path.substr(0, slash).c_str(), O_PATH | O_DIRECTORY | O_CLOEXEC);
  if (folder < 0) return fail(Errc::not_found, "the folder of the socket cannot be opened");
  SocketPath made("/proc/self/fd/" + std::to_string(folder) + path.substr(slash), folder);
  if (made.x_text.size() > kPathBytesMax)
    return fail(Errc::invalid_argument, "the name of the socket is too long");
  return made;
}

SocketPath::SocketPath(SocketPath&& other) noexcept
    : x_text(std::move(other.x_text)), x_folder(std::exchange(other.x_folder, -1)) {}

SocketPath::~SocketPath() {
  if (x_folder >= 0) ::close(x_folder);
}

}  // namespace cartella::api
