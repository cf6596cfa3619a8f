// What the daemon knows of the user's settings, and so what it must still be told. No state lives only
// in a packet: what differs from the daemon's echo is said again.
#pragma once

#include "osc_codec.hpp"
#include "settings.hpp"
#include "suggestion_list.hpp"

#include <map>
#include <optional>

namespace timbred {

class SettingsSync {
  public:
    // A message without its first two arguments, token and session.
    struct Due {
        const osc::Row* row;
        std::vector<osc::Value> values;
    };

    // [link-thread] The daemon is new: it knows nothing.
    void restart() { known_ = {}; }

    // Verdicts that are said at a time: a thousand packets at once would pass the daemon's buffer.
    static constexpr size_t kMaxVerdictsAtOnce = 32;

    // [link-thread] What must be said so that the daemon knows `values`; from then on it counts as said.
    // Of many verdicts some remain for the next time.
    std::vector<Due> due(const SettingsValues& values);

    // [link-thread] Takes over the settings that a /timbred/status message echoes.
    void hear(const osc::Message& status);

    // [link-thread] Takes over which sounds a list shows as pinned, and that it shows them at all.
    void hear(const SuggestionList& list);

  private:
    struct Known {
        std::optional<std::string> mode;
        std::optional<std::pair<std::string, float>> context;
        std::optional<std::string> slots;
        std::optional<std::string> words;
        std::optional<bool> frozen;
        std::map<std::string, int> counts;
        std::map<std::string, std::string> verdicts;
    };

    void addCounts(const Choices& choices, std::vector<Due>& due);
    void addVerdicts(const Choices& choices, std::vector<Due>& due);

    Known known_;
};

} // namespace timbred
