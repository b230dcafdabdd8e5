// The verbs of the command line. Each Add function declares its flags and, if its verb is the one given, runs
// it when `app` parses and leaves the exit code in *exit_code.
#ifndef EVENKEEL_CLI_COMMANDS_H_
#define EVENKEEL_CLI_COMMANDS_H_

#include <CLI/CLI.hpp>

namespace evenkeel {

void AddRunCommands(CLI::App* app, int* exit_code);      // run, resume
void AddEvalCommand(CLI::App* app, int* exit_code);      // eval
void AddCompareCommands(CLI::App* app, int* exit_code);  // compare, report
void AddConfigCommands(CLI::App* app, int* exit_code);   // config show, config validate
void AddInfoCommands(CLI::App* app);                     // algos, version
void AddLaunchCommand(CLI::App* app, int* exit_code);    // launch
void AddServeCommand(CLI::App* app, int* exit_code);     // serve ROLE
void AddDebugCommand(CLI::App* app, int* exit_code);     // debug barrier
void AddBenchCommand(CLI::App* app, int* exit_code);     // bench WHAT
void AddCertsCommand(CLI::App* app, int* exit_code);     // certs

}  // namespace evenkeel

#endif  // EVENKEEL_CLI_COMMANDS_H_
