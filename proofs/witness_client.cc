#include "proofs/witness_client.h"

#include <span>

#include "crypto/note.h"
#include "crypto/note_text.h"

namespace cartella::proofs {

namespace {

// The second try starts from what the first one told; a third is for a witness that moved on
// meanwhile, as one may that was asked by two processes.
constexpr int kTries = 3;

Result<std::string> body_of(const WitnessQuestion& question, std::uint64_t old_size) {
  crypto::ConsistencyProof proof;
  proof.old_size = old_size;
  if (old_size != 0 && old_size != question.size) {
    CARTELLA_TRY(proof.hashes, question.prove(old_size));
  }
  proof.checkpoint = std::string(question.note);
  return crypto::encode_consistency(proof);
}

// The size that a 409 tells; nothing where it tells none.
std::optional<std::uint64_t> told_size(const OutboundAnswer& answer) {
  std::string_view text = answer.body;
  if (!answer.content_type.starts_with("text/x.tlog.size")) return std::nullopt;
  const auto line = crypto::take_note_line(text);
  return line && text.empty() ? crypto::parse_note_decimal(*line) : std::nullopt;
}

// Of an answer the witness's own newest line that verifies; empty where there is none. What it says
// beside that could only take room from the lines of others.
std::string own_line(const WitnessQuestion& question, const std::string& answered) {
  const auto whole =
      crypto::add_cosignatures(question.note, answered, std::span(&question.cosigner, 1));
  return whole ? whole.value().substr(question.note.size()) : std::string();
}

}  // namespace

std::string_view outcome_name(WitnessOutcome outcome) {
  switch (outcome) {
    case WitnessOutcome::none: return "none";
    case WitnessOutcome::cosigned: return "cosigned";
    case WitnessOutcome::away: return "away";
    case WitnessOutcome::refused: return "refused";
    case WitnessOutcome::ahead: return "ahead";
    case WitnessOutcome::inconsistent: return "inconsistent";
  }
  return "none";
}

Result<WitnessReply> ask_witness(const WitnessQuestion& question) {
  WitnessReply reply;
  reply.known_size = question.known_size;
  for (int i = 0; i < kTries; ++i) {
    CARTELLA_TRY(const std::string body, body_of(question, reply.known_size));
    const auto answer = question.send(body);
    if (!answer) {
      const bool is_away = answer.error().code == Errc::unavailable;
      reply.outcome = is_away ? WitnessOutcome::away : WitnessOutcome::refused;
      return reply;
    }
    reply.status = answer.value().status;
    if (reply.status == 200) {
      reply.line = own_line(question, answer.value().body);
      const bool is_cosigned = !reply.line.empty();
      reply.outcome = is_cosigned ? WitnessOutcome::cosigned : WitnessOutcome::refused;
      if (is_cosigned) reply.known_size = question.size;
      return reply;
    }
    reply.outcome = reply.status == 422  ? WitnessOutcome::inconsistent
                    : reply.status < 500 ? WitnessOutcome::refused
                                         : WitnessOutcome::away;
    if (reply.status != 409) return reply;
    const auto size = told_size(answer.value());
    if (!size) return reply;
    // It saw a tree of this very size, and with another root.
    if (*size == reply.known_size) {
      reply.outcome = WitnessOutcome::inconsistent;
      return reply;
    }
    reply.known_size = *size;
    reply.outcome = *size > question.size ? WitnessOutcome::ahead : WitnessOutcome::away;
    if (*size > question.size) return reply;
  }
  return reply;
}

}  // namespace cartella::proofs
