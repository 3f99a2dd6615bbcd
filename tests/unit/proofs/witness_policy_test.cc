#include "proofs/witness_policy.h"

#include <gtest/gtest.h>

#include "crypto/note.h"
#include "crypto/secret.h"

namespace cartella::proofs {
namespace {

std::string policy_line(const crypto::Cosigner& cosigner, std::string_view stands,
                        std::string_view url = "https://w.example") {
  return "witness " + crypto::cosigner_key(cosigner) + " " + std::string(url) + " " +
         std::string(stands) + " Comune di Prova\n";
}

struct TestWitness {
  explicit TestWitness(const std::string& name) : signer(crypto::Secret32::random()) {
    cosigner = {name, signer.public_key()};
  }
  std::string line(std::string_view stands, std::string_view url = "https://w.example") const {
    return policy_line(cosigner, stands, url);
  }
  crypto::Signer signer;
  crypto::Cosigner cosigner;
};

class WitnessPolicies : public ::testing::Test {
 protected:
  std::string refusal(const std::string& text) const {
    const auto policy = parse_witness_policy(text);
    if (policy) return "accepted";
    EXPECT_EQ(policy.error().code, Errc::invalid_input);
    return policy.error().detail;
  }
  std::string note() const {
    const crypto::Signer log(crypto::Secret32::random());
    return crypto::sign_checkpoint({"cartella/prova/0011223344556677", 3, Hash32{1}}, log);
  }
  const TestWitness first{"uno.example/w"};
  const TestWitness second{"due.example/w"};
  const TestWitness third{"tre.example/w"};
};

TEST_F(WitnessPolicies, MayBeOneLine) {
  const auto policy = parse_witness_policy(first.line("independent"));
  ASSERT_TRUE(policy.has_value()) << policy.error().detail;
  EXPECT_EQ(policy.value().quorum, 1u);
  EXPECT_EQ(policy.value().when_away, WhenAway::go_on);
  ASSERT_EQ(policy.value().witnesses.size(), 1u);
  EXPECT_EQ(policy.value().witnesses[0].url, "https://w.example");
  EXPECT_EQ(policy.value().witnesses[0].operator_name, "Comune di Prova");
  EXPECT_TRUE(policy.value().witnesses[0].is_independent);
  EXPECT_EQ(policy.value().cosigners[0].key, first.cosigner.key);
}

TEST_F(WitnessPolicies, SayTheQuorumAndWhatHappensWithoutIt) {
  const auto policy = parse_witness_policy(
      "# due di tre\n\nquorum 2\n  away refuse-publishing \r\n" + first.line("independent") +
      second.line("host") + third.line("independent"));
  ASSERT_TRUE(policy.has_value()) << policy.error().detail;
  EXPECT_EQ(policy.value().quorum, 2u);
  EXPECT_EQ(policy.value().when_away, WhenAway::refuse_publishing);
  EXPECT_EQ(policy.value().witnesses.size(), 3u);
}

TEST_F(WitnessPolicies, AreRefusedByLineWhereTheyAreNotUnderstood) {
  const std::string good = first.line("independent");
  EXPECT_NE(refusal("").find("nessun testimone"), std::string::npos);
  EXPECT_NE(refusal("# niente\nquorum 1\n").find("riga 2: non c'è"), std::string::npos);
  EXPECT_NE(refusal(good + "quorum 2\n").find("il quorum è 2, i testimoni sono 1"),
            std::string::npos);
  for (const char* quorum : {"0", "-1", "1x", "", "99999999999999999999999"})
    EXPECT_NE(refusal(good + "quorum " + quorum + "\n").find("riga 2: 'quorum' vuole"),
              std::string::npos)
        << quorum;
  EXPECT_NE(refusal("quorum 1\nquorum 1\n" + good).find("riga 2: 'quorum' è"), std::string::npos);
  EXPECT_NE(refusal("away never\n" + good).find("riga 1: 'away' vuole"), std::string::npos);
  EXPECT_NE(refusal(good + "witnesses\n").find("riga 2: una riga comincia"), std::string::npos);
  EXPECT_NE(refusal("witness x https://w.example independent Chi\n").find("riga 1"),
            std::string::npos);
  EXPECT_NE(refusal(first.line("independent", "ftp://w.example")).find("indirizzo"),
            std::string::npos);
  EXPECT_NE(refusal(first.line("friend")).find("'independent' o 'host'"), std::string::npos);
  const std::string without_operator = good.substr(0, good.find(" Comune")) + "\n";
  EXPECT_NE(refusal(without_operator).find("manca il nome"), std::string::npos);
  EXPECT_NE(refusal(std::string(kPolicyBytesMax + 1, '#')).find("64 KiB"), std::string::npos);
}

TEST_F(WitnessPolicies, NameANeighbourWhoseLogIsFollowedInReturn) {
  const crypto::Signer log(crypto::Secret32::random());
  const std::string key =
      crypto::verifier_key("cartella/vicino/0011223344556677", log.public_key());
  const auto line = [&](const TestWitness& witness) {
    return "neighbour " + key + " " + crypto::cosigner_key(witness.cosigner) +
           " https://v.example:8444 Comune vicino\n";
  };
  const auto policy = parse_witness_policy(line(first));
  ASSERT_TRUE(policy.has_value()) << policy.error().detail;
  ASSERT_EQ(policy.value().neighbours.size(), 1u);
  EXPECT_EQ(policy.value().neighbours[0].key, log.public_key());
  ASSERT_EQ(policy.value().witnesses.size(), 1u);
  EXPECT_TRUE(policy.value().witnesses[0].is_independent);
  EXPECT_EQ(policy.value().witnesses[0].operator_name, "Comune vicino");
  EXPECT_NE(refusal(line(first) + line(second)).find("riga 2: questo registro"), std::string::npos);
  EXPECT_NE(refusal("neighbour x\n").find("riga 1: non è la chiave di un registro"),
            std::string::npos);
}

TEST_F(WitnessPolicies, CountNobodyTwice) {
  EXPECT_NE(
      refusal(first.line("independent") + first.line("independent")).find("riga 2: lo stesso"),
      std::string::npos);
  EXPECT_NE(refusal(first.line("independent") +
                    policy_line({first.cosigner.name, second.cosigner.key}, "host"))
                .find("riga 2: lo stesso"),
            std::string::npos);
  EXPECT_NE(refusal(first.line("independent") +
                    policy_line({"altro.example/w", first.cosigner.key}, "host"))
                .find("riga 2: lo stesso"),
            std::string::npos);
}

TEST_F(WitnessPolicies, CountCosignersAndTellWhoIsIndependent) {
  const auto policy = parse_witness_policy("quorum 2\n" + first.line("independent") +
                                           second.line("host") + third.line("independent"))
                          .value();
  std::string text = note();
  const auto judged = [&] { return judge_support(policy, text).value(); };
  EXPECT_FALSE(judged().is_enough);
  EXPECT_EQ(independence_of(judged()), "indipendenti dall'ospite: 0 di 2");
  const TestWitness stranger("altri.example/w");
  for (const TestWitness* each : {&stranger, &second})
    text += crypto::cosign(text, each->cosigner.name, each->signer, 1000).value();
  EXPECT_FALSE(judged().is_enough);
  EXPECT_EQ(independence_of(judged()), "indipendenti dall'ospite: 0 di 2");
  text += crypto::cosign(text, third.cosigner.name, third.signer, 2000).value();
  EXPECT_TRUE(judged().is_enough);
  EXPECT_EQ(independence_of(judged()), "indipendenti dall'ospite: 1 di 2");
  ASSERT_EQ(judged().cosigned.size(), 2u);
  EXPECT_EQ(judged().cosigned[1].cosigner, 2u);
  EXPECT_EQ(judged().cosigned[1].time_s, 2000u);
}

TEST_F(WitnessPolicies, JudgeNothingButSignedNotes) {
  const auto policy = parse_witness_policy(first.line("independent")).value();
  EXPECT_EQ(judge_support(policy, "rubbish").error().code, Errc::invalid_input);
}

}  // namespace
}  // namespace cartella::proofs
