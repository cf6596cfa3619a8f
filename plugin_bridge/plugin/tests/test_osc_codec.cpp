#include "../core/errors.hpp"
#include "../core/osc_codec.hpp"
#include "check.hpp"
#include "sample_messages.hpp"

#include <cmath>

using namespace timbred;

namespace {

bool decodes(const std::string& packet) { return osc::decode(packet.data(), packet.size()).has_value(); }

const std::string kError = osc::encode(osc::kError, {std::string("s"), std::string("/a"), std::string("m")});

} // namespace

TEST(every_message_of_the_table_survives_the_way_to_bytes_and_back) {
    std::mt19937 random(1);
    for (const osc::Row* row : osc::kTable)
        for (int i = 0; i < 100; ++i) {
            const auto values = check::sampleValues(*row, random);
            const std::string packet = osc::encode(*row, values);
            const auto message = osc::decode(packet.data(), packet.size());
            CHECK(packet.size() % 4 == 0);
            CHECK(message && message->row == row && message->values == values);
        }
}

TEST(a_packet_has_the_bytes_that_osc_1_0_says) {
    const std::string bytes("/timbred/stop\0\0\0,s\0\0token\0\0\0", 28);
    CHECK(osc::encode(osc::kStop, {std::string("token")}) == bytes);
}

TEST(other_arguments_than_the_rows_are_neither_encoded_nor_decoded) {
    CHECK_THROWS(osc::encode(osc::kStop, {1}));
    CHECK_THROWS(osc::encode(osc::kStop, {}));
    CHECK_THROWS(
        osc::encode(osc::kSuggestions, {std::string("s"), 1, 0, 1, std::string("fit"), std::string("half")}));
    CHECK(!decodes(std::string("/timbred/stop\0\0\0,i\0\0\0\0\0\1", 24)));
    CHECK(!decodes(std::string("/timbred/none\0\0\0,s\0\0token\0\0\0", 28)));
}

TEST(a_packet_past_the_limit_is_neither_encoded_nor_decoded) {
    CHECK_THROWS(osc::encode(osc::kStop, {std::string(osc::kMaxPacketBytes, 'x')}));
    CHECK(!decodes(kError + std::string(osc::kMaxPacketBytes, '\0')));
}

TEST(bytes_after_the_last_argument_make_a_packet_bad) { CHECK(!decodes(kError + std::string(4, '\0'))); }

TEST(a_packet_cut_anywhere_is_bad) {
    for (size_t length = 0; length < kError.size(); ++length)
        CHECK(!decodes(kError.substr(0, length)));
}

TEST(text_that_is_no_utf8_makes_a_packet_bad) {
    for (const char* text : {"\xff", "\xc0\x80", "\xed\xa0\x80", "\xf5\x80\x80\x80", "\xe3\x81"})
        CHECK(!decodes(osc::encode(osc::kStop, {std::string(text)})));
}

TEST(a_float_that_is_not_finite_makes_a_packet_bad) {
    for (const float bad : {NAN, INFINITY, -INFINITY})
        CHECK(!decodes(
            osc::encode(osc::kContext, {std::string("t"), std::string("s"), std::string("bars"), bad})));
}

TEST(of_100000_random_packets_what_decodes_encodes_to_the_same_bytes) {
    std::mt19937 random(2);
    int decoded = 0;
    for (int i = 0; i < 100000; ++i) {
        const osc::Row& row = *osc::kTable[random() % std::size(osc::kTable)];
        std::string packet = osc::encode(row, check::sampleValues(row, random));
        for (size_t flips = random() % 4; flips > 0; --flips)
            packet[random() % packet.size()] = static_cast<char>(random());
        if (random() % 4 == 0)
            packet.resize(random() % (packet.size() + 8));
        const auto message = osc::decode(packet.data(), packet.size());
        if (!message)
            continue;
        ++decoded;
        CHECK(osc::encode(*message->row, message->values) == packet);
    }
    CHECK(decoded > 1000 && decoded < 90000);
}
