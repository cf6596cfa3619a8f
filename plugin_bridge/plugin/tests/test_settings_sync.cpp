#include "../core/settings_sync.hpp"
#include "check.hpp"

using namespace timbred;

namespace {

osc::Message statusEcho(const SettingsValues& values, const std::string& slots, const std::string& words) {
    const std::string none;
    return {&osc::kStatus,
            {none, none, none, values.mode, std::string(values.context.unit), values.context.length, slots,
             words, static_cast<int32_t>(values.frozen), 0, 0, none, int64_t{0}, 0}};
}

SettingsValues sample() {
    SettingsValues values{"match", kContexts[2], false, {}};
    values.choices.words = "warm 808";
    values.choices.slots = {"snare", "kick"};
    values.choices.counts = {{"kick", 5}};
    values.choices.judge("aa", "pin");
    return values;
}

} // namespace

TEST(a_new_daemon_is_told_everything_once) {
    SettingsSync sync;
    CHECK(sync.due(sample()).size() == 7);
    CHECK(sync.due(sample()).empty());
    sync.restart();
    CHECK(sync.due(sample()).size() == 7);
}

TEST(only_what_changed_is_said) {
    SettingsSync sync;
    sync.due(sample());
    SettingsValues values = sample();
    values.frozen = true;
    const auto due = sync.due(values);
    CHECK(due.size() == 1 && due[0].row == &osc::kFreeze && due[0].values == std::vector<osc::Value>{1});
}

TEST(a_verdict_that_was_taken_back_is_cleared) {
    SettingsSync sync;
    sync.due(sample());
    SettingsValues values = sample();
    values.choices.judge("aa", "");
    const auto due = sync.due(values);
    CHECK(due.size() == 1 && due[0].row == &osc::kFeedback);
    CHECK(due[0].values == (std::vector<osc::Value>{std::string("aa"), std::string("clear")}));
}

TEST(a_count_that_a_loaded_state_does_not_have_is_the_default_again) {
    SettingsSync sync;
    sync.due(sample());
    SettingsValues values = sample();
    values.choices.counts.clear();
    const auto due = sync.due(values);
    CHECK(due.size() == 1 && due[0].row == &osc::kMore);
    CHECK(due[0].values == (std::vector<osc::Value>{std::string("kick"), 0}));
    CHECK(sync.due(values).empty());
}

TEST(an_echo_in_another_order_is_the_same) {
    SettingsSync sync;
    sync.due(sample());
    sync.hear(statusEcho(sample(), "kick,snare", " 808  warm"));
    CHECK(sync.due(sample()).empty());
}

TEST(an_echo_that_differs_is_answered_with_the_setting) {
    SettingsSync sync;
    sync.due(sample());
    SettingsValues other = sample();
    other.mode = "fit";
    sync.hear(statusEcho(other, "kick", ""));
    const auto due = sync.due(sample());
    CHECK(due.size() == 3 && due[0].row == &osc::kMode && due[1].row == &osc::kSlots &&
          due[2].row == &osc::kWords);
}

TEST(a_pin_that_the_list_does_not_show_is_said_again) {
    SettingsSync sync;
    sync.due(sample());
    SuggestionList list;
    list.rows.resize(2);
    list.rows[0].sound = "aa";
    sync.hear(list);
    const auto due = sync.due(sample());
    CHECK(due.size() == 1 &&
          due[0].values == (std::vector<osc::Value>{std::string("aa"), std::string("pin")}));
}

TEST(many_verdicts_are_said_a_few_at_a_time_and_each_once) {
    SettingsSync sync;
    SettingsValues values = sample();
    sync.due(values);
    for (size_t i = 0; i < 2 * SettingsSync::kMaxVerdictsAtOnce; ++i)
        values.choices.judge(std::to_string(i), "reject");
    CHECK(sync.due(values).size() == SettingsSync::kMaxVerdictsAtOnce);
    CHECK(sync.due(values).size() == SettingsSync::kMaxVerdictsAtOnce);
    CHECK(sync.due(values).empty());
    values.choices.verdicts.clear();
    CHECK(sync.due(values).size() == SettingsSync::kMaxVerdictsAtOnce);
    CHECK(sync.due(values).size() == SettingsSync::kMaxVerdictsAtOnce);
    CHECK(sync.due(values).size() == 1);
    CHECK(sync.due(values).empty());
}
