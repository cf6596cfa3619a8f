#include "../core/daemon_address.hpp"
#include "../core/errors.hpp"
#include "check.hpp"

#include <fstream>
#include <random>

#include <sys/stat.h>

using namespace timbred;

namespace {

const std::string kGood =
    R"({"pid": 12, "port": 4000, "token": "a\"\u0041\n", "protocol": 1, "version": "0.1.0"})";

} // namespace

TEST(an_address_is_read_with_its_escapes) {
    const DaemonAddress address = parseDaemonAddress(kGood);
    CHECK(address.pid == 12 && address.port == 4000 && address.protocol == 1);
    CHECK(address.token == "a\"A\n" && address.version == "0.1.0");
}

TEST(what_is_no_address_is_refused) {
    for (const char* bad :
         {"", "{}", "[]", "null", "{\"pid\": 1", "{\"pid\": 1.5}", "{\"pid\": \"1\"}", "{\"a\": {}}"})
        CHECK_THROWS(parseDaemonAddress(bad));
    CHECK_THROWS(parseDaemonAddress(kGood + "x"));
    CHECK_THROWS(parseDaemonAddress(R"({"pid":1,"port":70000,"token":"t","protocol":1,"version":"1"})"));
}

TEST(an_address_with_any_bytes_changed_is_read_or_refused_but_never_more) {
    std::mt19937 random(3);
    for (int i = 0; i < 20000; ++i) {
        std::string text = kGood;
        for (int flips = 0; flips < 3; ++flips)
            text[random() % text.size()] = static_cast<char>(random());
        try {
            const int port = parseDaemonAddress(text).port;
            CHECK(port >= 1 && port <= 65535);
        } catch (const PluginError& error) {
            CHECK(std::string(error.what()).size() < 200);
        }
    }
}

TEST(a_folder_without_a_daemon_has_no_address) { CHECK(!readDaemonAddress(check::freshRuntimeFolder())); }

TEST(a_file_that_is_no_address_is_named_in_the_error) {
    const std::string folder = check::freshRuntimeFolder();
    std::ofstream(folder + "/daemon.json") << "{";
    try {
        readDaemonAddress(folder);
        CHECK(false);
    } catch (const PluginError& error) {
        CHECK(std::string(error.what()).find(folder + "/daemon.json is no daemon's address") == 0);
    }
}

TEST(a_pipe_in_the_files_place_is_refused_and_not_waited_for) {
    const std::string folder = check::freshRuntimeFolder();
    CHECK(mkfifo((folder + "/daemon.json").c_str(), 0600) == 0);
    CHECK_THROWS(readDaemonAddress(folder));
}
