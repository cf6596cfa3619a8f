// Decodes packets from standard input and encodes them again, for the contract tests with Python.
//
// Each packet comes as four bytes of length, big endian, and its bytes; so it is answered: with the
// packet encoded anew from what was decoded, or with length zero where it is no message of the table.
#include "../core/osc_codec.hpp"

#include <iostream>

namespace {

bool readPacket(std::string& packet) {
    unsigned char length[4];
    if (!std::cin.read(reinterpret_cast<char*>(length), 4))
        return false;
    packet.resize(static_cast<size_t>(length[0]) << 24 | length[1] << 16 | length[2] << 8 | length[3]);
    return static_cast<bool>(std::cin.read(packet.data(), static_cast<std::streamsize>(packet.size())));
}

void writePacket(const std::string& packet) {
    for (int shift = 24; shift >= 0; shift -= 8)
        std::cout.put(static_cast<char>(packet.size() >> shift & 255));
    std::cout << packet << std::flush;
}

} // namespace

int main() {
    for (std::string packet; readPacket(packet);) {
        const auto message = timbred::osc::decode(packet.data(), packet.size());
        writePacket(message ? timbred::osc::encode(*message->row, message->values) : "");
    }
}
