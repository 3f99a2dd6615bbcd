// disclosure/record_fields.h: a person, a card, a case or a benefit as a list of labelled values.
//
// Two lists can be compared: what one event changed, or what differs between two moments. Keys are
// stable words for machines, labels and values are Italian. Absent values are left out of the
// lists. Threads: values and free functions.
#pragma once

#include <string>
#include <vector>

#include "disclosure/words.h"
#include "projections/benefits.h"
#include "projections/case_file.h"
#include "projections/intake_register.h"
#include "projections/person_index.h"

namespace cartella::disclosure {

struct Field {
  std::string key;
  std::string label;
  std::string value;
  bool operator==(const Field&) const = default;
};

// Empty `before`: it was not there; empty `after`: it is gone.
struct FieldChange {
  std::string key;
  std::string label;
  std::string before;
  std::string after;
  bool operator==(const FieldChange&) const = default;
};

// `at` decides between labels of a code that changed over the years.
std::vector<Field> person_fields(const projections::PersonRecord& person, Date at);
std::vector<Field> card_fields(const projections::CardRecord& card, const Words& words);
std::vector<Field> case_fields(const projections::CaseRecord& record, const Words& words, Date at);
std::vector<Field> benefit_fields(const projections::BenefitRecord& benefit, const Words& words,
                                  Date at);

// In the order of `after`, what is gone last.
std::vector<FieldChange> changed_fields(const std::vector<Field>& before,
                                        const std::vector<Field>& after);

}  // namespace cartella::disclosure
