// tests/support/encrypted_files.h: which files of an encrypted RocksDB directory are in clear.
//
// A file of the encrypted Env begins with its magic. Empty files (LOCK, a silent LOG) hold nothing.
// Threads: any.
#pragma once

#include <filesystem>
#include <fstream>
#include <string>
#include <vector>

namespace cartella::tests {

struct FilesByEncryption {
  std::vector<std::string> encrypted;  // names
  std::vector<std::string> clear;
};

inline FilesByEncryption files_by_encryption(const std::filesystem::path& dir) {
  FilesByEncryption files;
  for (const auto& entry : std::filesystem::directory_iterator(dir)) {
    if (!entry.is_regular_file() || entry.file_size() == 0) continue;
    std::string magic(8, '\0');
    std::ifstream(entry.path(), std::ios::binary).read(magic.data(), 8);
    (magic == "CRTENC01" ? files.encrypted : files.clear)
        .push_back(entry.path().filename().string());
  }
  return files;
}

inline bool has_manifest(const std::vector<std::string>& names) {
  for (const auto& name : names)
    if (name.starts_with("MANIFEST-")) return true;
  return false;
}

}  // namespace cartella::tests
