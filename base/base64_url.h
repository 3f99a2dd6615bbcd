// base/base64_url.h: Base64 in the alphabet that URLs, headers and tokens take (RFC 4648 5).
//
// Without padding. Threads: free functions, any thread.
#pragma once

#include <string>
#include <string_view>

#include "base/bytes.h"

namespace cartella {

std::string to_base64_url(ByteView bytes);
// invalid_input: wrong alphabet, padding, or bits after the end that are not zero.
Result<Bytes> from_base64_url(std::string_view text);

}  // namespace cartella
