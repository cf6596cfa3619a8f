#include "choices.hpp"

#include "utf8.hpp"

#include <algorithm>
#include <cstdlib>
#include <sstream>

namespace timbred {

namespace {

constexpr int kMaxLines = 4096; // more than any choices have
constexpr char kVersionLine[] = "timbred-choices 1";

bool isText(const std::string& text) {
    const bool printable = std::none_of(text.begin(), text.end(), [](char c) { return c >= 0 && c < 0x20; });
    return printable && text.size() <= Choices::kMaxTextBytes && isUtf8(text);
}

bool isName(const std::string& name) {
    return !name.empty() && isText(name) && name.find_first_of(" ,") == std::string::npos;
}

void takeLine(Choices& choices, const std::string& key, const std::string& value) {
    if (key == "words" && isText(value))
        choices.words = value;
    else if (key == "slot" && isName(value) && !choices.names(value) &&
             choices.slots.size() < Choices::kMaxSlots)
        choices.slots.push_back(value);
    else if ((key == "pin" || key == "reject") && isName(value))
        choices.judge(value, key);
    else if (key == "count") {
        const size_t space = value.find(' ');
        const std::string slot = value.substr(0, space);
        const long count = space == std::string::npos ? 0 : std::strtol(value.c_str() + space, nullptr, 10);
        if (isName(slot) && count >= 1 && count <= Choices::kMaxCount &&
            choices.counts.size() < Choices::kMaxSlots)
            choices.counts[slot] = static_cast<int>(count);
    }
}

} // namespace

std::string Choices::verdict(const std::string& sound) const {
    for (const auto& [id, verdict] : verdicts)
        if (id == sound)
            return verdict;
    return "";
}

void Choices::judge(const std::string& sound, const std::string& verdict) {
    const auto isSound = [&](const auto& entry) { return entry.first == sound; };
    verdicts.erase(std::remove_if(verdicts.begin(), verdicts.end(), isSound), verdicts.end());
    if (verdict.empty())
        return;
    if (verdicts.size() >= kMaxVerdicts)
        verdicts.erase(verdicts.begin());
    verdicts.emplace_back(sound, verdict);
}

void Choices::toggleSlot(const std::string& slot, const std::vector<std::string>& all) {
    const auto found = std::find(slots.begin(), slots.end(), slot);
    if (found == slots.end())
        slots.push_back(slot);
    else
        slots.erase(found);
    if (slots.size() >= all.size())
        slots.clear();
}

bool Choices::showsSlot(const std::string& slot) const { return slots.empty() || names(slot); }

bool Choices::names(const std::string& slot) const {
    return std::find(slots.begin(), slots.end(), slot) != slots.end();
}

std::string Choices::slotList() const {
    std::string list;
    for (const std::string& slot : slots)
        list += (list.empty() ? "" : ",") + slot;
    return list;
}

std::string encodeChoices(const Choices& choices) {
    std::string text = std::string(kVersionLine) + "\n";
    text += "words " + choices.words + "\n";
    for (const std::string& slot : choices.slots)
        text += "slot " + slot + "\n";
    for (const auto& [slot, count] : choices.counts)
        text += "count " + slot + " " + std::to_string(count) + "\n";
    for (const auto& [sound, verdict] : choices.verdicts)
        text += verdict + " " + sound + "\n";
    return text;
}

Choices decodeChoices(const std::string& text) {
    Choices choices;
    std::istringstream lines(text);
    std::string line;
    if (!std::getline(lines, line) || line != kVersionLine)
        return choices;
    for (int i = 0; i < kMaxLines && std::getline(lines, line); ++i)
        if (const size_t space = line.find(' '); space != std::string::npos)
            takeLine(choices, line.substr(0, space), line.substr(space + 1));
    return choices;
}

} // namespace timbred
