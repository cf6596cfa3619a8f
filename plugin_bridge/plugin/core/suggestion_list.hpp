// The ranked list, put together from the numbered parts in which the daemon sends it.
#pragma once

#include "osc_codec.hpp"

#include <map>
#include <string>
#include <vector>

namespace timbred {

struct Suggestion {
    std::string slot;
    int rank = 0;
    std::string sound; // id; empty where the slot has none, then `why` says the reason
    std::string name;
    std::string pack;
    std::string role;
    float score = 0.f;
    bool pinned = false;
    std::string why;
    std::string path;
};

struct SuggestionList {
    int revision = 0; // 0 where nothing has come yet
    std::string mode;
    std::vector<Suggestion> rows;
};

// Collects parts until one revision is whole. Parts of another revision throw away what was begun.
class ListAssembler {
  public:
    static constexpr int kMaxParts = 64; // a list of more is refused: nothing grows without bound

    // [link-thread] Takes a /timbred/suggestions message; true when it made a list whole.
    bool take(const osc::Message& message);

    // [link-thread] The last whole list.
    const SuggestionList& list() const { return list_; }

    // [link-thread] Forgets the revision, as a new daemon begins to count anew; the rows stay in sight.
    void restart();

  private:
    void finish();

    int revision_ = 0;
    int parts_ = 0;
    std::map<int, std::vector<Suggestion>> received_;
    std::string mode_;
    SuggestionList list_;
};

} // namespace timbred
