// disclosure/verifier_page.h: the page that checks receipts and packages, as it travels inside.
//
// web/verifier is its source; npm makes one file of it, and a build without npm has none. Whoever
// doubts the sender takes the page from elsewhere: this copy is for whoever has no other.
// Ownership: static storage. Threads: constants.
#pragma once

#include <string_view>

namespace cartella::disclosure {

// HTML in UTF-8; empty where the program was built without it.
std::string_view verifier_page();
// The content security policy that the page declares of itself; empty as above.
std::string_view verifier_policy();

}  // namespace cartella::disclosure
