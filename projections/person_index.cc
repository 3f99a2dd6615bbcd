#include "projections/person_index.h"

#include <algorithm>
#include <iterator>
#include <map>
#include <set>
#include <tuple>

#include "projections/apply.h"
#include "projections/person_names.h"

namespace cartella::projections {
namespace {

constexpr char kPerson = 'p';      // person stream -> PersonRecord
constexpr char kSubject = 's';     // subject, person stream
constexpr char kIdentifier = 'i';  // token of kind and value, person stream
constexpr char kName = 'n';        // token of a word or of a word with one letter out, stream
constexpr std::size_t kNameTokenBytes = 8;  // a false match costs one record read
constexpr std::size_t kAfterNameToken = 1 + kNameTokenBytes;
constexpr std::size_t kAfterIdentifierToken = 1 + 16;

std::string normal_identifier(std::string_view value) {
  std::string normal;
  for (const char c : value) {
    if (c == ' ' || c == '\t') continue;
    normal.push_back(c >= 'a' && c <= 'z' ? static_cast<char>(c - 'a' + 'A') : c);
  }
  return normal;
}

std::string identifier_prefix(const Tokens& tokens, IdentifierKind kind, std::string_view value) {
  const std::string label = "identifier/" + std::to_string(static_cast<int>(kind));
  return RowKey(kIdentifier).bytes(tokens.token(label, normal_identifier(value))).take();
}

std::string name_prefix(const Tokens& tokens, std::string_view variant) {
  const KeyToken token = tokens.token("name", variant);
  return RowKey(kName).bytes(ByteView(token).first(kNameTokenBytes)).take();
}

// Words that a person is found under.
std::vector<std::string> searchable_words(const PersonRecord& person) {
  std::vector<std::string> words;
  for (const std::string* text : {&person.surname, &person.name})
    for (NameWord& word : name_words(*text)) {
      words.push_back(std::move(word.joined));
      if (!word.alone.empty()) words.push_back(std::move(word.alone));
    }
  return words;
}

std::set<std::string> index_keys(const PersonRecord& person, const StreamId& stream,
                                 const Tokens& tokens) {
  std::set<std::string> keys;
  const auto add = [&](std::string prefix) { keys.insert(prefix.append(as_text(stream.view()))); };
  if (!person.subject.is_zero()) add(RowKey(kSubject).id(person.subject).take());
  for (const PersonIdentifier& identifier : person.identifiers)
    add(identifier_prefix(tokens, identifier.kind, identifier.value));
  for (const std::string& word : searchable_words(person))
    for (const std::string& variant : with_one_letter_out(word)) add(name_prefix(tokens, variant));
  return keys;
}

bool same_index(const PersonRecord& a, const PersonRecord& b) {
  return a.subject == b.subject && a.identifiers == b.identifiers && a.surname == b.surname &&
         a.name == b.name;
}

class PersonIndex final : public Projection {
 public:
  std::string_view name() const override { return kPersonIndexView; }
  std::uint32_t version() const override { return 2; }
  Status apply(const DecodedEvent& event, ViewWriter& rows) const override {
    if (!event.readable || !is_person_event(event.type())) return ok();
    const std::string key = RowKey(kPerson).id(event.stream).take();
    CARTELLA_TRY(auto known, read_row<PersonRecord>(rows, key));
    // Facts about a person whose registration was erased tell nothing.
    if (!known && event.type() != schema::EventType::person_registered) return ok();
    const PersonRecord before = known ? std::move(*known) : PersonRecord{};
    PersonRecord after = before;
    CARTELLA_TRY(fold_person(after, event));
    if (after == before) return ok();
    rows.put(key, encode_row(after));
    if (same_index(before, after)) return ok();
    const auto old_keys = index_keys(before, event.stream, rows.tokens());
    const auto new_keys = index_keys(after, event.stream, rows.tokens());
    for (const std::string& old_key : old_keys)
      if (!new_keys.contains(old_key)) rows.erase(old_key);
    for (const std::string& new_key : new_keys)
      if (!old_keys.contains(new_key)) rows.put(new_key, {});
    return ok();
  }
};

// In order and each once, but where streams_under() adds to them. A frequent name has thousands.
using Streams = std::vector<StreamId>;

Status streams_under(const ViewReader& view, const std::string& prefix, std::size_t offset,
                     Streams& to) {
  return view.scan(prefix, [&](std::string_view key, std::string_view) -> Status {
    to.push_back(id_in_key<StreamId>(key, offset));
    return ok();
  });
}

Streams in_order(Streams streams) {
  std::sort(streams.begin(), streams.end());
  streams.erase(std::unique(streams.begin(), streams.end()), streams.end());
  return streams;
}

Result<Streams> candidates_by_identifier(const ViewReader& view, const PersonQuery& query) {
  Streams found;
  for (int kind = 0; kind <= static_cast<int>(IdentifierKind::alias); ++kind) {
    const auto this_kind = static_cast<IdentifierKind>(kind);
    if (query.identifier_kind && *query.identifier_kind != this_kind) continue;
    CARTELLA_TRY(streams_under(view, identifier_prefix(view.tokens(), this_kind, query.identifier),
                               kAfterIdentifierToken, found));
  }
  return in_order(std::move(found));
}

Result<Streams> candidates_for(const ViewReader& view, const std::string& text) {
  Streams found;
  for (const std::string& variant : with_one_letter_out(text)) {
    CARTELLA_TRY(streams_under(view, name_prefix(view.tokens(), variant), kAfterNameToken, found));
  }
  return in_order(std::move(found));
}

Streams common_to(const Streams& some, const Streams& others) {
  Streams common;
  std::set_intersection(some.begin(), some.end(), others.begin(), others.end(),
                        std::back_inserter(common));
  return common;
}

// Joined, or the prefix as a name of its own beside the word: "De Luca" and "Li Wei".
Result<Streams> candidates_for_word(const ViewReader& view, const NameWord& word) {
  CARTELLA_TRY(auto found, candidates_for(view, word.joined));
  if (word.prefix.empty()) return found;
  CARTELLA_TRY(const auto apart, candidates_for(view, word.prefix));
  CARTELLA_TRY(const auto alone, candidates_for(view, word.alone));
  const Streams both = common_to(apart, alone);
  found.insert(found.end(), both.begin(), both.end());
  return in_order(std::move(found));
}

Result<Streams> candidates_by_name(const ViewReader& view, const std::vector<NameWord>& words) {
  CARTELLA_TRY(auto common, candidates_for_word(view, words.front()));
  for (std::size_t i = 1; i < words.size() && !common.empty(); ++i) {
    CARTELLA_TRY(const auto found, candidates_for_word(view, words[i]));
    common = common_to(common, found);
  }
  return common;
}

int word_score(const std::vector<std::string>& known, const std::string& word) {
  int best = 0;
  for (const std::string& candidate : known) {
    if (candidate == word) best = std::max(best, 4);
    if (nearly_equal(candidate, word)) best = std::max(best, 2);
  }
  return best;
}

// 0 when a word of the query is nowhere in the person's name.
int name_score(const PersonRecord& person, const std::vector<NameWord>& words) {
  int score = 0;
  const std::vector<std::string> known = searchable_words(person);
  for (const NameWord& word : words) {
    int best = word_score(known, word.joined);
    if (!word.prefix.empty())
      best =
          std::max(best, std::min(word_score(known, word.prefix), word_score(known, word.alone)));
    if (best == 0) return 0;
    score += best;
  }
  return score;
}

bool passes(const PersonRecord& person, const PersonQuery& query) {
  if (query.birth_year &&
      (person.birth_date == kNoDate || civil(Date{person.birth_date}).year != *query.birth_year))
    return false;
  if (query.controller && person.controller != *query.controller) return false;
  return query.comune.empty() || person.comune == query.comune;
}

auto order_of(const PersonHit& hit) {
  return std::make_tuple(-hit.score, hit.person.surname, hit.person.name, hit.person.birth_date,
                         hit.stream);
}

}  // namespace

Result<std::vector<PersonHit>> find_people(const Engine& engine, const PersonQuery& query) {
  CARTELLA_TRY(auto found, find_and_count_people(engine, query));
  return std::move(found.hits);
}

Result<PersonHits> find_and_count_people(const Engine& engine, const PersonQuery& query) {
  const std::vector<NameWord> words = name_words(query.name);
  if (query.identifier.empty() && words.empty())
    return fail(Errc::invalid_argument, "per cercare serve un identificativo o un nome");
  CARTELLA_TRY(const auto view, engine.view(kPersonIndexView));
  Streams candidates;
  if (!query.identifier.empty()) {
    CARTELLA_TRY(candidates, candidates_by_identifier(*view, query));
  } else {
    CARTELLA_TRY(candidates, candidates_by_name(*view, words));
  }
  PersonHits found;
  std::vector<PersonHit>& hits = found.hits;
  for (const StreamId& stream : candidates) {
    CARTELLA_TRY(auto person, read_row<PersonRecord>(*view, RowKey(kPerson).id(stream).take()));
    if (!person || !passes(*person, query)) continue;
    if (query.passed_over && query.passed_over(person->controller, person->subject, stream))
      continue;
    const int score = words.empty() ? 1 : name_score(*person, words);
    if (score != 0) hits.push_back({stream, std::move(*person), score});
  }
  std::sort(hits.begin(), hits.end(),
            [](const PersonHit& a, const PersonHit& b) { return order_of(a) < order_of(b); });
  found.count = hits.size();
  hits.resize(std::min({hits.size(), query.hits_max, kPersonHitsMax}));
  return found;
}

Result<PersonRecord> read_person(const Engine& engine, const StreamId& person_stream) {
  CARTELLA_TRY(const auto view, engine.view(kPersonIndexView));
  CARTELLA_TRY(auto person,
               read_row<PersonRecord>(*view, RowKey(kPerson).id(person_stream).take()));
  if (!person) return fail(Errc::not_found, "nessuna persona con questo flusso");
  return std::move(*person);
}

Result<std::vector<PersonHit>> people_of_subject(const Engine& engine, const SubjectId& subject) {
  CARTELLA_TRY(const auto view, engine.view(kPersonIndexView));
  Streams streams;
  CARTELLA_TRY(streams_under(*view, RowKey(kSubject).id(subject).take(), 1 + 16, streams));
  std::vector<PersonHit> hits;
  for (const StreamId& stream : in_order(std::move(streams))) {
    CARTELLA_TRY(auto person, read_row<PersonRecord>(*view, RowKey(kPerson).id(stream).take()));
    if (person) hits.push_back({stream, std::move(*person), 1});
  }
  return hits;
}

Status each_person(const ViewReader& view,
                   const std::function<Status(const StreamId&, const PersonRecord&)>& each) {
  return view.scan(std::string(1, kPerson),
                   [&](std::string_view key, std::string_view value) -> Status {
                     CARTELLA_TRY(const auto person, decode_row<PersonRecord>(value));
                     return each(id_in_key<StreamId>(key, 1), person);
                   });
}

std::unique_ptr<Projection> make_person_index() { return std::make_unique<PersonIndex>(); }

}  // namespace cartella::projections
