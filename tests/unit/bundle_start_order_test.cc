#include <gtest/gtest.h>

#include "runtime/bundle/start_order.h"

namespace hitch {
namespace {

ServiceSpec service(std::string name, const std::vector<std::string>& needs = {},
                    std::vector<std::string> profiles = {}) {
  ServiceSpec spec;
  spec.name = std::move(name);
  for (const auto& need : needs) spec.depends_on.push_back({need});
  spec.profiles = std::move(profiles);
  return spec;
}

std::string names(const std::vector<ServiceSpec>& services,
                  const std::vector<std::size_t>& indices) {
  std::string text;
  for (const auto i : indices) text += services[i].name + ' ';
  return text;
}

std::string stops(const std::vector<ServiceSpec>& services) {
  std::string text;
  for (const auto& group : stop_groups(services)) text += names(services, group) + "| ";
  return text;
}

struct Selected {
  std::string names, errors;
};

Selected select(const std::vector<ServiceSpec>& services, const Selection& selection) {
  std::vector<Candidate> candidates;
  for (const auto& spec : services) {
    candidates.push_back({&spec, std::string_view(spec.name).substr(0, spec.name.find("-"))});
  }
  Diagnostics out;
  const auto chosen = select_services(candidates, selection, out);
  return {names(services, chosen), out.render()};
}

TEST(BundleStartOrder, KeepsTheOrderOfTheFileAmongEquals) {
  const std::vector services{service("C"), service("A"), service("B")};
  EXPECT_EQ(names(services, start_order(services)), "C A B ");
  EXPECT_EQ(stops(services), "C A B | ");
}

TEST(BundleStartOrder, StartsDependenciesFirstAndStopsThemLast) {
  const std::vector services{service("Web", {"Db", "Cache"}), service("Db", {"Disk"}),
                             service("Cache"), service("Disk"), service("Cron", {"Db"})};
  EXPECT_EQ(names(services, start_order(services)), "Cache Disk Db Cron Web ");
  EXPECT_EQ(stops(services), "Web Cron | Db Cache | Disk | ");
}

TEST(BundleStartOrder, AChainOfAThousandIsNoProblem) {
  std::vector<ServiceSpec> services;
  const auto name = [](int i) { return std::string("S").append(std::to_string(i)); };
  for (int i = 0; i < 1000; ++i) {
    services.push_back(service(name(i)));
    if (i < 999) services.back().depends_on.push_back({name(i + 1)});
  }
  const auto order = start_order(services);
  ASSERT_EQ(order.size(), 1000U);
  EXPECT_EQ(order.front(), 999U);
  EXPECT_EQ(stop_groups(services).size(), 1000U);
}

TEST(BundleStartOrder, NothingIsNothing) {
  EXPECT_TRUE(start_order({}).empty());
  EXPECT_TRUE(stop_groups({}).empty());
}

TEST(BundleSelection, WithoutNamesAllWithoutProfilesAreChosen) {
  const std::vector services{service("A"), service("B", {}, {"debug"}),
                             service("C", {}, {"x", "y"})};
  EXPECT_EQ(select(services, {}).names, "A ");
  EXPECT_EQ(select(services, {{}, {"debug"}}).names, "A B ");
  EXPECT_EQ(select(services, {{}, {"y"}}).names, "A C ");
  EXPECT_EQ(select(services, {{}, {"*"}}).names, "A B C ");
}

TEST(BundleSelection, ANameBringsItsDependenciesInTheOrderOfTheFile) {
  const std::vector services{service("Web", {"Db"}), service("Mail"), service("Db", {"Disk"}),
                             service("Disk")};
  EXPECT_EQ(select(services, {{"Web"}, {}}).names, "Web Db Disk ");
  EXPECT_EQ(select(services, {{"Disk", "Mail"}, {}}).names, "Mail Disk ");
}

TEST(BundleSelection, ANameActivatesItsProfiles) {
  const std::vector services{service("A", {"B"}, {"debug"}), service("B", {}, {"debug"})};
  EXPECT_EQ(select(services, {{"A"}, {}}).names, "A B ");
}

TEST(BundleSelection, ANameStandsForAllItsReplicas) {
  const std::vector services{service("Web-1"), service("Web-2"), service("Db")};
  EXPECT_EQ(select(services, {{"Web"}, {}}).names, "Web-1 Web-2 ");
  EXPECT_EQ(select(services, {{"Web-2"}, {}}).names, "Web-2 ");
}

TEST(BundleSelection, UnknownNamesAndProfilesAreErrorsWithTheNearestSpelling) {
  const std::vector services{service("Postgres"), service("B", {}, {"debug"})};
  EXPECT_EQ(select(services, {{"Postgers"}, {"debgu", "zzz"}}).errors,
            "there is no profile 'debgu', did you mean 'debug'?\n"
            "there is no profile 'zzz'\n"
            "there is no service 'Postgers', did you mean 'Postgres'?\n");
}

TEST(BundleSelection, ADependencyThatIsNotActiveIsAnError) {
  const std::vector services{service("A", {"B"}), service("B", {}, {"debug"})};
  EXPECT_EQ(select(services, {}).errors,
            "services.A: depends on 'B', which needs the profile 'debug'\n");
}

}  // namespace
}  // namespace hitch
