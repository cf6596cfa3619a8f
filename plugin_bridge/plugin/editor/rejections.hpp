// Which sounds the user has rejected: how many, and the last of them, so that it can be taken back.
#pragma once

#include "../core/choices.hpp"

#include <algorithm>

namespace timbred {

inline size_t rejectedCount(const Choices& choices) {
    return static_cast<size_t>(std::count_if(choices.verdicts.begin(), choices.verdicts.end(),
                                             [](const auto& entry) { return entry.second == "reject"; }));
}

// The id of the sound that was rejected last, empty where there is none.
inline std::string rejectedLast(const Choices& choices) {
    const auto last = std::find_if(choices.verdicts.rbegin(), choices.verdicts.rend(),
                                   [](const auto& entry) { return entry.second == "reject"; });
    return last == choices.verdicts.rend() ? "" : last->first;
}

} // namespace timbred
