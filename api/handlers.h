// api/handlers.h: one function for each row of the route table.
//
// Internal to api. A handler reads through api/gated.h, builds the answer in memory and says what
// was shown; the router records it and sends it. Threads: worker threads.
#pragma once

#include "api/service.h"

namespace cartella::api {

// handlers_status.cc
Result<Answer> read_status(Call& call);
Result<Answer> read_document(Call& call);
Result<Answer> read_documentation(Call& call);
Result<Answer> read_documentation_style(Call& call);
Result<Answer> read_verifier(Call& call);
Result<Answer> read_metrics(Call& call);
// handlers_session.cc
Result<Answer> log_in(Call& call);
Result<Answer> list_sessions(Call& call);
Result<Answer> read_session(Call& call);
Result<Answer> end_session(Call& call);
Result<Answer> log_out(Call& call);
Result<Answer> choose_acting_as(Call& call);
Result<Answer> step_up(Call& call);
Result<Answer> change_password(Call& call);
Result<Answer> create_token(Call& call);
Result<Answer> list_tokens(Call& call);
Result<Answer> revoke_token(Call& call);
// handlers_people.cc
Result<Answer> search_for_people(Call& call);
Result<Answer> read_person_file(Call& call);
Result<Answer> read_person_timeline(Call& call);
Result<Answer> list_person_cases(Call& call);
Result<Answer> list_person_cards(Call& call);
Result<Answer> list_person_benefits(Call& call);
// handlers_cases.cc
Result<Answer> read_case(Call& call);
Result<Answer> read_case_timeline(Call& call);
Result<Answer> read_interview(Call& call);
Result<Answer> read_note(Call& call);
Result<Answer> list_caseload(Call& call);
Result<Answer> count_caseload(Call& call);
Result<Answer> list_cards(Call& call);
Result<Answer> read_card_file(Call& call);
Result<Answer> read_benefit_file(Call& call);
// handlers_history.cc
Result<Answer> read_person_history(Call& call);
Result<Answer> read_case_history(Call& call);
Result<Answer> compare_case(Call& call);
// handlers_command.cc
Result<Answer> post_command(Call& call);
// handlers_signing.cc
Result<Answer> enrol_signer(Call& call);
Result<Answer> revoke_signer(Call& call);
Result<Answer> prepare_command(Call& call);
Result<Answer> commit_command(Call& call);
// handlers_organisation.cc
Result<Answer> read_organisation_file(Call& call);
Result<Answer> list_code_lists(Call& call);
Result<Answer> read_code_list(Call& call);
Result<Answer> list_audit_mandates(Call& call);
// handlers_erasure.cc
Result<Answer> list_erasures(Call& call);
Result<Answer> list_legal_holds(Call& call);
Result<Answer> list_restrictions(Call& call);
Result<Answer> list_retention_rules(Call& call);
// handlers_reports.cc
Result<Answer> make_statistics(Call& call);
Result<Answer> export_statistics(Call& call);
// handlers_access.cc
Result<Answer> list_person_accesses(Call& call);
Result<Answer> list_accesses(Call& call);
// handlers_log.cc
Result<Answer> follow_changes(Call& call);
Result<Answer> read_checkpoint(Call& call);
Result<Answer> read_tile(Call& call);
Result<Answer> read_consistency(Call& call);
Result<Answer> read_entries(Call& call);
Result<Answer> read_sealed_events(Call& call);
Result<Answer> read_receipt(Call& call);
// handlers_rights.cc
Result<Answer> read_rights_request(Call& call);
Result<Answer> download_package(Call& call);

}  // namespace cartella::api
