#include "osc_codec.hpp"

#include "errors.hpp"
#include "utf8.hpp"

#include <cmath>
#include <cstring>

namespace timbred::osc {

namespace {

constexpr char kTagOf[] = {'i', 'h', 'f', 's'}; // by index in Value

void putString(std::string& out, const std::string& text) {
    out += text;
    out.append(4 - text.size() % 4, '\0'); // one to four zeros
}

template <typename Bits> void putBits(std::string& out, Bits bits) {
    for (size_t byte = sizeof bits; byte-- > 0;)
        out += static_cast<char>(bits >> (8 * byte) & 0xff);
}

void putValue(std::string& out, const Value& value) {
    if (const auto* text = std::get_if<std::string>(&value))
        putString(out, *text);
    else if (const auto* integer = std::get_if<int32_t>(&value))
        putBits(out, static_cast<uint32_t>(*integer));
    else if (const auto* longInteger = std::get_if<int64_t>(&value))
        putBits(out, static_cast<uint64_t>(*longInteger));
    else {
        uint32_t bits;
        std::memcpy(&bits, &std::get<float>(value), sizeof bits);
        putBits(out, bits);
    }
}

// Whether tags are the row's, followed by whole repeated groups.
bool fits(const Row& row, const std::string& tags) {
    const std::string fixed = row.types;
    const std::string repeat = row.repeat;
    if (tags.compare(0, fixed.size(), fixed) != 0)
        return false;
    const size_t rest = tags.size() - fixed.size();
    if (repeat.empty() || rest % repeat.size() != 0)
        return rest == 0;
    for (size_t i = 0; i < rest; ++i)
        if (tags[fixed.size() + i] != repeat[i % repeat.size()])
            return false;
    return true;
}

const Row* findRow(const std::string& address) {
    for (const Row* row : kTable)
        if (address == row->address)
            return row;
    return nullptr;
}

// Takes typed values from a packet; each take says whether the packet held one.
class Reader {
  public:
    Reader(const char* packet, size_t bytes) : packet_(packet), bytes_(bytes) {}

    bool atEnd() const { return place_ == bytes_; }

    bool string(std::string& text) {
        const size_t length = strnlen(packet_ + place_, bytes_ - place_);
        const size_t padded = (length / 4 + 1) * 4;
        if (padded > bytes_ - place_)
            return false;
        for (size_t i = length; i < padded; ++i)
            if (packet_[place_ + i] != '\0')
                return false;
        text.assign(packet_ + place_, length);
        place_ += padded;
        return isUtf8(text);
    }

    template <typename Bits> bool bits(Bits& value) {
        if (bytes_ - place_ < sizeof value)
            return false;
        value = 0;
        for (size_t i = 0; i < sizeof value; ++i)
            value = static_cast<Bits>(value << 8 | static_cast<uint8_t>(packet_[place_ + i]));
        place_ += sizeof value;
        return true;
    }

    bool value(char tag, Value& out) {
        if (tag == 's')
            return string(out.emplace<std::string>());
        if (tag == 'h') {
            uint64_t wide;
            return bits(wide) && (out = static_cast<int64_t>(wide), true);
        }
        uint32_t narrow;
        if (!bits(narrow))
            return false;
        if (tag == 'i')
            return out = static_cast<int32_t>(narrow), true;
        float number;
        std::memcpy(&number, &narrow, sizeof number);
        out = number;
        return std::isfinite(number);
    }

  private:
    const char* packet_;
    size_t bytes_;
    size_t place_ = 0;
};

} // namespace

std::string encode(const Row& row, const std::vector<Value>& values) {
    std::string tags;
    for (const Value& value : values)
        tags += kTagOf[value.index()];
    if (!fits(row, tags))
        throw PluginError(std::string(row.address) + " takes ," + row.types + row.repeat + ", not ," + tags);
    std::string packet;
    putString(packet, row.address);
    putString(packet, "," + tags);
    for (const Value& value : values)
        putValue(packet, value);
    if (packet.size() > kMaxPacketBytes)
        throw PluginError("a packet must stay within " + std::to_string(kMaxPacketBytes) + " bytes, not " +
                          std::to_string(packet.size()));
    return packet;
}

std::optional<Message> decode(const char* packet, size_t bytes) {
    if (bytes > kMaxPacketBytes)
        return std::nullopt;
    Reader reader(packet, bytes);
    std::string address;
    std::string tags;
    if (!reader.string(address) || !reader.string(tags) || tags.empty() || tags[0] != ',')
        return std::nullopt;
    tags.erase(0, 1);
    Message message;
    message.row = findRow(address);
    if (!message.row || !fits(*message.row, tags))
        return std::nullopt;
    message.values.resize(tags.size());
    for (size_t i = 0; i < tags.size(); ++i)
        if (!reader.value(tags[i], message.values[i]))
            return std::nullopt;
    if (!reader.atEnd())
        return std::nullopt;
    return message;
}

} // namespace timbred::osc
