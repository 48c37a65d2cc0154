#include <utility>

#include "runtime/client/hitch/services.h"

namespace hitch::client {

namespace {

Json parameters_of(const PostgresOptions& postgres) {
  Json parameters{{"port", postgres.port}, {"options", postgres.server_options}};
  if (!postgres.version.empty()) parameters.set("version", postgres.version);
  return parameters;
}

/// In quotes, each of them inside doubled. PostgreSQL, "Lexical Structure"
std::string in_sql_quotes(std::string_view text, char quote) {
  std::string out(1, quote);
  for (const char c : text) out.append(c == quote ? 2 : 1, c);
  return out + quote;
}

std::string statement_for(const PostgresUser& user) {
  return "CREATE USER " + in_sql_quotes(user.username, '"') + " CREATEDB PASSWORD " +
         in_sql_quotes(user.password, '\'');
}

std::string statement_for(const PostgresDatabase& database) {
  const auto owner = database.owner.empty() ? "" : " OWNER " + in_sql_quotes(database.owner, '"');
  return "CREATE DATABASE " + in_sql_quotes(database.name, '"') + owner;
}

}  // namespace

PostgresService::PostgresService(PostgresOptions postgres, ServiceOptions options)
    : RecipeService("postgres", parameters_of(postgres), std::move(options)),
      postgres_(std::move(postgres)) {}

void PostgresService::poststart() {
  if (postgres_.initialize && (!postgres_.users.empty() || !postgres_.databases.empty())) {
    std::vector<std::string> words{"psql", "-q", "-v", "ON_ERROR_STOP=1", "-d", "postgres"};
    for (const auto& user : postgres_.users) {
      words.insert(words.end(), {"-c", statement_for(user)});
    }
    for (const auto& database : postgres_.databases) {
      words.insert(words.end(), {"-c", statement_for(database)});
    }
    (void)subcommand(std::move(words)).run();
    for (const auto& database : postgres_.databases) {
      if (!database.dump.empty()) (void)psql_file(database.dump, database.name).run();
    }
  }
  RecipeService::poststart();
}

Subcommand PostgresService::psql(std::string_view command, std::string_view database) const {
  return subcommand("psql", "-d", database, "-c", command);
}

Subcommand PostgresService::psql_file(const std::filesystem::path& file,
                                      std::string_view database) const {
  return subcommand("psql", "-d", database, "-f", file.string());
}

Subcommand PostgresService::pg_dump(std::string_view database) const {
  return subcommand("pg_dump", "-d", database);
}

Subcommand PostgresService::pg_restore(const std::filesystem::path& file,
                                       std::string_view database) const {
  return subcommand("pg_restore", "-d", database, file.string());
}

}  // namespace hitch::client
