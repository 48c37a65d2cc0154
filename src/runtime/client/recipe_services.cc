#include <utility>

#include "runtime/client/hitch/services.h"

namespace hitch::client {

namespace {

ServiceOptions with_recipe(ServiceOptions options, std::string recipe, Json parameters) {
  options.recipe = std::move(recipe);
  const bool is_wrong = !options.parameters.is_null() && !options.parameters.is_object();
  if (is_wrong) return options;  // and refused when it is added
  if (options.parameters.is_object()) {
    for (const auto& [key, value] : options.parameters.as_object()) parameters.set(key, value);
  }
  options.parameters = std::move(parameters);
  return options;
}

Json rules_of(const std::filesystem::path& rules, std::uint16_t port) {
  return {{"port", port}, {"rules", rules.string()}};
}

}  // namespace

RecipeService::RecipeService(std::string recipe, Json parameters, ServiceOptions options)
    : Service(with_recipe(std::move(options), std::move(recipe), std::move(parameters))) {}

std::uint16_t RecipeService::port() const {
  const auto& parameters = options().parameters;
  if (!parameters.is_object() || !parameters.contains("port")) return 0;
  return static_cast<std::uint16_t>(parameters["port"].as_int());
}

std::string RecipeService::host_and_port() const {
  return "127.0.0.1:" + std::to_string(port());
}

RedisService::RedisService(std::uint16_t port, int databases, ServiceOptions options)
    : RecipeService("redis", {{"port", port}, {"databases", databases}}, std::move(options)) {}

SmtpService::SmtpService(std::uint16_t port, ServiceOptions options)
    : RecipeService("smtp", {{"port", port}}, std::move(options)) {}

HttpMockService::HttpMockService(const std::filesystem::path& rules, std::uint16_t port,
                                 ServiceOptions options)
    : RecipeService("http_mock", rules_of(rules, port), std::move(options)) {}

MemcachedService::MemcachedService(std::uint16_t port, int megabytes, ServiceOptions options)
    : RecipeService("memcached", {{"port", port}, {"megabytes", megabytes}}, std::move(options)) {}

MariaDbService::MariaDbService(MariaDbOptions mariadb, ServiceOptions options)
    : RecipeService("mariadb",
                    {{"port", mariadb.port},
                     {"database", mariadb.database},
                     {"user", mariadb.user},
                     {"password", mariadb.password}},
                    std::move(options)) {}

Subcommand MariaDbService::mariadb(std::string_view command) const {
  return subcommand("mariadb", "-e", command);
}

RabbitService::RabbitService(RabbitOptions rabbit, ServiceOptions options)
    : RecipeService("rabbitmq",
                    {{"port", rabbit.port},
                     {"distribution_port", rabbit.distribution_port},
                     {"epmd_port", rabbit.epmd_port}},
                    std::move(options)) {}

}  // namespace hitch::client
