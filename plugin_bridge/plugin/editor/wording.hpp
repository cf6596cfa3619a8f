// The editor's sentences: what a state means, and what to do about it.
#pragma once

#include "../core/link.hpp"

namespace timbred {

// A few words beside the title.
std::string stateLabel(const Snapshot& snapshot);

// "12,431 sounds · descriptors 1"; empty without a daemon.
std::string catalogueLabel(const Snapshot& snapshot);

// The instance's own port, and the daemon's version.
std::string instanceLabel(const Snapshot& snapshot);

// What is wrong, empty where nothing is.
std::string troubleLabel(const Snapshot& snapshot, uint64_t unrecordedBlocks);

// A slot's name for people: "closed_hat" becomes "closed hat".
std::string slotLabel(const std::string& slot);

// What stands in the list's place: a heading and a sentence.
struct Message {
    std::string heading;
    std::string sentence;
};
Message messageOf(const Snapshot& snapshot);

// "3 rejected, undo"; empty where nothing is rejected.
std::string rejectedLabel(const Choices& choices);

// Why the list in sight is not what the mode asks for, empty where it is.
std::string oldListLabel(const Snapshot& snapshot, const std::string& mode);

// 12431 as "12,431".
std::string grouped(int number);

} // namespace timbred
