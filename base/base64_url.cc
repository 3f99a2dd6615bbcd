#include "base/base64_url.h"

#include <algorithm>

namespace cartella {

std::string to_base64_url(ByteView bytes) {
  std::string text = to_base64(bytes);
  std::replace(text.begin(), text.end(), '+', '-');
  std::replace(text.begin(), text.end(), '/', '_');
  text.erase(std::find(text.begin(), text.end(), '='), text.end());
  return text;
}

Result<Bytes> from_base64_url(std::string_view text) {
  if (text.find_first_of("+/=") != std::string_view::npos)
    return fail(Errc::invalid_input, "not Base64 for URLs");
  std::string padded(text);
  std::replace(padded.begin(), padded.end(), '-', '+');
  std::replace(padded.begin(), padded.end(), '_', '/');
  padded.append((4 - padded.size() % 4) % 4, '=');
  return from_base64(padded);
}

}  // namespace cartella
