#include "../core/suggestion_list.hpp"
#include "check.hpp"

using namespace timbred;

namespace {

osc::Message part(int revision, int index, int parts, const std::vector<std::string>& names) {
    osc::Message message{&osc::kSuggestions, {std::string("s"), revision, index, parts, std::string("fit")}};
    for (const std::string& name : names)
        for (const osc::Value& value :
             std::vector<osc::Value>{std::string("kick"), 1, "id-" + name, name, std::string("pack"),
                                     std::string("kick"), 0.5f, 0, std::string("why"), "/sounds/" + name})
            message.values.push_back(value);
    return message;
}

} // namespace

TEST(parts_in_any_order_make_one_list_in_their_order) {
    ListAssembler assembler;
    CHECK(!assembler.take(part(3, 1, 2, {"c"})));
    CHECK(assembler.take(part(3, 0, 2, {"a", "b"})));
    CHECK(assembler.list().revision == 3 && assembler.list().mode == "fit" &&
          assembler.list().rows.size() == 3);
    CHECK(assembler.list().rows[2].name == "c" && assembler.list().rows[2].path == "/sounds/c");
}

TEST(a_part_of_a_newer_list_throws_the_half_old_one_away) {
    ListAssembler assembler;
    assembler.take(part(3, 0, 2, {"old"}));
    CHECK(!assembler.take(part(4, 1, 2, {"new"})));
    CHECK(!assembler.take(part(3, 1, 2, {"old"})));
    CHECK(assembler.take(part(4, 0, 2, {"new"})));
    CHECK(assembler.list().rows.size() == 2 && assembler.list().rows[0].name == "new");
}

TEST(part_numbers_outside_the_rule_are_refused) {
    ListAssembler assembler;
    CHECK(!assembler.take(part(0, 0, 1, {"a"})));
    CHECK(!assembler.take(part(1, 0, 0, {"a"})));
    CHECK(!assembler.take(part(1, -1, 1, {"a"})));
    CHECK(!assembler.take(part(1, 1, 1, {"a"})));
    CHECK(!assembler.take(part(1, 0, ListAssembler::kMaxParts + 1, {"a"})));
    CHECK(assembler.list().revision == 0);
}

TEST(after_a_restart_smaller_revisions_count_and_the_rows_stay_in_sight) {
    ListAssembler assembler;
    assembler.take(part(9, 0, 1, {"a"}));
    assembler.restart();
    CHECK(assembler.list().revision == 0 && assembler.list().rows.size() == 1);
    CHECK(assembler.take(part(1, 0, 1, {"b"})));
    CHECK(assembler.list().rows[0].name == "b");
}
