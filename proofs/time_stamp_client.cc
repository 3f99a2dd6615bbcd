#include "proofs/time_stamp_client.h"

#include "crypto/hash.h"
#include "proofs/time_stamp.h"

namespace cartella::proofs {

Result<Bytes> ask_authority(const OutboundUrl& url, const TimeStampAuthority& authority,
                            std::string_view note) {
  CARTELLA_TRY(const Bytes query, make_time_stamp_query(crypto::sha256(as_bytes(note))));
  OutboundOptions outbound;
  outbound.ca_file = authority.tls_ca_file;
  const OutboundPost request{"", "application/timestamp-query", "application/timestamp-reply",
                             std::string(as_text(query))};
  CARTELLA_TRY(const auto answer, post(url, request, outbound));
  if (answer.status != 200) return fail(Errc::unavailable, "the authority answers no time-stamp");
  const ByteView der = as_bytes(answer.body);
  CARTELLA_TRY(check_time_stamp_answer(der, query, authority.ca_file));
  return Bytes(der.begin(), der.end());
}

}  // namespace cartella::proofs
