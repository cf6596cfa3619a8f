#include "../core/clip.hpp"
#include "../core/errors.hpp"
#include "check.hpp"

#include <cmath>
#include <filesystem>
#include <fstream>

#include <sys/stat.h>

using namespace timbred;

namespace {

std::string fileOf(const std::vector<float>& samples, size_t bytesLess = 0) {
    const std::string path = check::freshRuntimeFolder() + "/clip";
    std::ofstream(path, std::ios::binary)
        .write(reinterpret_cast<const char*>(samples.data()),
               static_cast<std::streamsize>(samples.size() * sizeof(float) - bytesLess));
    return path;
}

} // namespace

TEST(a_clip_is_read_and_its_file_is_gone) {
    const std::string path = fileOf({0.f, 1.f, -1.f, 0.5f});
    const Clip clip = Clip::take(path);
    CHECK(clip.frames() == 2 && clip.frame(1)[0] == -1.f && clip.frame(1)[1] == 0.5f);
    CHECK(!std::filesystem::exists(path));
}

TEST(what_is_no_clip_is_refused) {
    CHECK_THROWS(Clip::take("/nowhere/clip"));
    CHECK_THROWS(Clip::take(check::freshRuntimeFolder()));
    CHECK_THROWS(Clip::take(fileOf({})));
    CHECK_THROWS(Clip::take(fileOf({0.f, 0.f, 0.f})));
    CHECK_THROWS(Clip::take(fileOf({0.f, 0.f}, 1)));
    CHECK_THROWS(Clip::take(fileOf({0.f, 1.01f})));
    CHECK_THROWS(Clip::take(fileOf({0.f, NAN})));
    const std::string large = fileOf({0.f, 0.f});
    std::filesystem::resize_file(large, (size_t{Clip::kMostFrames} + 1) * 8);
    CHECK_THROWS(Clip::take(large));
    CHECK(!std::filesystem::exists(large));
}

TEST(a_link_and_a_pipe_are_no_clip_and_are_not_waited_for) {
    const std::string target = fileOf({0.f, 0.f});
    const std::string link = check::freshRuntimeFolder() + "/clip";
    std::filesystem::create_symlink(target, link);
    CHECK_THROWS(Clip::take(link));
    CHECK(std::filesystem::exists(target));
    const std::string pipe = check::freshRuntimeFolder() + "/clip";
    CHECK(mkfifo(pipe.c_str(), 0600) == 0);
    CHECK_THROWS(Clip::take(pipe));
}
