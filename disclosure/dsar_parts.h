// disclosure/dsar_parts.h: what the sections of a report are made from, for dsar*.cc.
//
// Threads: values and free functions.
#pragma once

#include <map>
#include <string>
#include <vector>

#include "disclosure/dsar.h"
#include "disclosure/history_words.h"
#include "disclosure/screen.h"
#include "disclosure/words.h"
#include "projections/access_log.h"
#include "projections/person_index.h"

namespace cartella::disclosure {

struct RequestFacts {
  StreamId stream;
  std::uint64_t position = 0;
  std::string kind;
  std::int32_t received_on = 0;
  std::string requester;
  std::string title;
};

// One transmission or release, as its own event has it.
struct Departure {
  std::uint64_t position = 0;
  TimeUs when;
  bool is_release = false;  // a document; else data
  std::string recipient;
  std::string ground;  // legal basis or purpose
  std::string items;   // in words
  std::string digest;
};

// A stream of the person: the person, a card, a case, a benefit.
struct ItemFacts {
  StreamId stream;
  schema::EventType type{};  // of its first event
  std::vector<Field> fields;
};

struct Gathered {
  projections::Organisation organisation;
  projections::PersonRecord person;
  bool own_contacts = true;  // false: the contacts of the record are somebody else's
  RequestFacts request;
  std::uint64_t end = 0;
  TimeUs as_of;
  TimeUs log_began;
  std::vector<HistoryEntry> entries;  // texts screened
  std::vector<ItemFacts> items;
  std::vector<Departure> departures;
  std::vector<projections::AccessEntry> accesses;                      // oldest first
  std::map<std::string, std::map<std::string, std::size_t>> purposes;  // purpose, basis: events
  std::vector<std::string> registry;                                   // sentences
  std::vector<LeftOut> left_out;

  Words words() const { return {organisation, Audience::subject, false}; }
};

Result<Gathered> gather(const DsarSources& sources, const DsarQuery& query);

// Builds one section: it has data as soon as a table has rows or has_data is said.
class SectionBuilder {
 public:
  SectionBuilder(int number, const char* code, const char* title);
  SectionBuilder& say(std::string paragraph);
  // A table without rows becomes the sentence "<caption>: nessuno."
  SectionBuilder& table(ReportTable table);
  SectionBuilder& data() {
    x_section.has_data = true;
    return *this;
  }
  // A section without data says `nothing`, and "nessuno" by itself where that is empty.
  Section finish(const std::string& nothing = {});

 private:
  Section x_section;
};

Section cover_section(const Gathered& all);                                    // 1
Section confirmation_section(const Gathered& all, const std::string& origin);  // 2
Section purposes_section(const Gathered& all);                                 // 3
Section categories_section(const Gathered& all);                               // 4
Section recipients_section(const Gathered& all);                               // 5
Section retention_section(const Gathered& all);                                // 6
Section rights_section();                                                      // 7
Section complaint_section();                                                   // 8
Section sources_section(const Gathered& all);                                  // 9
Section decisions_section(const Gathered& all);                                // 10
Section data_section(const Gathered& all);                                     // 11
Section accesses_section(const Gathered& all);                                 // 12
Section requests_section(const Gathered& all);                                 // 13
Section left_out_section(const Gathered& all);                                 // 14
Section code_lists_section(const Gathered& all);                               // 15
Section manifest_section(const Gathered& all, const std::string& origin);      // 16

std::string retention_words(std::string_view category);
std::string term_words(std::string_view term_start);

}  // namespace cartella::disclosure
