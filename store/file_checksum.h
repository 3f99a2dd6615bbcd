// store/file_checksum.h: the checksums of RocksDB's files, made by the processor's own instruction.
//
// RocksDB takes a CRC-32C of each table it writes. Debian builds it for every x86-64 processor, so
// its own generator works from tables of constants, at 1.6 GB/s: a third of what verifying the tree
// cost. The instruction of SSE 4.2 does four times that. Names and values are RocksDB's, so that
// either checks what the other wrote.
// Threads: a factory is used from any; a generator belongs to one.
#pragma once

#include <memory>

namespace rocksdb {
class FileChecksumGenFactory;
}

namespace cartella::store {

// RocksDB's own where the processor lacks the instruction.
std::shared_ptr<rocksdb::FileChecksumGenFactory> file_checksums();

}  // namespace cartella::store
