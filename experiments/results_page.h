// The page of results that is made from committed recordings, so that no figure in it is typed by hand.
#ifndef EVENKEEL_EXPERIMENTS_RESULTS_PAGE_H_
#define EVENKEEL_EXPERIMENTS_RESULTS_PAGE_H_

#include <string>
#include <vector>

#include "experiments/recording.h"

namespace evenkeel {

// Markdown: `notes` (Markdown too, what people have to say; may be empty), then per recording its summary
// (RenderSummary), a bar per policy for the mean over the scenarios of its distance to the bound, and the
// table of every scenario. `made_by`: the command that makes the page. The same arguments give the same bytes.
std::string RenderResultsPage(const std::vector<Recording>& recordings, const std::string& notes,
                              const std::string& made_by);

}  // namespace evenkeel

#endif  // EVENKEEL_EXPERIMENTS_RESULTS_PAGE_H_
