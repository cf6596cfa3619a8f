// What the user chose in the editor beyond the host's parameters, and its text in the host's session.
#pragma once

#include <map>
#include <string>
#include <utility>
#include <vector>

namespace timbred {

struct Choices {
    static constexpr size_t kMaxVerdicts = 1000; // beyond it the oldest is forgotten
    static constexpr size_t kMaxSlots = 64;
    static constexpr size_t kMaxTextBytes = 200;
    static constexpr int kMaxCount = 32;

    std::string words;                 // with spaces between
    std::vector<std::string> slots;    // the slots to fill, empty for all
    std::map<std::string, int> counts; // suggestions that a slot shows, where the user said it
    std::vector<std::pair<std::string, std::string>> verdicts; // sound id, "pin" or "reject"; oldest first

    // The verdict on a sound, empty where there is none.
    std::string verdict(const std::string& sound) const;

    // Sets or, with an empty verdict, takes back the verdict on a sound.
    void judge(const std::string& sound, const std::string& verdict);

    // Shows a slot where it was hidden, hides it where it was shown. `all` are the slots there are.
    void toggleSlot(const std::string& slot, const std::vector<std::string>& all);

    bool showsSlot(const std::string& slot) const;

    // Whether a slot was chosen by its name.
    bool names(const std::string& slot) const;

    // The slots with commas between, as the daemon is told.
    std::string slotList() const;

    bool operator==(const Choices& other) const {
        return words == other.words && slots == other.slots && counts == other.counts &&
               verdicts == other.verdicts;
    }
};

// [not audio-thread] Lines of text under a version line.
std::string encodeChoices(const Choices& choices);

// [not audio-thread] The choices in such a text. Lines that break the rules are left out, so that a
// session of a newer version still opens; a text of no version gives no choices.
Choices decodeChoices(const std::string& text);

} // namespace timbred
