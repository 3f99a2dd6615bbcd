// ops/question.h: whom or what a query is about, and as of when: read from standard input or from a
// file, never from arguments, since a process list is public.
//
// A question is one line of at most 512 bytes: a kind and a value ("cf CODICE", "caso NUMERO").
// Threads: one thread.
#pragma once

#include <cstdint>
#include <iosfwd>
#include <optional>
#include <string>
#include <vector>

#include "base/clock.h"
#include "base/ids.h"
#include "base/result.h"
#include "ops/console.h"
#include "ops/options.h"
#include "ops/output.h"
#include "projections/engine.h"
#include "projections/history.h"
#include "projections/organisation.h"
#include "projections/person_index.h"
#include "projections/timeline.h"

namespace cartella::ops {

struct Question {
  std::string kind;
  std::string value;
};

// The line of --from, or of `in`. invalid_input: no kind and value, or too long; io.
Result<Question> read_question(const Options& options, std::istream& in);

// The store with its views at the head of the log. What open_workspace and catch_up return.
Result<WorkspaceHandle> open_views(const Options& options, const Console& console,
                                   bool with_executor = false);
Result<WorkspaceHandle> open_views(const Options& options, const Console& console,
                                   const WorkspaceOptions& wanted);

// Shows how far views of an earlier position are. `progress` outlives what is returned.
projections::Progress past_views_progress(Progress& progress);

// invalid_input: the question is not about a person.
Result<projections::PersonQuery> person_query(const Question& question);
// not_found: no hit; refused: the hits are several people.
Result<SubjectId> one_subject(const std::vector<projections::PersonHit>& hits);
// The ente with this code as a controller. not_found.
Result<ControllerId> controller_of_comune(const projections::Organisation& all,
                                          const std::string& belfiore);
// The person as that controller knows them; by an identifier, for a name may mean others.
// invalid_input, not_found; refused: several people.
Result<projections::PersonHit> person_at(const projections::Engine& engine,
                                         const Question& question, const ControllerId& controller);
// The stream of "caso N", "scheda N" or "flusso ID". invalid_input, not_found; refused: several.
Result<StreamId> stream_of(const projections::Engine& engine, const Question& question);

// --as-of and --valid-at. invalid_argument.
Result<projections::AsOf> as_of_option(const Options& options);
// A position or a time, as --as-of has it; neither for an empty text. invalid_argument names
// `option`.
Result<projections::AsOf> moment_option(const std::string& text, const char* option);
// Turns it into one position, and brings the views there: the log may have grown since they were
// opened, by looks for instance. What position_of and catch_up return.
Status fix_position(projections::Engine& engine, projections::AsOf& as_of);
// A day written AAAA-MM-GG; nothing where `text` is empty. invalid_argument names `option`.
Result<std::optional<Date>> day_option(const std::string& text, const char* option);

// Who acted and where, in words; an id where the organisation does not know it.
std::string worker_name(const projections::Organisation& all, const OperatorId& worker);
std::string unit_name(const projections::Organisation& all, const UnitId& unit);
// "2026-03-04"; empty where there is none.
std::string day_text(std::int32_t days);

}  // namespace cartella::ops
