// Generated values for every row of the table.
#pragma once

#include "../core/osc_codec.hpp"

#include <random>

namespace timbred::check {

inline osc::Value sampleValue(char tag, std::mt19937& random) {
    static const char* const kTexts[] = {
        "", "a", "abc", "four", "Kick 808.wav", "Bläck & Größe", "日本語の音.wav"};
    switch (tag) {
    case 'i':
        return static_cast<int32_t>(random());
    case 'h':
        return static_cast<int64_t>(static_cast<uint64_t>(random()) << 32 | random());
    case 'f':
        return static_cast<float>(random()) / 4e9f - 0.5f;
    default:
        return std::string(kTexts[random() % 7]);
    }
}

inline std::vector<osc::Value> sampleValues(const osc::Row& row, std::mt19937& random) {
    std::string tags = row.types;
    for (size_t group = random() % 4; group > 0; --group)
        tags += row.repeat;
    std::vector<osc::Value> values;
    for (const char tag : tags)
        values.push_back(sampleValue(tag, random));
    return values;
}

} // namespace timbred::check
