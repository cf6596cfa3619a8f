#include "settings_sync.hpp"

#include <algorithm>

namespace timbred {

namespace {

// Places of the echoed settings in /timbred/status.
enum { kStatusMode = 3, kStatusUnit, kStatusLength, kStatusSlots, kStatusWords, kStatusFrozen };

// In /timbred/more: as many suggestions as the daemon shows by default.
constexpr int kDefaultCount = 0;

// The parts of a text in order of the alphabet: how the daemon writes a list is its own affair.
std::string sorted(const std::string& text, char separator) {
    std::vector<std::string> parts;
    for (size_t begin = 0; begin <= text.size();) {
        const size_t end = std::min(text.find(separator, begin), text.size());
        if (end > begin)
            parts.push_back(text.substr(begin, end - begin));
        begin = end + 1;
    }
    std::sort(parts.begin(), parts.end());
    std::string joined;
    for (const std::string& part : parts)
        joined += part + separator;
    return joined;
}

} // namespace

std::vector<SettingsSync::Due> SettingsSync::due(const SettingsValues& values) {
    std::vector<Due> due;
    const Choices& choices = values.choices;
    const auto say = [&due](auto& known, const auto& wanted, const osc::Row& row,
                            std::vector<osc::Value> words) {
        if (known != wanted)
            due.push_back({&row, std::move(words)});
        known = wanted;
    };
    const std::pair<std::string, float> context{values.context.unit, values.context.length};
    say(known_.mode, values.mode, osc::kMode, {values.mode});
    say(known_.context, context, osc::kContext, {context.first, context.second});
    say(known_.slots, sorted(choices.slotList(), ','), osc::kSlots, {choices.slotList()});
    say(known_.words, sorted(choices.words, ' '), osc::kWords, {choices.words});
    say(known_.frozen, values.frozen, osc::kFreeze, {static_cast<int32_t>(values.frozen)});
    addCounts(choices, due);
    addVerdicts(choices, due);
    return due;
}

void SettingsSync::addCounts(const Choices& choices, std::vector<Due>& due) {
    for (auto known = known_.counts.begin(); known != known_.counts.end();) {
        if (choices.counts.count(known->first)) {
            ++known;
            continue;
        }
        due.push_back({&osc::kMore, {known->first, static_cast<int32_t>(kDefaultCount)}});
        known = known_.counts.erase(known);
    }
    for (const auto& [slot, count] : choices.counts)
        if (known_.counts[slot] != count) {
            due.push_back({&osc::kMore, {slot, static_cast<int32_t>(count)}});
            known_.counts[slot] = count;
        }
}

void SettingsSync::addVerdicts(const Choices& choices, std::vector<Due>& due) {
    const std::map<std::string, std::string> wanted(choices.verdicts.begin(), choices.verdicts.end());
    size_t room = kMaxVerdictsAtOnce;
    for (auto known = known_.verdicts.begin(); known != known_.verdicts.end() && room > 0;) {
        if (wanted.count(known->first)) {
            ++known;
            continue;
        }
        due.push_back({&osc::kFeedback, {known->first, std::string("clear")}});
        known = known_.verdicts.erase(known);
        --room;
    }
    for (auto entry = wanted.begin(); entry != wanted.end() && room > 0; ++entry) {
        std::string& known = known_.verdicts[entry->first];
        if (known == entry->second)
            continue;
        due.push_back({&osc::kFeedback, {entry->first, entry->second}});
        known = entry->second;
        --room;
    }
}

void SettingsSync::hear(const osc::Message& status) {
    known_.mode = status.text(kStatusMode);
    known_.context = {status.text(kStatusUnit), status.number(kStatusLength)};
    known_.slots = sorted(status.text(kStatusSlots), ',');
    known_.words = sorted(status.text(kStatusWords), ' ');
    known_.frozen = status.integer(kStatusFrozen) != 0;
}

void SettingsSync::hear(const SuggestionList& list) {
    for (const Suggestion& row : list.rows) {
        if (row.sound.empty())
            continue;
        if (row.pinned)
            known_.verdicts[row.sound] = "pin";
        else
            known_.verdicts.erase(row.sound);
    }
}

} // namespace timbred
