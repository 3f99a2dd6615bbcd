#include <fmt/format.h>

#include <algorithm>
#include <ostream>
#include <sstream>

#include "disclosure/history_words.h"
#include "ops/exit_code.h"
#include "ops/look.h"
#include "ops/question.h"
#include "ops/run.h"

namespace cartella::ops {

namespace {

namespace views = projections;

std::int64_t number(std::uint64_t value) { return static_cast<std::int64_t>(value); }

Table history_table(const disclosure::HistoryPage& page, bool names) {
  Table table{"history",
              "Storia fino alla posizione " + std::to_string(page.as_of),
              {"Posizione", "Quando", "Registrato", "Che cosa è successo", "Testo", "Autore",
               "Ruolo", "Unità", "Fonte", "Evento"},
              {"position", "occurred_at", "recorded_at", "what", "text", "actor", "role", "unit",
               "source", "event"},
              {}};
  for (const auto& entry : page.entries) {
    const std::string left_out =
        entry.text_left_out && entry.text.empty() && !entry.erased ? "(testo riservato)" : "";
    table.rows.push_back({number(entry.position), format_time(entry.occurred_at),
                          format_time(entry.recorded_at), entry.sentence,
                          entry.text.empty() ? left_out : entry.text,
                          names ? entry.actor_name : entry.actor.hex(), entry.role, entry.unit_name,
                          entry.source, entry.event_id.hex()});
  }
  return table;
}

Table changes_table(const disclosure::HistoryPage& page) {
  Table table{"changes",
              "Che cosa è cambiato",
              {"Posizione", "Dato", "Prima", "Dopo", "Campo"},
              {"position", "label", "before", "after", "field"},
              {}};
  for (const auto& entry : page.entries)
    for (const auto& change : entry.changes)
      table.rows.push_back(
          {number(entry.position), change.label, change.before, change.after, change.key});
  return table;
}

Result<Table> proofs_table(const store::Store& store, const disclosure::HistoryPage& page) {
  Table table{"proofs",
              "Prove",
              {"Posizione", "Evento", "Prova (C2SP tlog-proof)"},
              {"position", "event", "proof"},
              {}};
  for (const auto& entry : page.entries) {
    CARTELLA_TRY(auto proof, disclosure::proof_text(store, entry.position));
    table.rows.push_back({number(entry.position), entry.event_id.hex(), std::move(proof)});
  }
  return table;
}

std::string indented(const std::string& text, const char* margin) {
  std::string lines = margin;
  for (const char c : text) {
    lines += c;
    if (c == '\n') lines += margin;
  }
  while (!lines.empty() && (lines.back() == ' ' || lines.back() == '\n')) lines.pop_back();
  return lines;
}

// For people: one paragraph an event, instead of columns wider than any screen.
Status print_story(std::ostream& to, const disclosure::HistoryPage& page, const Options& options,
                   const store::Store& store) {
  to << "Storia fino alla posizione " << page.as_of << "\n\n";
  for (const auto& entry : page.entries) {
    to << fmt::format("{:>8}  {}  {}\n", entry.position, disclosure::time_words(entry.occurred_at),
                      entry.sentence);
    if (!entry.text.empty()) to << indented(entry.text, "          | ") << "\n";
    if (entry.text_left_out && !entry.erased) to << "          | (testo riservato)\n";
    for (const auto& change : entry.changes)
      to << fmt::format("          {}: {} -> {}\n", change.label,
                        change.before.empty() ? "(niente)" : change.before,
                        change.after.empty() ? "(niente)" : change.after);
    const std::string author = options.names ? entry.actor_name : entry.actor.hex();
    to << fmt::format("          registrato il {}; {}\n", disclosure::time_words(entry.recorded_at),
                      disclosure::joined({author.empty() ? "" : "autore " + author, entry.role,
                                          entry.unit_name, entry.source}));
    to << "          evento " << entry.event_id.hex() << "\n";
    if (options.proofs) {
      CARTELLA_TRY(const auto proof, disclosure::proof_text(store, entry.position));
      to << indented(proof, "          ") << "\n";
    }
    to << "\n";
  }
  return ok();
}

Table differences_table(const disclosure::Comparison& found) {
  Table table{"differences",
              fmt::format("Che cosa è diverso fra la posizione {} e la posizione {}", found.earlier,
                          found.later),
              {"Dato", "Prima", "Dopo", "Campo", "Flusso"},
              {"label", "before", "after", "field", "stream"},
              {}};
  for (const auto& [stream, change] : found.changes)
    table.rows.push_back({change.label, change.before, change.after, change.key, stream.hex()});
  return table;
}

// Every page up to --rows, as one.
Result<disclosure::HistoryPage> whole_history(const views::Engine& engine,
                                              const disclosure::Words& words,
                                              disclosure::HistoryQuery query,
                                              std::size_t entries_max) {
  disclosure::HistoryPage all;
  while (true) {
    query.entries_max = std::min(disclosure::kHistoryEntriesMax, entries_max - all.entries.size());
    CARTELLA_TRY(auto page, disclosure::tell_history(engine, words, query));
    all.as_of = page.as_of;
    all.next_position = page.next_position;
    std::move(page.entries.begin(), page.entries.end(), std::back_inserter(all.entries));
    if (!page.next_position || all.entries.size() >= entries_max) return all;
    query.from_position = *page.next_position;
    query.as_of.position = page.as_of;  // a log that grows meanwhile does not shift the pages
    query.as_of.recorded_at.reset();
  }
}

}  // namespace

Result<int> run_replay(const Options& options, Console& console) {
  CARTELLA_TRY(auto question, read_question(options, console.in));
  CARTELLA_TRY(auto as_of, as_of_option(options));
  if (!options.compare.empty() && !options.as_of.empty())
    return fail(Errc::invalid_argument, "--compare dice già i due momenti: senza --as-of");
  CARTELLA_TRY(auto workspace, open_views(options, console, true));
  const views::Engine& engine = workspace->engine();
  CARTELLA_TRY(auto asked, timeline_question(*workspace, options, console, question));
  // The search for the person made the log longer.
  CARTELLA_TRY(workspace->engine().catch_up());
  CARTELLA_TRY(const auto organisation, views::read_organisation(engine));
  const disclosure::Words words{organisation, disclosure::Audience::worker, options.names};
  disclosure::HistoryQuery query;
  query.stream = asked.query.stream;
  query.subject = asked.query.subject;
  query.case_stream = asked.query.case_stream;
  query.as_of = as_of;
  std::vector<Table> tables;
  disclosure::HistoryPage page;
  if (options.compare.empty()) {
    CARTELLA_TRY(page, whole_history(engine, words, query, options.rows_max));
  } else {
    CARTELLA_TRY(const auto one, moment_option(options.compare[0], "--compare"));
    CARTELLA_TRY(const auto other, moment_option(options.compare[1], "--compare"));
    query.entries_max = std::min<std::size_t>(disclosure::kHistoryEntriesMax, options.rows_max);
    CARTELLA_TRY(auto found, disclosure::compare_moments(engine, words, query, one, other));
    tables.push_back(differences_table(found));
    page = std::move(found.between);
  }
  if (options.format != Format::table) {
    tables.push_back(history_table(page, options.names));
    tables.push_back(changes_table(page));
    if (options.proofs) {
      CARTELLA_TRY(auto proofs, proofs_table(workspace->store(), page));
      tables.push_back(std::move(proofs));
    }
  }
  std::ostringstream shown;
  print_tables(shown, tables, options.format);
  if (options.format == Format::table) {
    CARTELLA_TRY(print_story(shown, page, options, workspace->store()));
  }
  asked.showing.operation = cases::Operation::replay;
  asked.showing.as_of = page.as_of;
  CARTELLA_TRY(record_look(*workspace, options, console, asked.showing, shown.view()));
  if (page.next_position) console.err << "cartella: ci sono altri eventi: aumentare --rows\n";
  console.out << shown.view();
  CARTELLA_TRY(workspace.close());
  return static_cast<int>(kExitOk);
}

}  // namespace cartella::ops
