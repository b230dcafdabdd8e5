// The binary as a person meets it: what it prints, where, and with which exit code.
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <netinet/in.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <filesystem>
#include <nlohmann/json.hpp>

#include "absl/strings/str_cat.h"
#include "common/durable_file.h"

namespace evenkeel {
namespace {

using testing::AllOf;
using testing::HasSubstr;
using testing::IsEmpty;

struct Result {
  int exit_code;
  std::string out;
  std::string err;
};

class CommandLineTest : public testing::Test {
 protected:
  CommandLineTest()
      : folder_(testing::TempDir() + testing::UnitTest::GetInstance()->current_test_info()->name()) {
    std::filesystem::remove_all(folder_);
    EXPECT_TRUE(MakeFolders(folder_).ok());
  }

  // Runs `evenkeel ARGUMENTS` through a shell.
  Result Evenkeel(const std::string& arguments, const std::string& environment = "") {
    const std::string command = absl::StrCat(environment, " timeout 60 cli/evenkeel ", arguments, " >",
                                             folder_, "/out 2>", folder_, "/err </dev/null");
    const int status = ::system(command.c_str());
    return {WIFEXITED(status) ? WEXITSTATUS(status) : -1, ReadFile(folder_ + "/out").value_or(""),
            ReadFile(folder_ + "/err").value_or("")};
  }

  std::string File(const std::string& name, const std::string& text) {
    EXPECT_TRUE(WriteFileDurably(folder_ + "/" + name, text).ok());
    return folder_ + "/" + name;
  }

  const std::string folder_;
};

TEST_F(CommandLineTest, HelpGoesToStandardOutput) {
  const Result result = Evenkeel("--help");
  EXPECT_EQ(result.exit_code, 0);
  EXPECT_THAT(result.out,
              AllOf(HasSubstr("run"), HasSubstr("resume"), HasSubstr("eval"), HasSubstr("bench")));
}

TEST_F(CommandLineTest, ABadFlagIsExitCode2) {
  for (const char* arguments : {"", "nosuch", "run", "run quickstart --nosuch", "run quickstart --seed=x",
                                "algos -o xml", "serve nosuch --run=x", "run quickstart --resume=maybe"}) {
    const Result result = Evenkeel(arguments);
    EXPECT_EQ(result.exit_code, 2) << arguments;
    EXPECT_THAT(result.err, HasSubstr("evenkeel: error[E0201]: ")) << arguments;
    EXPECT_THAT(result.out, IsEmpty());
  }
}

TEST_F(CommandLineTest, AlgosListsEveryKind) {
  const Result result = Evenkeel("algos -o json");
  EXPECT_EQ(result.exit_code, 0);
  std::map<std::string, std::string> kinds;
  for (const auto& row : nlohmann::json::parse(result.out)) kinds[row["name"]] = row["kind"];
  EXPECT_EQ(kinds["qmix"], "learned");
  EXPECT_EQ(kinds["sed"], "heuristic");
  EXPECT_EQ(kinds["sed_static"], "control");
  EXPECT_EQ(kinds["oracle"], "bound (cheats)");
}

TEST_F(CommandLineTest, VersionNamesTheBuild) {
  EXPECT_THAT(Evenkeel("version -o csv").out, HasSubstr("evenkeel,0."));
}

TEST_F(CommandLineTest, ShownConfigurationIsValidItself) {
  const Result shown = Evenkeel("config show paper/moderate");
  EXPECT_EQ(shown.exit_code, 0);
  EXPECT_THAT(Evenkeel("config validate " + File("again.textproto", shown.out)).out, HasSubstr("is valid"));
}

TEST_F(CommandLineTest, OriginsShowEveryLayer) {
  const Result result = Evenkeel("config show quickstart --origin --algo=sed --set training.episodes=30",
                                 "EVENKEEL_SET='training.worlds=2; barrier.join_seconds=9'");
  EXPECT_THAT(
      result.out,
      AllOf(HasSubstr("algorithm.name\t\"sed\"\t--algo\n"), HasSubstr("training.episodes\t30\t--set\n"),
            HasSubstr("training.worlds\t2\tEVENKEEL_SET\n"), HasSubstr("replay.sync\tfalse\tdefault\n"),
            HasSubstr("topology.lbs\t2\tpreset quickstart:")));
}

TEST_F(CommandLineTest, AllConfigurationErrorsAreToldAtOnceAndNothingStarts) {
  const std::string file =
      File("my.textproto", "topology { servers { cuont: 2 } }\nreward { kind: PRODUKT }\n");
  const Result result = Evenkeel("run " + file + " --out=" + folder_ + "/run");
  EXPECT_EQ(result.exit_code, 3);
  EXPECT_THAT(result.err, AllOf(HasSubstr("my.textproto:1:22"), HasSubstr("did you mean \"count\"?"),
                                HasSubstr("my.textproto:2:16"), HasSubstr("2 errors; nothing was started")));
  EXPECT_FALSE(std::filesystem::exists(folder_ + "/run"));
}

TEST_F(CommandLineTest, AnUnknownAlgorithmListsTheKnown) {
  const Result result = Evenkeel("run quickstart --algo=qmxi --out=" + folder_ + "/run");
  EXPECT_EQ(result.exit_code, 3);
  EXPECT_THAT(result.err, AllOf(HasSubstr("did you mean \"qmix\"?"), HasSubstr("sed_static")));
}

TEST_F(CommandLineTest, KnotsThatNoScenarioHasAreRefusedBeforeAnythingStarts) {
  const Result result = Evenkeel("run quickstart --algo=es --set algorithm.es.lbs_knots=[2,6] --set algorithm.es.server_knots=[4] --out=" +
                                 folder_ + "/run");
  EXPECT_EQ(result.exit_code, 3);
  EXPECT_THAT(result.err, HasSubstr("6 LBs before 4 servers, and no scenario"));
  EXPECT_FALSE(std::filesystem::exists(folder_ + "/run"));
}

TEST_F(CommandLineTest, AMissingTraceIsExitCode4) {
  const Result result = Evenkeel("run trace --set workload.trace.path=/nowhere.gz --out=" + folder_ + "/run");
  EXPECT_EQ(result.exit_code, 4);
  EXPECT_THAT(result.err, HasSubstr("/nowhere.gz: No such file"));
}

TEST_F(CommandLineTest, ABadLineOfATraceIsNamedBeforeAnythingStarts) {
  const std::string trace = File("bad.csv", "time\tquery\n0.1\t/dummy.php/?n=1000\n0.2 nonsense\n");
  const Result result =
      Evenkeel("run trace --algo=sed --set workload.trace.path=" + trace + " --out=" + folder_ + "/run");
  EXPECT_EQ(result.exit_code, 4);
  EXPECT_THAT(result.err, HasSubstr("bad.csv:3"));
  EXPECT_FALSE(std::filesystem::exists(folder_ + "/run"));
}

TEST_F(CommandLineTest, AnExistingRunIsExitCode9AndSaysWhatToDo) {
  ASSERT_TRUE(MakeFolders(folder_ + "/run").ok());
  File("run/run.json", "{\"id\": \"x\"}");
  const Result result = Evenkeel("run quickstart --out=" + folder_ + "/run");
  EXPECT_EQ(result.exit_code, 9);
  EXPECT_THAT(result.err, HasSubstr("--resume=auto"));
}

TEST_F(CommandLineTest, ResumeMustNeedsARun) {
  EXPECT_EQ(Evenkeel("run quickstart --resume=must --out=" + folder_ + "/nosuch").exit_code, 4);
  EXPECT_EQ(Evenkeel("resume " + folder_ + "/nosuch").exit_code, 4);
}

TEST_F(CommandLineTest, AKeyThatMustNotChangeOnResumeIsExitCode7ByName) {
  ASSERT_TRUE(MakeFolders(folder_ + "/run").ok());
  File("run/run.json", "{\"id\": \"x\"}");
  File("run/config.textproto", Evenkeel("config show quickstart").out);
  const Result result = Evenkeel("resume " + folder_ + "/run --set agent.step_interval_seconds=0.5");
  EXPECT_EQ(result.exit_code, 7);
  EXPECT_THAT(result.err, HasSubstr("agent.step_interval_seconds cannot change"));
}

TEST_F(CommandLineTest, AForeignPolicyIsExitCode7) {
  const Result result = Evenkeel("eval quickstart --policy=" + File("policy.pb", "\x80\x02}q\x01(X\x05"));
  EXPECT_EQ(result.exit_code, 7);
  EXPECT_THAT(result.err, HasSubstr("policy.pb"));
}

TEST_F(CommandLineTest, AMissingPolicyIsExitCode4) {
  EXPECT_EQ(Evenkeel("eval quickstart --policy=/nowhere/policy.pb").exit_code, 4);
}

TEST_F(CommandLineTest, EvalPrintsOneRowPerPolicy) {
  const Result result = Evenkeel(
      "eval quickstart --algo=sed --seeds 2 -o csv --set evaluation.seconds=4 --set "
      "evaluation.warmup_seconds=1 "
      "--set evaluation.policies=[lsq,wcmp]");
  EXPECT_EQ(result.exit_code, 0) << result.err;
  EXPECT_THAT(result.out, AllOf(HasSubstr("\nsed,"), HasSubstr("\nlsq,"), HasSubstr("\nwcmp,")));
}

// The suite `quick` made quicker still.
constexpr char kQuick[] =
    "eval --suite=quick --algo=sed,arc,oracle --seeds 2 --set evaluation.seconds=3 --set "
    "evaluation.warmup_seconds=1 ";

TEST_F(CommandLineTest, ASuiteIsPlayedScenarioByScenarioAndSummedUp) {
  const Result result = Evenkeel(kQuick);
  EXPECT_EQ(result.exit_code, 0) << result.err;
  EXPECT_THAT(result.out, AllOf(HasSubstr("== quick: small ==\n"), HasSubstr("== quick: many-lbs ==\n"),
                                HasSubstr("gap closed %"), HasSubstr("mean jct / bound")));
}

TEST_F(CommandLineTest, ASuitesRecordingIsComparedAndReported) {
  const Result eval = Evenkeel(absl::StrCat(kQuick, "-o json --out ", folder_, "/recorded"));
  ASSERT_EQ(eval.exit_code, 0) << eval.err;
  EXPECT_EQ(nlohmann::json::parse(eval.out)["evaluations"].size(), 3u);
  EXPECT_EQ(ReadFile(folder_ + "/recorded/quick.json").value_or(""), eval.out);

  const Result compared = Evenkeel("compare " + folder_ + "/recorded");
  EXPECT_EQ(compared.exit_code, 0) << compared.err;
  EXPECT_THAT(compared.out, AllOf(HasSubstr("POLICY"), HasSubstr("SMALL MS"), HasSubstr("oracle")));

  EXPECT_EQ(Evenkeel("report " + folder_ + "/recorded -o " + folder_ + "/RESULTS.md").exit_code, 0);
  EXPECT_THAT(ReadFile(folder_ + "/RESULTS.md").value_or(""), HasSubstr("## quick"));
}

TEST_F(CommandLineTest, AGateThatFailsIsExitCode1AndNamesTheScenario) {
  ASSERT_EQ(Evenkeel(absl::StrCat(kQuick, "--out ", folder_, "/recorded")).exit_code, 0);
  const std::string compare = "compare " + folder_ + "/recorded ";
  EXPECT_EQ(Evenkeel(compare + "--fail-if='oracle.jct_mean > sed.jct_mean*2'").exit_code, 0);
  const Result failed = Evenkeel(compare + "--fail-if='sed.jct_mean > oracle.jct_mean*0.5'");
  EXPECT_EQ(failed.exit_code, 1);
  EXPECT_THAT(failed.err,
              HasSubstr("gate failed: sed.jct_mean > oracle.jct_mean*0.5 in small, wrong-ratio, many-lbs"));
  EXPECT_EQ(Evenkeel(compare + "--fail-if=nonsense").exit_code, 3);
}

TEST_F(CommandLineTest, RecordingsOfOtherTracesAreNotPaired) {
  ASSERT_EQ(Evenkeel(absl::StrCat(kQuick, "--out ", folder_, "/a")).exit_code, 0);
  ASSERT_EQ(Evenkeel(absl::StrCat(kQuick, "--out ", folder_, "/b --set evaluation.first_seed=2000000")).exit_code, 0);
  const Result result = Evenkeel(absl::StrCat("compare ", folder_, "/a ", folder_, "/b"));
  EXPECT_EQ(result.exit_code, 7);
  EXPECT_THAT(result.err, HasSubstr("scenario \"small\" cannot be paired"));
}

TEST_F(CommandLineTest, AnUnknownSuiteListsTheShipped) {
  const Result result = Evenkeel("eval --suite=larg");
  EXPECT_EQ(result.exit_code, 4);
  EXPECT_THAT(result.err, AllOf(HasSubstr("did you mean \"large\"?"), HasSubstr("wrong-ratio")));
}

TEST_F(CommandLineTest, EvalNeedsATargetOrASuiteAndNotBoth) {
  for (const char* arguments :
       {"eval", "eval quickstart --suite=quick", "eval quickstart --algo=sed --out=x",
        "eval quickstart --policy=a --policy=b", "eval quickstart --policy=a --algo=sed"}) {
    const Result result = Evenkeel(arguments);
    EXPECT_EQ(result.exit_code, 2) << arguments << result.err;
    EXPECT_THAT(result.err, HasSubstr("error[E0201]")) << arguments;
  }
}

TEST_F(CommandLineTest, AServiceWithoutItsRunFolderSaysSo) {
  const Result result = Evenkeel("serve replay --run=" + folder_ + "/nosuch");
  EXPECT_EQ(result.exit_code, 4);
  EXPECT_THAT(result.err, HasSubstr("/nosuch/config.textproto"));
}

TEST_F(CommandLineTest, CertsAreMadeCheckedAndNeverOverwrittenUnasked) {
  const std::string folder = folder_ + "/certs";
  const Result made = Evenkeel("certs " + folder);
  EXPECT_EQ(made.exit_code, 0) << made.err;
  EXPECT_THAT(made.out, HasSubstr(folder + ": good until "));
  EXPECT_THAT(made.err, HasSubstr("--tls " + folder));
  const std::string key = *ReadFile(folder + "/node.key");

  EXPECT_EQ(Evenkeel("certs --check " + folder).exit_code, 0);
  const Result again = Evenkeel("certs " + folder);
  EXPECT_EQ(again.exit_code, 9);
  EXPECT_THAT(again.err, HasSubstr("--force"));
  EXPECT_EQ(*ReadFile(folder + "/node.key"), key);

  EXPECT_EQ(Evenkeel("certs --force " + folder).exit_code, 0);
  EXPECT_NE(*ReadFile(folder + "/node.key"), key);
}

TEST_F(CommandLineTest, CertsOfSeveralNodesReplaceAnOlderSetWhole) {
  const std::string folder = folder_ + "/certs";
  ASSERT_EQ(Evenkeel("certs --nodes=3 " + folder).exit_code, 0);
  const Result fewer = Evenkeel("certs --nodes=2 --force " + folder);
  EXPECT_EQ(fewer.exit_code, 0) << fewer.err;
  EXPECT_THAT(fewer.out, AllOf(HasSubstr("/node-1: good"), HasSubstr("/node-2: good")));
  EXPECT_FALSE(std::filesystem::exists(folder + "/node-3"));
  EXPECT_EQ(*ReadFile(folder + "/node-1/ca.crt"), *ReadFile(folder + "/node-2/ca.crt"));
}

TEST_F(CommandLineTest, CertsOfTwoAuthoritiesAreNoSet) {
  ASSERT_EQ(Evenkeel("certs " + folder_ + "/set/node-1").exit_code, 0);
  ASSERT_EQ(Evenkeel("certs " + folder_ + "/set/node-2").exit_code, 0);
  const Result result = Evenkeel("certs --check " + folder_ + "/set");
  EXPECT_EQ(result.exit_code, 3);
  EXPECT_THAT(result.err, HasSubstr("node-2 is of another authority"));
}

TEST_F(CommandLineTest, CertsThatAreNotThereAreExitCode4) {
  const Result result = Evenkeel("certs --check " + folder_ + "/nosuch");
  EXPECT_EQ(result.exit_code, 4);
  EXPECT_THAT(result.err, HasSubstr("/nosuch/ca.crt"));
}

TEST_F(CommandLineTest, ATakenPortIsNamed) {
  ASSERT_TRUE(MakeFolders(folder_ + "/run").ok());
  File("run/run.json", "{\"id\": \"x\"}");
  File("run/config.textproto", Evenkeel("config show quickstart").out);
  const int taken = ::socket(AF_INET, SOCK_STREAM, 0);
  sockaddr_in address = {};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  socklen_t size = sizeof(address);
  ASSERT_EQ(::bind(taken, reinterpret_cast<sockaddr*>(&address), size), 0);
  ASSERT_EQ(::listen(taken, 1), 0);
  ASSERT_EQ(::getsockname(taken, reinterpret_cast<sockaddr*>(&address), &size), 0);
  const std::string where = absl::StrCat("127.0.0.1:", ntohs(address.sin_port));

  const Result result = Evenkeel("serve replay --run=" + folder_ + "/run --listen=" + where);
  ::close(taken);
  EXPECT_EQ(result.exit_code, 1);
  EXPECT_THAT(result.err, HasSubstr(where));
  EXPECT_FALSE(std::filesystem::exists(folder_ + "/run/endpoints/replay"));
}

}  // namespace
}  // namespace evenkeel
