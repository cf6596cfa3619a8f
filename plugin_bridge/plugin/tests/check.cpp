#include "check.hpp"

#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <thread>
#include <utility>
#include <vector>

namespace timbred::check {

namespace {

struct Folders {
    std::vector<std::string> made;
    ~Folders() {
        for (const std::string& folder : made)
            std::filesystem::remove_all(folder);
    }
};

std::vector<std::pair<const char*, void (*)()>>& tests() {
    static std::vector<std::pair<const char*, void (*)()>> all;
    return all;
}

int failures = 0;
Folders folders;

} // namespace

Registration::Registration(const char* name, void (*body)()) { tests().emplace_back(name, body); }

void fail(const char* file, int line, const std::string& what) {
    ++failures;
    std::printf("%s:%d: %s\n", file, line, what.c_str());
}

bool eventually(const std::function<bool()>& condition, int milliseconds) {
    const auto end = std::chrono::steady_clock::now() + std::chrono::milliseconds(milliseconds);
    while (!condition()) {
        if (std::chrono::steady_clock::now() > end)
            return false;
        std::this_thread::sleep_for(std::chrono::milliseconds(5));
    }
    return true;
}

std::string freshRuntimeFolder() {
    char path[] = "/tmp/timbred-test-XXXXXX";
    folders.made.emplace_back(mkdtemp(path));
    setenv("TIMBRED_RUNTIME_DIR", path, 1);
    return path;
}

} // namespace timbred::check

int main() {
    using namespace timbred::check;
    for (const auto& [name, body] : tests()) {
        const int before = failures;
        body();
        std::printf("%s %s\n", failures == before ? "ok  " : "FAIL", name);
        std::fflush(stdout);
    }
    return failures == 0 ? 0 : 1;
}
