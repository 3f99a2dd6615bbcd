// ops/registry_facts.h: what the ledger last took from the population registry about one person.
//
// A later registry file is compared with these facts, not with the file before it: so a file that
// was interrupted, repeated or skipped still yields the right variations.
// Threads: free functions, any thread.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "cases/commands.h"
#include "crypto/record.h"
#include "store/resident.h"
#include "store/store.h"

namespace cartella::ops {

struct RegistryFacts {
  bool registered = false;  // the registry told who the person is: then, or at first facts
  // What the ledger knows from whatever source; only this much is needed of it.
  cases::IdentityValue known;
  std::string known_codice_fiscale;
  // From here on the registry's word only.
  cases::IdentityValue identity;
  std::string codice_fiscale;
  std::optional<cases::AddressValue> residence;
  bool left = false;
  std::optional<Date> resident_from;
  std::string household;
  std::string kinship;
};

// Folds the events of a person's stream. What the store and open_event return;
// erased: the person's keys are gone.
Result<RegistryFacts> registry_facts(const store::Store& store, crypto::SegmentKeys& keys,
                                     const StreamId& person);

enum class RegistryVariationKind : std::uint8_t {
  moved,
  died,
  household,
  name,
  codice_fiscale,
  civil_status
};
std::string_view variation_name(RegistryVariationKind kind);

struct RegistryVariationFact {
  RegistryVariationKind kind = RegistryVariationKind::moved;
  cases::Command command;  // the fact, for that person's stream
  std::optional<Date> valid_from;
};
// What the record says that the facts do not. `street` is the label of the record's street.
// Pure; empty when the person was never taken from the registry: then first_facts_of.
std::vector<RegistryVariationFact> variations_of(const StreamId& person, const RegistryFacts& facts,
                                                 const store::Resident& record,
                                                 const std::string& street);

// Everything the record says of a person who was known before the registry told anything. Whoever
// writes these is `registered` with the last of them, the identity: an interrupted run repeats them
// all. Pure; empty when the person was taken from the registry.
std::vector<RegistryVariationFact> first_facts_of(const StreamId& person,
                                                  const RegistryFacts& facts,
                                                  const store::Resident& record,
                                                  const std::string& street);

}  // namespace cartella::ops
