#include "cli/top_screen.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace hitch {
namespace {

using ::testing::Each;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::SizeIs;
using ::testing::StartsWith;

TopRow row(std::string name, std::optional<double> percent, std::uint64_t memory) {
  TopRow row;
  row.service = {.name = std::move(name), .state = "ready", .pid = 1000, .uptime = 65};
  row.processes = 2;
  row.threads = 5;
  row.cpu_percent = percent;
  row.memory_bytes = memory;
  if (percent) row.history = {0, *percent};
  return row;
}

TopSample sample() {
  TopSample sample;
  sample.bundle = "shop";
  sample.state = "ready";
  sample.rows = {row("Web", 12.34, 3 << 20), row("Db", 150, 2 << 20), row("App", 0, 9 << 20)};
  return sample;
}

std::vector<std::string> names(std::vector<TopRow> rows, TopOrder order, bool is_reversed) {
  sort_rows(rows, order, is_reversed);
  std::vector<std::string> names;
  for (const auto& one : rows) names.push_back(one.service.name);
  return names;
}

TEST(TopScreenTest, TheLargestComesFirst) {
  const auto rows = sample().rows;
  EXPECT_THAT(names(rows, TopOrder::kFile, false), ElementsAre("Web", "Db", "App"));
  EXPECT_THAT(names(rows, TopOrder::kFile, true), ElementsAre("App", "Db", "Web"));
  EXPECT_THAT(names(rows, TopOrder::kCpu, false), ElementsAre("Db", "Web", "App"));
  EXPECT_THAT(names(rows, TopOrder::kMemory, false), ElementsAre("App", "Web", "Db"));
  EXPECT_THAT(names(rows, TopOrder::kName, true), ElementsAre("Web", "Db", "App"));
}

TEST(TopScreenTest, APlotEndsNowAndIsAsWideAsAsked) {
  EXPECT_EQ(plot({}, 3, false), "   ");
  EXPECT_EQ(plot({0, 1, 50, 100}, 6, false), "   .=@");
  EXPECT_EQ(plot({0, 1, 50, 100}, 2, false), "=@");
  EXPECT_EQ(plot({100, 400}, 2, false), ":@");  // more than a processor: the highest is full
  EXPECT_EQ(plot({0, 100}, 2, true), " █");
  EXPECT_EQ(plot({1}, 0, true), "");
}

TEST(TopScreenTest, TheScreenFitsTheTerminal) {
  TopView view;
  view.colors = view.blocks = false;
  view.order = TopOrder::kCpu;
  const auto lines = screen_lines(sample(), view);
  ASSERT_THAT(lines, SizeIs(7));
  EXPECT_EQ(lines[0], "shop  ready  6 processes  CPU 162.3%  memory 14.0M");
  EXPECT_THAT(lines[2], StartsWith("SERVICE  STATE"));
  EXPECT_EQ(lines[3].substr(0, 63),
            "Db       ready  1000  1m05s   2      5        150.0  2.0M      ");
  EXPECT_EQ(lines[3].back(), '@');
  EXPECT_THAT(lines[6], StartsWith("q quit"));
  for (const std::size_t columns : {1U, 20U, 63U, 70U, 200U}) {
    view.columns = columns;
    EXPECT_THAT(screen_lines(sample(), view), Each(SizeIs(::testing::Le(columns))));
  }
  for (const std::size_t rows : {1U, 2U, 4U}) {
    view.rows = rows;
    EXPECT_LE(screen_lines(sample(), view).size(), std::max<std::size_t>(rows, 2));
  }
}

TEST(TopScreenTest, TheFirstLookKnowsNoPercentages) {
  auto first = sample();
  first.rows = {row("Web", std::nullopt, 1 << 20)};
  EXPECT_THAT(sample_text(first),
              HasSubstr("Web      ready  1000  1m05s   2      5        -     1.0M"));
  first.rows[0].service.pid = 0;
  EXPECT_THAT(sample_text(first),
              HasSubstr("Web      ready  -    -       -      -        -     -"));
}

TEST(TopScreenTest, JsonHasALineForEachService) {
  const auto text = sample_json(sample());
  EXPECT_EQ(std::count(text.begin(), text.end(), '\n'), 3);
  EXPECT_THAT(text, HasSubstr(R"("service":"Web","state":"ready","pid":1000,)"));
  EXPECT_THAT(text, HasSubstr(R"("processes":2,"threads":5,"cpu_percent":12.3,"memory":3145728)"));
}

}  // namespace
}  // namespace hitch
