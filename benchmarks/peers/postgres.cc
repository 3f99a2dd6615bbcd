#include <libpq-fe.h>
#include <unistd.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <sstream>

#include "base/bytes.h"
#include "benchmarks/peers/peers.h"

namespace cartella::bench {

namespace {

struct CloseConnection {
  void operator()(PGconn* connection) const { PQfinish(connection); }
};
struct ClearResult {
  void operator()(PGresult* result) const { PQclear(result); }
};
using Connection = std::unique_ptr<PGconn, CloseConnection>;
using Answer = std::unique_ptr<PGresult, ClearResult>;

Connection connect(const std::string& text) {
  Connection connection(PQconnectdb(text.c_str()));
  if (PQstatus(connection.get()) != CONNECTION_OK) stop(PQerrorMessage(connection.get()));
  return connection;
}

void check(PGconn* connection, const Answer& answer) {
  const auto status = PQresultStatus(answer.get());
  if (status != PGRES_COMMAND_OK && status != PGRES_TUPLES_OK) stop(PQerrorMessage(connection));
}

constexpr const char* kTable = R"sql(
  SET client_min_messages = warning;
  DROP TABLE IF EXISTS event;
  CREATE TABLE event (
    position bigserial PRIMARY KEY,
    stream uuid NOT NULL,
    revision bigint NOT NULL,
    recorded_at timestamptz NOT NULL DEFAULT now(),
    payload bytea NOT NULL,
    UNIQUE (stream, revision));
)sql";
constexpr const char* kInsert = "INSERT INTO event (stream, revision, payload) VALUES ($1, $2, $3)";

constexpr const char* kCategory = R"sql(
  SET client_min_messages = warning;
  DROP TABLE IF EXISTS message;
  CREATE TABLE message (
    global_position bigserial PRIMARY KEY,
    id uuid NOT NULL DEFAULT gen_random_uuid() UNIQUE,
    category text NOT NULL,
    stream uuid NOT NULL,
    revision bigint NOT NULL,
    recorded_at timestamptz NOT NULL DEFAULT now(),
    payload bytea NOT NULL,
    UNIQUE (stream, revision));
  CREATE OR REPLACE FUNCTION append_message(
    of_category text, to_stream uuid, wanted bigint, data bytea)
  RETURNS bigint LANGUAGE plpgsql AS $body$
  DECLARE
    last bigint;
  BEGIN
    PERFORM pg_advisory_xact_lock(hashtextextended(of_category, 0));
    SELECT max(revision) INTO last FROM message WHERE stream = to_stream;
    IF coalesce(last, -1) <> wanted - 1 THEN
      RAISE EXCEPTION 'wrong expected revision';
    END IF;
    INSERT INTO message (category, stream, revision, payload)
      VALUES (of_category, to_stream, wanted, data);
    RETURN wanted;
  END $body$;
)sql";
constexpr const char* kCall = "SELECT append_message('case', $1, $2, $3)";

// CPU of the postmaster and its living children, from /proc; the connections stay open meanwhile.
double cluster_cpu_seconds(long postmaster) {
  double ticks = 0;
  for (const auto& entry : std::filesystem::directory_iterator("/proc")) {
    const std::string name = entry.path().filename();
    if (name.find_first_not_of("0123456789") != std::string::npos) continue;
    std::ifstream file(entry.path() / "stat");
    std::string text((std::istreambuf_iterator<char>(file)), {});
    const std::size_t after_name = text.rfind(')');
    if (after_name == std::string::npos) continue;
    std::istringstream fields(text.substr(after_name + 2));
    std::string state;
    std::string skipped;
    long parent = 0;
    double user = 0;
    double system = 0;
    fields >> state >> parent;
    for (int i = 0; i < 9; ++i) fields >> skipped;
    fields >> user >> system;
    if (parent == postmaster || name == std::to_string(postmaster)) ticks += user + system;
  }
  return ticks / static_cast<double>(sysconf(_SC_CLK_TCK));
}

class Postgres final : public System {
 public:
  Postgres(std::string label, std::string connection, const char* schema, const char* statement)
      : x_label(std::move(label)), x_text(std::move(connection)), x_statement(statement) {
    auto first = connect(x_text);
    check(first.get(), Answer(PQexec(first.get(), schema)));
    const Answer pid(PQexec(first.get(), "SELECT pg_read_file('postmaster.pid', 0, 12)"));
    check(first.get(), pid);
    x_postmaster = std::strtol(PQgetvalue(pid.get(), 0, 0), nullptr, 10);
  }
  std::string name() const override { return x_label; }
  bool blocking() const override { return true; }
  void prepare(const Shape& shape) override {
    x_payload = Bytes(shape.event_bytes, 0x5a);
    while (x_clients.size() > shape.in_flight) x_clients.pop_back();
    while (x_clients.size() < shape.in_flight) {
      Client client{connect(x_text), {}, 0};
      store_be64(client.stream.data(), ++x_streams * 0x9E3779B97F4A7C15ull);
      check(client.connection.get(),
            Answer(PQprepare(client.connection.get(), "append", x_statement, 0, nullptr)));
      x_clients.push_back(std::move(client));
    }
    // What the last measurement left to be written back is not this one's.
    check(x_clients[0].connection.get(),
          Answer(PQexec(x_clients[0].connection.get(), "CHECKPOINT")));
  }
  Wait submit(std::size_t slot) override {
    Client& client = x_clients[slot];
    std::array<std::uint8_t, 8> revision{};
    store_be64(revision.data(), client.revision++);
    const char* values[] = {reinterpret_cast<const char*>(client.stream.data()),
                            reinterpret_cast<const char*>(revision.data()),
                            reinterpret_cast<const char*>(x_payload.data())};
    const int lengths[] = {16, 8, static_cast<int>(x_payload.size())};
    const int binary[] = {1, 1, 1};
    PGconn* connection = client.connection.get();
    check(connection, Answer(PQexecPrepared(connection, "append", 3, values, lengths, binary, 1)));
    return [] {};
  }
  double cpu_seconds() const override {
    return own_cpu_seconds() + cluster_cpu_seconds(x_postmaster);
  }

 private:
  struct Client {
    Connection connection;
    std::array<std::uint8_t, 16> stream;
    std::uint64_t revision = 0;
  };
  std::string x_label;
  std::string x_text;
  const char* x_statement;
  long x_postmaster = 0;
  std::uint64_t x_streams = 0;
  std::vector<Client> x_clients;
  Bytes x_payload;
};

}  // namespace

std::unique_ptr<System> make_postgres_table(const std::string& connection) {
  return std::make_unique<Postgres>("PostgreSQL, plain table", connection, kTable, kInsert);
}
std::unique_ptr<System> make_postgres_category(const std::string& connection) {
  return std::make_unique<Postgres>("PostgreSQL, category lock", connection, kCategory, kCall);
}

}  // namespace cartella::bench
