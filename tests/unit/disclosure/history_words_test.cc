#include "disclosure/history_words.h"

#include <gtest/gtest.h>

#include "base/check.h"
#include "tests/unit/projections/ambito.h"

namespace cartella::disclosure {
namespace {

using namespace cartella::projections::testing;
namespace views = projections;

const TestPerson kPerson{"Verdi", "Carla", "VRDCRL80E41H501A"};

struct HistoryWordsTest : ::testing::Test {
  HistoryWordsTest() {
    engine = open_engine(new_directory("a"), log);
    add_organisation(log);
    person = add_person(log, kPerson);
    stream = add_case(log, "case", subject);
    set_category(log, "case", subject, "1", true);
    taken = change_state(log, "case", subject, views::CaseState::aperto,
                         views::CaseState::preso_in_carico);
    add_interview(log, "open interview", "case", subject, false);
    add_interview(log, "reserved interview", "case", subject, true);
    CHECK(engine->catch_up().has_value());
    all = views::read_organisation(*engine).value();
  }
  Words words() const { return {all}; }
  HistoryQuery of_case() const {
    HistoryQuery query;
    query.case_stream = stream;
    return query;
  }
  HistoryQuery of_person() const {
    HistoryQuery query;
    query.subject = subject;
    return query;
  }
  HistoryPage told(const HistoryQuery& query) const {
    return tell_history(*engine, words(), query).value();
  }

  SubjectId subject = subject_of(kPerson);
  TestLog log;
  std::unique_ptr<views::Engine> engine;
  views::Organisation all;
  StreamId person;
  StreamId stream;
  std::uint64_t taken = 0;
};

const FieldChange* change_of(const HistoryEntry& entry, std::string_view key) {
  for (const FieldChange& change : entry.changes)
    if (change.key == key) return &change;
  return nullptr;
}

TEST_F(HistoryWordsTest, TellsWhatEachEventOfACaseChanged) {
  const HistoryPage page = told(of_case());

  ASSERT_EQ(page.entries.size(), 5u);
  EXPECT_EQ(page.as_of, log.size());
  const HistoryEntry& opened = page.entries[0];
  ASSERT_NE(change_of(opened, "state"), nullptr);
  EXPECT_EQ(change_of(opened, "state")->before, "");
  EXPECT_EQ(change_of(opened, "state")->after, "Aperto");
  const HistoryEntry& step = page.entries[2];
  EXPECT_EQ(step.position, taken);
  EXPECT_EQ(step.event_id, log.event_id_at(taken));
  EXPECT_EQ(step.recorded_at, log.time_at(taken));
  EXPECT_EQ(change_of(step, "state")->before, "Aperto");
  EXPECT_EQ(change_of(step, "state")->after, "Preso in carico");
  EXPECT_NE(step.sentence.find("Il caso passa da «Aperto» a «Preso in carico»"), std::string::npos);
  EXPECT_EQ(step.actor, id_of<OperatorId>("operator 1"));
  EXPECT_TRUE(step.actor_name.empty()) << "names only where the caller asks";
  EXPECT_EQ(step.source, "raccolto o scritto dal servizio");
}

TEST_F(HistoryWordsTest, AsOfAPositionOrATimeNothingLaterIsKnown) {
  HistoryQuery query = of_case();
  query.as_of.position = taken;
  EXPECT_EQ(told(query).entries.size(), 2u);
  query.as_of.position.reset();
  query.as_of.recorded_at = log.time_at(taken);
  EXPECT_EQ(told(query).entries.size(), 3u);

  query.as_of.recorded_at.reset();
  query.as_of.position = 1;
  EXPECT_EQ(tell_history(*engine, words(), query).error().code, Errc::not_found);
  query.as_of.position = log.size() + 1;
  EXPECT_EQ(tell_history(*engine, words(), query).error().code, Errc::invalid_argument);
}

TEST_F(HistoryWordsTest, PagesTogetherAreTheWhole) {
  const HistoryPage whole = told(of_person());
  HistoryQuery query = of_person();
  query.entries_max = 2;
  std::vector<HistoryEntry> pieces;
  while (true) {
    const HistoryPage page = told(query);
    EXPECT_LE(page.entries.size(), 2u);
    pieces.insert(pieces.end(), page.entries.begin(), page.entries.end());
    if (!page.next_position) break;
    query.from_position = *page.next_position;
  }
  ASSERT_EQ(pieces.size(), whole.entries.size());
  for (std::size_t i = 0; i < pieces.size(); ++i) {
    EXPECT_EQ(pieces[i].position, whole.entries[i].position);
    EXPECT_EQ(pieces[i].changes, whole.entries[i].changes);
  }
}

TEST_F(HistoryWordsTest, WithheldTextsNeedAFilterThatLetsThemThrough) {
  const auto texts = [&](const HistoryQuery& query) {
    std::size_t with_text = 0;
    std::size_t left_out = 0;
    for (const HistoryEntry& entry : told(query).entries) {
      with_text += entry.text.empty() ? 0u : 1u;
      left_out += entry.text_left_out ? 1u : 0u;
    }
    return std::pair(with_text, left_out);
  };
  HistoryQuery query = of_case();
  EXPECT_EQ(texts(query), std::pair(std::size_t{1}, std::size_t{1}));
  query.may_show = [](const views::DecodedEvent&) { return true; };
  EXPECT_EQ(texts(query), std::pair(std::size_t{2}, std::size_t{0}));
  query.may_show = [](const views::DecodedEvent& event) { return !is_withheld(event); };
  EXPECT_EQ(texts(query), std::pair(std::size_t{1}, std::size_t{0}));
  EXPECT_EQ(told(query).entries.size(), 4u);
}

TEST_F(HistoryWordsTest, WhatIsNotShownLeavesNoTraceInWhatChanged) {
  HistoryQuery query = of_case();
  query.may_show = [this](const views::DecodedEvent& event) { return event.position != taken; };
  for (const HistoryEntry& entry : told(query).entries)
    for (const FieldChange& change : entry.changes)
      EXPECT_NE(change.after, "Preso in carico") << change.key;
  views::AsOf before;
  before.position = taken;
  const auto found = compare_moments(*engine, words(), query, before, {});
  ASSERT_TRUE(found.has_value());
  EXPECT_TRUE(found.value().changes.empty());

  query.may_show = [](const views::DecodedEvent&) { return false; };
  EXPECT_EQ(tell_history(*engine, words(), query).error().code, Errc::not_found);
  EXPECT_EQ(compare_moments(*engine, words(), query, before, {}).error().code, Errc::not_found);
}

TEST_F(HistoryWordsTest, ComparesTwoMomentsInEitherOrder) {
  views::AsOf before;
  before.position = taken;
  const auto found = compare_moments(*engine, words(), of_case(), {}, before);

  ASSERT_TRUE(found.has_value());
  EXPECT_EQ(found.value().earlier, taken);
  EXPECT_EQ(found.value().later, log.size());
  ASSERT_EQ(found.value().changes.size(), 1u);
  EXPECT_EQ(found.value().changes[0].change,
            (FieldChange{"state", "Stato", "Aperto", "Preso in carico"}));
  EXPECT_EQ(found.value().between.entries.size(), 3u);

  views::AsOf first;
  first.position = 0;
  const auto born = compare_moments(*engine, words(), of_person(), first, {});
  ASSERT_TRUE(born.has_value());
  EXPECT_EQ(born.value().changes.front().change.before, "");
}

TEST_F(HistoryWordsTest, AnErasedPersonsEventsSayThatTheirContentIsGone) {
  log.keys().gone.insert(log.subject_key(subject));
  const HistoryPage page = told(of_case());

  ASSERT_EQ(page.entries.size(), 5u);
  for (const HistoryEntry& entry : page.entries) {
    EXPECT_TRUE(entry.erased);
    EXPECT_NE(entry.sentence.find("cancellato"), std::string::npos);
    EXPECT_TRUE(entry.changes.empty());
    EXPECT_TRUE(entry.text.empty());
  }
}

TEST_F(HistoryWordsTest, AnotherControllersEventsStayOut) {
  add_person(log, kPerson, "comune B");
  ASSERT_TRUE(engine->catch_up());
  HistoryQuery query = of_person();
  const std::size_t both = told(query).entries.size();
  query.controller = id_of<ControllerId>("comune B");
  EXPECT_EQ(told(query).entries.size(), 1u);
  query.controller = id_of<ControllerId>("comune A");
  EXPECT_EQ(told(query).entries.size(), both - 1);
}

TEST_F(HistoryWordsTest, RefusesAQuestionAboutNothingOrWithoutABound) {
  HistoryQuery query;
  EXPECT_EQ(tell_history(*engine, words(), query).error().code, Errc::invalid_argument);
  query = of_case();
  query.subject = subject;
  EXPECT_EQ(tell_history(*engine, words(), query).error().code, Errc::invalid_argument);
  query = of_case();
  query.entries_max = kHistoryEntriesMax + 1;
  EXPECT_EQ(tell_history(*engine, words(), query).error().code, Errc::invalid_argument);
  query.entries_max = 0;
  EXPECT_EQ(tell_history(*engine, words(), query).error().code, Errc::invalid_argument);
}

}  // namespace
}  // namespace cartella::disclosure
