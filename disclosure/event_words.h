// disclosure/event_words.h: what one event says, in an Italian sentence.
//
// Built from the opened body, with labels instead of codes. Texts that somebody wrote in an
// interview or a note stand apart from the sentence, so that a caller can leave them out. A body
// whose key was destroyed says that it was erased; a type that this build does not know says its
// number. Threads: free functions, any thread.
#pragma once

#include <string>

#include "base/result.h"
#include "disclosure/words.h"
#include "projections/decoded_event.h"

namespace cartella::disclosure {

struct Telling {
  std::string sentence;
  std::string text;     // of an interview, a note or a statement; empty: none, or left out
  bool erased = false;  // nothing of it can be read any more
  // Withheld: everybody but its author has to be let through. See is_withheld.
  bool withheld = false;
  // What is in the body and was not told to the person, because it is about somebody else.
  std::string others;
};

// A reserved interview, one of a second level, a private note, a protected reporter, and masks: the
// gate decides about each.
bool is_withheld(const projections::DecodedEvent& event);

// `with_texts`: withheld texts are told too; others always are. invalid_input: a body that does not
// follow its schema.
Result<Telling> tell_event(const projections::DecodedEvent& event, const Words& words,
                           bool with_texts);

}  // namespace cartella::disclosure
