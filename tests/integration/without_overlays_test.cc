// What a run does where the kernel refuses overlays. The refusal is a real one: everything lies on
// an overlay over an overlay, and the kernel does not stack a third (FILESYSTEM_MAX_STACK_DEPTH).
#include <unistd.h>

#include "integration/harness/hitch_test.h"

namespace hitch::testing {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

/// Runs `script` in the bundle's directory, in a mount namespace of its own in which $top is on the
/// second overlay. hitch is "$0". In $top are `bundle`, a copy of the test's, `home` and `cache`.
class DataWithoutOverlays : public HitchTest {
 protected:
  ProcessResult run_on_overlays(const std::string& script) {
    const auto place = bundle.root() / "stacked";
    std::filesystem::create_directory(place);
    const std::string prepare = "set -e; mount -t tmpfs none '" + place.string() + "'; cd '" +
                                place.string() + R"('
      mkdir a b one upper work two
      mount -t overlay overlay -o lowerdir=a:b one
      mount -t overlay overlay -o lowerdir=one,upperdir=upper,workdir=work,userxattr two
      top=$PWD/two; mkdir -p $top/home $top/cache; cp -r ')" +
                                bundle.directory().string() + "' $top/bundle; cd '" +
                                bundle.directory().string() + "'; set +e\n";
    RunOptions options;
    options.prefix = {"/usr/bin/unshare"};
    // A user needs a user namespace to mount anything; hitch then nests its own in it.
    if (::geteuid() != 0)
      options.prefix.insert(options.prefix.end(), {"--user", "--map-root-user"});
    options.prefix.insert(options.prefix.end(), {"--mount", "/bin/sh", "-c", prepare + script});
    return run({}, options);
  }
  void write_database() {
    bundle.write(R"(
services:
  Db:
    shell: "cat $HITCH_DATA/db/rows $HITCH_DATA/db/link; echo more >>$HITCH_DATA/db/rows; echo up; sleep 1000"
    ready: up
    data:
      path: db
      prepare: [[sh, -c, "cd $HITCH_DATA/db && echo one row >rows && ln -s rows link && mkdir -m 500 d"]]
)");
  }
};

TEST_F(DataWithoutOverlays, PreparedDataIsCopiedForEachRunAndTheCopyGoesWithIt) {
  write_database();
  const auto result = run_on_overlays(R"(
    export XDG_CACHE_HOME=$top/cache
    for i in 1 2; do "$0" run -- /bin/true || exit; done
    ls -A $top/cache/hitch/copies; echo entries: $(ls -d $top/cache/hitch/data/*-*[0-9a-f] | wc -l))");
  EXPECT_TRUE(exited(result, 0));
  EXPECT_EQ(result.out, "entries: 1\n");
  EXPECT_EQ(count_lines(result.err, R"(Db\] one row$)"), 4) << result.err;
  EXPECT_EQ(count_lines(result.err, R"(Db\] more$)"), 0) << "a run has changed the cache";
  EXPECT_EQ(count_lines(result.err, "refuses an overlay on '/run/hitch/data/Db/db'.* copy"), 2);
}

TEST_F(DataWithoutOverlays, CopyOfAKilledRunIsRemovedByTheNextCommand) {
  write_database();
  const auto result = run_on_overlays(R"(
    export XDG_CACHE_HOME=$top/cache
    "$0" run -q -- /bin/sh -c 'echo >started; sleep 1000' & hitch=$!
    while ! test -e started; do sleep 0.01; done
    ls $top/cache/hitch/copies | wc -l
    kill -9 $hitch; wait $hitch
    "$0" run -q -- /bin/true; ls -A $top/cache/hitch/copies)");
  EXPECT_TRUE(exited(result, 0));
  EXPECT_EQ(result.out, "1\n");
}

TEST_F(DataWithoutOverlays, HomeIsReadOnlyAndSaysSoOnce) {
  write_database();
  const auto result = run_on_overlays(R"(
    export HOME=$top/home; echo settings >$HOME/file
    "$0" run -- /bin/sh -c 'cat ~/file; echo x >~/file || echo refused; echo $HOME')");
  EXPECT_TRUE(exited(result, 0));
  EXPECT_THAT(result.out, HasSubstr("settings\nrefused\n"));
  EXPECT_EQ(count_lines(result.err, "refuses an overlay on '.*/home'.*read-only"), 1)
      << "preparing data has found it out before:\n"
      << result.err;
}

TEST_F(DataWithoutOverlays, AnOverlayOfTheBundleDirectoryIsAnErrorWithAHint) {
  bundle.write("filesystem: overlay\nservices:\n  Idle: {command: [sleep, '1000']}\n");
  const auto result = run_on_overlays("cd $top/bundle; \"$0\" run -- /bin/true");
  EXPECT_TRUE(failed_saying(result, 125, "mount an overlay on '.*/bundle'.*filesystem: private"));
  EXPECT_THAT(result.err, Not(HasSubstr("copy of its data")));
}

}  // namespace
}  // namespace hitch::testing
