// ops/import_columns.h: which of the predecessor's columns the import takes.
//
// An export may hold more than we know: an installation's own tables, later versions, parts that we
// have no place for. What is not taken is told once for each table or column that holds data, so
// that nobody switches the predecessor off believing that all of it was carried over.
// Threads: one.
#pragma once

#include <filesystem>

#include "base/result.h"
#include "ops/rejects.h"

namespace cartella::ops {

// One warning for each file of an unknown table with rows (unread_table) and for each unknown
// column with a value in some row (unread_column; the reject's id is the column's name). io.
Status warn_of_unread(const std::filesystem::path& dir, Rejects& rejects);

}  // namespace cartella::ops
