// crypto/command_id.h: fresh command ids: UUIDv7 (RFC 9562), random but ordered in time.
//
// Time order keeps the id index nearly sequential on disk. 48 bits of milliseconds, a 12-bit
// counter that grows within a millisecond, 62 random bits. Threads: any.
#pragma once

#include "base/clock.h"
#include "base/ids.h"

namespace cartella::crypto {

EventId new_command_id(const Clock& clock);

}  // namespace cartella::crypto
