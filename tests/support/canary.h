// tests/support/canary.h: searches every file under a directory for values that must not be there.
//
// A value may hide in another encoding or letter case, so each is looked for as UTF-8, Latin-1 and
// UTF-16LE, as written, in upper and in lower case. File names are searched, too. A test that uses
// this shows with a positive control that the search would find.
// Threads: free functions, any thread.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <set>
#include <string>
#include <string_view>
#include <vector>

namespace cartella::tests {

struct CanaryHit {
  std::filesystem::path file;
  std::string value;  // as given
  std::size_t offset = 0;
};

// Code points of well-formed UTF-8; other bytes count as Latin-1.
inline std::u32string code_points(std::string_view text) {
  std::u32string points;
  for (std::size_t i = 0; i < text.size();) {
    const auto lead = static_cast<unsigned char>(text[i]);
    const std::size_t count = lead < 0xc0 ? 1 : lead < 0xe0 ? 2 : lead < 0xf0 ? 3 : 4;
    if (count == 1 || i + count > text.size()) {
      points.push_back(lead);
      ++i;
      continue;
    }
    char32_t point = lead & (0xffu >> (count + 1));
    for (std::size_t k = 1; k < count; ++k)
      point = (point << 6) | (static_cast<unsigned char>(text[i + k]) & 0x3fu);
    points.push_back(point);
    i += count;
  }
  return points;
}

// ASCII and the letters of Latin-1, which are those of Italian names.
inline char32_t in_case(char32_t point, bool upper) {
  const bool is_lower =
      (point >= U'a' && point <= U'z') || (point >= 0xe0 && point <= 0xfe && point != 0xf7);
  const bool is_upper =
      (point >= U'A' && point <= U'Z') || (point >= 0xc0 && point <= 0xde && point != 0xd7);
  if (upper && is_lower) return point - 0x20;
  if (!upper && is_upper) return point + 0x20;
  return point;
}

inline std::string to_utf8(const std::u32string& points) {
  std::string bytes;
  const auto put = [&](char32_t value) { bytes.push_back(static_cast<char>(value)); };
  for (const char32_t point : points) {
    if (point < 0x80) {
      put(point);
    } else if (point < 0x800) {
      put(0xc0 | (point >> 6));
      put(0x80 | (point & 0x3f));
    } else if (point < 0x10000) {
      put(0xe0 | (point >> 12));
      put(0x80 | ((point >> 6) & 0x3f));
      put(0x80 | (point & 0x3f));
    } else {
      put(0xf0 | (point >> 18));
      put(0x80 | ((point >> 12) & 0x3f));
      put(0x80 | ((point >> 6) & 0x3f));
      put(0x80 | (point & 0x3f));
    }
  }
  return bytes;
}

// Every spelling of a value that the search knows.
inline std::set<std::string> canary_spellings(std::string_view value) {
  std::set<std::string> spellings;
  const auto add = [&](const std::u32string& points) {
    spellings.insert(to_utf8(points));
    std::string latin1;
    std::string utf16;
    bool fits = true;
    for (const char32_t point : points) {
      fits = fits && point < 0x100;
      latin1.push_back(static_cast<char>(point));
      utf16.push_back(static_cast<char>(point & 0xff));
      utf16.push_back(static_cast<char>((point >> 8) & 0xff));
    }
    if (fits) spellings.insert(latin1);
    spellings.insert(utf16);
  };
  const std::u32string as_written = code_points(value);
  add(as_written);
  for (const bool upper : {true, false}) {
    std::u32string changed = as_written;
    for (char32_t& point : changed) point = in_case(point, upper);
    add(changed);
  }
  return spellings;
}

// Whole, and at once: a journal has hundreds of megabytes.
inline std::string file_content(const std::filesystem::path& path) {
  std::ifstream file(path, std::ios::binary | std::ios::ate);
  std::string content(file ? static_cast<std::size_t>(file.tellg()) : 0, '\0');
  file.seekg(0).read(content.data(), static_cast<std::streamsize>(content.size()));
  content.resize(static_cast<std::size_t>(std::max<std::streamsize>(file.gcount(), 0)));
  return content;
}

// Of the C library, which no sanitizer slows down: a template of ours took minutes under one. Null:
// nowhere.
inline const char* find_bytes(const std::string& content, std::string_view bytes) {
  return static_cast<const char*>(
      ::memmem(content.data(), content.size(), bytes.data(), bytes.size()));
}

// How many files below `dir` hold each of these bytes as they are, in all.
inline std::size_t files_with(const std::filesystem::path& dir,
                              const std::vector<std::string>& needles) {
  std::size_t count = 0;
  for (const auto& entry : std::filesystem::recursive_directory_iterator(dir)) {
    if (!entry.is_regular_file()) continue;
    const std::string content = file_content(entry.path());
    for (const std::string& needle : needles) count += find_bytes(content, needle) != nullptr;
  }
  return count;
}

// The first hit of each spelling in each file. Values shorter than four bytes occur in random
// bytes by chance, so a caller gives longer ones.
inline std::vector<CanaryHit> find_canaries(const std::filesystem::path& dir,
                                            const std::vector<std::string>& values) {
  std::vector<CanaryHit> hits;
  for (const auto& entry : std::filesystem::recursive_directory_iterator(dir)) {
    const std::string content = entry.is_regular_file() ? file_content(entry.path()) : "";
    const std::string name = entry.path().filename().string();
    for (const auto& value : values) {
      for (const auto& spelling : canary_spellings(value)) {
        const char* const at = find_bytes(content, spelling);
        if (at != nullptr)
          hits.push_back({entry.path(), value, static_cast<std::size_t>(at - content.data())});
        if (name.find(spelling) != std::string::npos) hits.push_back({entry.path(), value, 0});
      }
    }
  }
  return hits;
}

}  // namespace cartella::tests
