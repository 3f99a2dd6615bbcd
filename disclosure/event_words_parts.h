// disclosure/event_words_parts.h: the sentences of each family of events, for event_words.cc.
//
// It brings Cap'n Proto's headers. Threads: free functions, any thread.
#pragma once

#include <initializer_list>
#include <string>
#include <string_view>

#include "disclosure/event_words.h"
#include "projections/apply.h"

namespace cartella::disclosure {

// Each leaves the sentence empty for a type that is not of its family or whose body is erased.
Status tell_person_event(const projections::DecodedEvent& event, const Words& words, Telling& to);
Status tell_card_event(const projections::DecodedEvent& event, const Words& words, Telling& to);
Status tell_case_event(const projections::DecodedEvent& event, const Words& words, Telling& to);
Status tell_text_event(const projections::DecodedEvent& event, const Words& words, bool with_texts,
                       Telling& to);
Status tell_benefit_event(const projections::DecodedEvent& event, const Words& words, Telling& to);
Status tell_rights_event(const projections::DecodedEvent& event, const Words& words, Telling& to);
Status tell_other_event(const projections::DecodedEvent& event, const Words& words, Telling& to);

// ": value" where there is one, with `before` in front.
std::string clause(std::string_view before, const std::string& value, std::string_view after = "");

}  // namespace cartella::disclosure
