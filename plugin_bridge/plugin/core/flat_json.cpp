#include "flat_json.hpp"

#include "errors.hpp"

#include <cstring>

namespace timbred {

namespace {

class Parser {
  public:
    explicit Parser(const std::string& source) : source_(source) {}

    FlatJson object() {
        FlatJson json;
        expect('{');
        if (!taken('}')) {
            do
                member(json);
            while (taken(','));
            expect('}');
        }
        if (peek() != '\0' || place_ < source_.size())
            fail();
        return json;
    }

  private:
    [[noreturn]] void fail() const {
        throw PluginError("unexpected character at byte " + std::to_string(place_));
    }

    // The next character that is no space, or zero at the end.
    char peek() {
        while (place_ < source_.size() && std::strchr(" \t\r\n", source_[place_]) && source_[place_] != '\0')
            ++place_;
        return place_ < source_.size() ? source_[place_] : '\0';
    }

    bool taken(char wanted) {
        if (peek() != wanted)
            return false;
        ++place_;
        return true;
    }

    void expect(char wanted) {
        if (!taken(wanted))
            fail();
    }

    void member(FlatJson& json) {
        const std::string name = string();
        expect(':');
        if (peek() == '"')
            json.strings[name] = string();
        else
            json.integers[name] = integer();
    }

    int64_t integer() {
        const bool negative = taken('-');
        const size_t begin = place_;
        int64_t value = 0;
        for (; place_ < source_.size() && source_[place_] >= '0' && source_[place_] <= '9'; ++place_) {
            if (place_ - begin >= 18)
                fail();
            value = value * 10 + (source_[place_] - '0');
        }
        if (place_ == begin)
            fail();
        return negative ? -value : value;
    }

    std::string string() {
        expect('"');
        std::string text;
        while (next() != '"') {
            if (source_[place_] == '\\')
                escape(text);
            else
                text += source_[place_++];
        }
        ++place_;
        return text;
    }

    char next() const {
        if (place_ >= source_.size() || static_cast<unsigned char>(source_[place_]) < 0x20)
            fail();
        return source_[place_];
    }

    void escape(std::string& text) {
        ++place_;
        static constexpr char kFrom[] = "\"\\/bfnrt";
        static constexpr char kTo[] = "\"\\/\b\f\n\r\t";
        const char kind = next();
        ++place_;
        if (const char* found = std::strchr(kFrom, kind))
            text += kTo[found - kFrom];
        else if (kind == 'u')
            text += ascii();
        else
            fail();
    }

    // Four hexadecimal digits; beyond ASCII nothing stands in a daemon's address.
    char ascii() {
        static constexpr char kDigits[] = "00112233445566778899aAbBcCdDeEfF";
        int value = 0;
        for (int digit = 0; digit < 4; ++digit, ++place_) {
            const char* found = std::strchr(kDigits, next());
            if (!found)
                fail();
            value = value * 16 + static_cast<int>(found - kDigits) / 2;
        }
        if (value < 1 || value > 127)
            fail();
        return static_cast<char>(value);
    }

    const std::string& source_;
    size_t place_ = 0;
};

} // namespace

FlatJson parseFlatJson(const std::string& source) { return Parser(source).object(); }

} // namespace timbred
