// projections/apply.h: what the apply functions of the views share, for .cc files only.
//
// It brings Cap'n Proto's headers.
// Threads: free functions.
#pragma once

#include <capnp/schema.h>

#include <string>
#include <utility>

#include "projections/decoded_event.h"
#include "projections/projection.h"
#include "projections/row.h"
#include "schema/body.h"

namespace cartella::projections {

// Gives the reader of the event's body to `use`. A body whose key is destroyed tells nothing and is
// passed over; one that was never there is a poison event (invalid_input).
template <class Root, class Use>
Status with_body_of(const DecodedEvent& event, Use&& use) {
  const crypto::Plaintext* body = event.body(capnp::typeId<Root>());
  if (body == nullptr) {
    if (event.has_erased_body()) return ok();
    return fail(Errc::invalid_input, "an event has no body of its type");
  }
  return schema::with_body<Root>(body->message, std::forward<Use>(use));
}

template <class Row>
Result<std::optional<Row>> read_row(ViewWriter& rows, const std::string& key) {
  CARTELLA_TRY(const auto value, rows.read(key));
  if (!value) return std::optional<Row>{};
  CARTELLA_TRY(auto row, decode_row<Row>(*value));
  return std::optional<Row>(std::move(row));
}

template <class Row>
Result<std::optional<Row>> read_row(const ViewReader& view, const std::string& key) {
  CARTELLA_TRY(const auto value, view.read(key));
  if (!value) return std::optional<Row>{};
  CARTELLA_TRY(auto row, decode_row<Row>(*value));
  return std::optional<Row>(std::move(row));
}

// Changes the row at `key`, made new where there is none.
template <class Row, class Change>
Status change_row(ViewWriter& rows, const std::string& key, Change&& change) {
  CARTELLA_TRY(auto row, read_row<Row>(rows, key));
  Row changed = row ? std::move(*row) : Row{};
  CARTELLA_TRY(change(changed));
  rows.put(key, encode_row(changed));
  return ok();
}

// Changes the row at `key` where there is one; a fact about a thing that this view never saw (its
// first event was erased) is passed over.
template <class Row, class Change>
Status change_known_row(ViewWriter& rows, const std::string& key, Change&& change) {
  CARTELLA_TRY(auto row, read_row<Row>(rows, key));
  if (!row) return ok();
  CARTELLA_TRY(change(*row));
  rows.put(key, encode_row(*row));
  return ok();
}

template <class Id, class List>
Result<std::vector<Id>> ids_from(const List& list) {
  std::vector<Id> ids;
  ids.reserve(list.size());
  for (const auto data : list) {
    CARTELLA_TRY(const auto id, schema::id_from<Id>(data));
    ids.push_back(id);
  }
  return ids;
}

}  // namespace cartella::projections
