#include "../core/choices.hpp"
#include "../core/settings.hpp"
#include "check.hpp"

#include <cmath>
#include <random>

using namespace timbred;

namespace {

Choices sample() {
    Choices choices;
    choices.words = "warm größer 808";
    choices.slots = {"kick", "closed_hat"};
    choices.counts = {{"kick", 8}, {"pad", 32}};
    choices.judge("3f2a", "pin");
    choices.judge("77bc", "reject");
    return choices;
}

} // namespace

TEST(choices_come_back_from_the_hosts_session_as_they_were) {
    CHECK(decodeChoices(encodeChoices(sample())) == sample());
    CHECK(decodeChoices(encodeChoices({})) == Choices{});
}

TEST(a_text_of_another_version_gives_no_choices) {
    CHECK(decodeChoices("") == Choices{});
    CHECK(decodeChoices("timbred-choices 2\nwords warm\n") == Choices{});
}

TEST(lines_that_break_the_rules_are_left_out_and_the_others_taken) {
    const Choices choices =
        decodeChoices("timbred-choices 1\nwords \xff\ncount kick 99\ncount snare 4\nslot a b\n"
                      "slot \npin 3f2a\nfuture thing\nnonsense\n");
    CHECK(choices.words.empty() && choices.slots.empty());
    CHECK(choices.counts.size() == 1 && choices.counts.at("snare") == 4);
    CHECK(choices.verdict("3f2a") == "pin");
}

TEST(a_text_that_says_a_slot_twice_or_goes_on_and_on_is_taken_within_bounds) {
    std::string text = "timbred-choices 1\nslot kick\nslot kick\ncount kick 4294967300\n";
    for (int i = 0; i < 200000; ++i)
        text += "pin " + std::to_string(i) + "\n";
    const Choices choices = decodeChoices(text);
    CHECK(choices.slots == std::vector<std::string>{"kick"} && choices.counts.empty());
    CHECK(choices.verdicts.size() == Choices::kMaxVerdicts);
}

TEST(any_bytes_at_all_decode_to_choices_that_encode_to_themselves) {
    std::mt19937 random(4);
    for (int i = 0; i < 5000; ++i) {
        std::string text = encodeChoices(sample());
        for (int flips = 0; flips < 4; ++flips)
            text[random() % text.size()] = static_cast<char>(random());
        const Choices choices = decodeChoices(text);
        CHECK(decodeChoices(encodeChoices(choices)) == choices);
    }
}

TEST(the_last_verdict_on_a_sound_counts_and_an_empty_one_takes_it_back) {
    Choices choices;
    choices.judge("a", "pin");
    choices.judge("a", "reject");
    CHECK(choices.verdicts.size() == 1 && choices.verdict("a") == "reject");
    choices.judge("a", "");
    CHECK(choices.verdicts.empty());
}

TEST(beyond_the_limit_the_oldest_verdict_is_forgotten) {
    Choices choices;
    for (size_t i = 0; i <= Choices::kMaxVerdicts; ++i)
        choices.judge(std::to_string(i), "reject");
    CHECK(choices.verdicts.size() == Choices::kMaxVerdicts);
    CHECK(choices.verdict("0").empty() && choices.verdict("1") == "reject");
}

TEST(choosing_every_slot_is_choosing_all) {
    const std::vector<std::string> all{"kick", "snare"};
    Choices choices;
    choices.toggleSlot("kick", all);
    CHECK(choices.showsSlot("kick") && !choices.showsSlot("snare") && choices.slotList() == "kick");
    choices.toggleSlot("snare", all);
    CHECK(choices.slots.empty() && choices.showsSlot("snare"));
}

TEST(parameters_stay_whole_and_inside_their_range) {
    Settings settings;
    CHECK(settings.values().mode == "match" && settings.values().context.label == std::string("4 bars"));
    settings.setParameter(kParameterMode, 7.f);
    settings.setParameter(kParameterContext, 3.4f);
    settings.setParameter(kParameterFreeze, NAN);
    settings.setParameter(99, 1.f);
    CHECK(settings.values().mode == "fit" && !settings.values().frozen);
    CHECK(settings.values().context.length == 8.f && settings.values().context.unit == std::string("bars"));
}
