// crypto/apart.h: a short piece of work in a process of its own.
//
// What a foreign library does with a device can hang for ever or end the process, and no thread can
// be taken back from it. So it works in a forked process that has no file of ours but standard
// error, dies with its parent, and is killed when it is late. Threads: any; the caller waits.
#pragma once

#include <functional>

#include "base/bytes.h"
#include "base/result.h"

namespace cartella::crypto {

// What `work` returns: at most 4,000 bytes, or its error. It may take memory and load libraries; it
// must not wait for a thread of the parent, which is not there. unavailable: not within ten
// seconds, or no process could be made. io: it died.
Result<Bytes> ask_apart(const std::function<Result<Bytes>()>& work);

}  // namespace cartella::crypto
