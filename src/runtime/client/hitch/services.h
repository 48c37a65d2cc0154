#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "runtime/client/hitch/service_bundle.h"

// Ready-made services, built on the recipes: docs/recipes.md says what each prints and takes. The
// last parameter of each is laid over what the recipe says.

namespace hitch::client {

/// Any recipe: RecipeService("memcached", {{"port", 11311}}).
class RecipeService : public Service {
 public:
  explicit RecipeService(std::string recipe, Json parameters = {}, ServiceOptions options = {});

  /// Where it listens, inside of the bundle; 0 if the recipe has no such parameter.
  std::uint16_t port() const;
  /// "127.0.0.1:PORT".
  std::string host_and_port() const;
};

/// A role that may log in.
struct PostgresUser {
  std::string username{};
  std::string password{};
};

/// A database, and what shall be in it.
struct PostgresDatabase {
  std::string name{};
  std::string owner{};  ///< a user's name; empty: the superuser
  std::string dump{};   ///< a file for psql
};

struct PostgresOptions {
  std::uint16_t port = 15432;
  std::vector<PostgresUser> users{};
  std::vector<PostgresDatabase> databases{};
  bool initialize = true;        ///< make them
  std::string version{};         ///< "15"; empty: the newest there is
  std::string server_options{};  ///< "-c work_mem=64MB"
};

/// PostgreSQL. Every password is right.
class PostgresService : public RecipeService {
 public:
  explicit PostgresService(PostgresOptions postgres = {}, ServiceOptions options = {});
  /// Makes the users and databases.
  void poststart() override;

  /// psql with one command, in SQL or one of its own. Prints a table.
  Subcommand psql(std::string_view command, std::string_view database = "template1") const;
  /// Runs what is in a file.
  Subcommand psql_file(const std::filesystem::path& file,
                       std::string_view database = "template1") const;
  /// Prints a database as SQL: run({.check_output = true}).output in a file is for psql_file().
  Subcommand pg_dump(std::string_view database = "template1") const;
  /// Restores what `pg_dump --format=custom` has written into a file.
  Subcommand pg_restore(const std::filesystem::path& file,
                        std::string_view database = "template1") const;

 private:
  PostgresOptions postgres_;
};

/// Redis that keeps nothing on disk.
class RedisService : public RecipeService {
 public:
  explicit RedisService(std::uint16_t port = 16379, int databases = 16,
                        ServiceOptions options = {});
  /// redis-cli with these words.
  template <typename... Words>
  Subcommand cli(Words&&... words) const {
    return subcommand("redis-cli", std::forward<Words>(words)...);
  }
};

/// Takes every mail, sends none on, and prints each as a line of JSON.
class SmtpService : public RecipeService {
 public:
  explicit SmtpService(std::uint16_t port = 10025, ServiceOptions options = {});
};

/// Answers HTTP requests by the rules in a file, and prints each as a line of JSON.
class HttpMockService : public RecipeService {
 public:
  explicit HttpMockService(const std::filesystem::path& rules = {}, std::uint16_t port = 10080,
                           ServiceOptions options = {});
  std::string url() const { return "http://" + host_and_port(); }
};

/// memcached, which keeps so many megabytes in memory, and nothing on disk.
class MemcachedService : public RecipeService {
 public:
  explicit MemcachedService(std::uint16_t port = 21211, int megabytes = 64,
                            ServiceOptions options = {});
};

struct MariaDbOptions {
  std::uint16_t port = 13306;
  std::string database = "test";
  std::string user = "root";
  std::string password{};
};

/// MariaDB with one database, and one user who may do everything.
class MariaDbService : public RecipeService {
 public:
  explicit MariaDbService(MariaDbOptions mariadb = {}, ServiceOptions options = {});
  /// The client of MariaDB with one command in SQL.
  Subcommand mariadb(std::string_view command) const;
};

struct RabbitOptions {
  std::uint16_t port = 15672;
  std::uint16_t distribution_port = 25672;
  std::uint16_t epmd_port = 14369;
};

/// RabbitMQ. It takes some seconds to start: the bundle's startup_timeout has to allow for it.
class RabbitService : public RecipeService {
 public:
  explicit RabbitService(RabbitOptions rabbit = {}, ServiceOptions options = {});
  template <typename... Words>
  Subcommand rabbitmqctl(Words&&... words) const {
    return subcommand("rabbitmqctl", std::forward<Words>(words)...);
  }
};

/// Runs a command every so often, whatever it ends with. The pause is real time: it is the command
/// that sees the bundle's clock.
class CronService : public Service {
 public:
  explicit CronService(const std::vector<std::string>& run,
                       std::chrono::milliseconds every = std::chrono::seconds(1),
                       ServiceOptions options = {});
};

struct DjangoOptions {
  std::string python = "python3";
  std::string version{};  ///< fails if Django's does not have this in it
  std::uint16_t port = 18080;
  std::string managepy = "manage.py";              ///< from the service's directory
  std::string settings{};                          ///< a module, if not manage.py's own
  std::vector<std::string> fixtures{};             ///< files to load before the start
  int verbosity = 1;                               ///< 0 to 3
  bool makemigrations = false, migrations = true;  ///< what is run before the start
};

/// Django's development server, on 127.0.0.1.
class DjangoService : public Service {
 public:
  explicit DjangoService(DjangoOptions django = {}, ServiceOptions options = {});
  /// Prepares the database.
  void setup() override;

  /// manage.py with these words.
  template <typename... Words>
  Subcommand manage(Words&&... words) const {
    return manage_words({std::string(std::forward<Words>(words))...});
  }
  std::string url() const;
  std::uint16_t port() const noexcept { return django_.port; }
  /// Writes what is in the database into a file.
  void savefixture(const std::filesystem::path& file) const;

 private:
  Subcommand manage_words(std::vector<std::string> words) const;
  void check_version() const;

  DjangoOptions django_;
};

struct CeleryOptions {
  std::string python = "python3";
  std::string app{};      ///< where the application is, such as "project.celery"
  std::string version{};  ///< fails if Celery's does not have this in it
  bool beat = false;      ///< run the scheduler alongside
  std::string loglevel = "INFO";
  int concurrency = 2;
  std::string broker{};  ///< its URL, if not the application's own
};

/// A worker of Celery.
class CeleryService : public Service {
 public:
  explicit CeleryService(CeleryOptions celery = {}, ServiceOptions options = {});
  void setup() override;

  /// Runs celery with these words, and returns what it printed.
  std::string celery(std::vector<std::string> words) const;
  std::string inspect(const std::string& what) const { return celery({"inspect", what}); }
  std::string control(const std::string& what) const { return celery({"control", what}); }
  std::string status() const { return celery({"status"}); }

 private:
  CeleryOptions celery_;
};

}  // namespace hitch::client
