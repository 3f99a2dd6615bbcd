// crypto/forget.h: removing files so that freed blocks of the disk open nothing of them.
//
// A file of an encrypted database (crypto/encrypted_env.h) loses its first page, where its nonce
// stands: without it the key, which lives on, opens none of the rest. A key file is overwritten
// whole. The zeros are on the disk before the name is gone. A file with another name keeps its
// bytes; whoever removes the last name overwrites. What a disk keeps of an overwritten page
// (copy on write, flash) is beyond it (docs/reliability.md). Threads: any; the names of one file
// may be removed at the same time.
#pragma once

#include <filesystem>

#include "base/result.h"

namespace cartella::crypto {

// Of an encrypted database. On an error the file stays, to be removed again; on a full disk it is
// removed without having been overwritten, where that takes space. not_found, io.
Status forget_encrypted_file(const std::filesystem::path& file);

// A file, or a folder with all that is in it: key files (those in a folder `keys`), files of
// encrypted databases, and others, which are removed as they are. ok where there is none. On an
// error some of it stays. io, out_of_space.
Status forget_files(const std::filesystem::path& path);

}  // namespace cartella::crypto
