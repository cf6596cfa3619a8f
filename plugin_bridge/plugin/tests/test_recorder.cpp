#include "../core/recorder.hpp"
#include "../core/runtime_folder.hpp"
#include "check.hpp"

#include <csignal>
#include <filesystem>
#include <fstream>
#include <string>

#include <sys/resource.h>
#include <sys/stat.h>

using namespace timbred;

namespace {

const SessionId kSession{0xab};

void recordBlock(Recorder& recorder) {
    static const float silence[64] = {};
    const float* planes[] = {silence, silence};
    recorder.record(planes, 64, {});
}

uint64_t writtenFrames(const std::string& path) {
    wire::RingHeader header;
    std::ifstream(path, std::ios::binary).read(reinterpret_cast<char*>(&header), sizeof header);
    return header.writtenFrames;
}

// Rings in this process's memory, their files there or not.
size_t mappedRings() {
    std::ifstream maps("/proc/self/maps");
    size_t count = 0;
    for (std::string line; std::getline(maps, line);)
        count += line.find(".ring") != std::string::npos;
    return count;
}

} // namespace

TEST(a_second_activation_at_the_same_rate_keeps_the_ring_and_its_counts) {
    check::freshRuntimeFolder();
    Recorder recorder(kSession, runtimeFolderPath());
    recorder.prepare(48000);
    const std::string path = recorder.ringPath();
    recordBlock(recorder);
    recorder.prepare(48000);
    recordBlock(recorder);
    CHECK(recorder.ringPath() == path);
    CHECK(writtenFrames(path) == 128);
}

TEST(a_changed_rate_makes_a_new_ring_and_removes_the_old_one) {
    check::freshRuntimeFolder();
    Recorder recorder(kSession, runtimeFolderPath());
    recorder.prepare(48000);
    const std::string before = recorder.ringPath();
    recorder.prepare(44100);
    CHECK(recorder.ringPath() != before);
    CHECK(!std::filesystem::exists(before));
    recordBlock(recorder);
    CHECK(writtenFrames(recorder.ringPath()) == 64);
}

TEST(without_a_usable_folder_blocks_are_counted_and_the_ring_comes_when_the_folder_does) {
    const std::string folder = check::freshRuntimeFolder();
    std::ofstream(folder + "/file") << "in the way";
    setenv("TIMBRED_RUNTIME_DIR", (folder + "/file").c_str(), 1);
    Recorder recorder(kSession, runtimeFolderPath());
    recorder.prepare(48000);
    recordBlock(recorder);
    CHECK(recorder.unrecordedBlocks() == 1);
    CHECK(recorder.ringPath().empty());
    CHECK(recorder.trouble().find("/file") != std::string::npos);
    std::filesystem::remove(folder + "/file");
    recorder.mend();
    recordBlock(recorder);
    CHECK(recorder.trouble().empty());
    CHECK(recorder.unrecordedBlocks() == 1);
    CHECK(writtenFrames(recorder.ringPath()) == 64);
}

TEST(a_second_activation_at_the_same_rate_makes_no_ring_since_it_may_come_on_the_audio_thread) {
    const std::string folder = check::freshRuntimeFolder();
    std::ofstream(folder + "/file") << "in the way";
    setenv("TIMBRED_RUNTIME_DIR", (folder + "/file").c_str(), 1);
    Recorder recorder(kSession, runtimeFolderPath());
    recorder.prepare(48000);
    std::filesystem::remove(folder + "/file");
    recorder.prepare(48000);
    CHECK(recorder.ringPath().empty());
    recorder.mend();
    CHECK(!recorder.ringPath().empty());
}

TEST(a_folder_that_others_may_write_to_is_refused) {
    chmod(check::freshRuntimeFolder().c_str(), 0777);
    Recorder recorder(kSession, runtimeFolderPath());
    recorder.prepare(48000);
    CHECK(recorder.trouble().find("must be yours alone, not owner") != std::string::npos);
}

TEST(where_the_space_can_not_be_reserved_no_ring_is_left_behind) {
    const std::string folder = check::freshRuntimeFolder();
    std::signal(SIGXFSZ, SIG_IGN);
    const rlimit small{1 << 20, RLIM_INFINITY};
    rlimit before;
    getrlimit(RLIMIT_FSIZE, &before);
    setrlimit(RLIMIT_FSIZE, &small);
    Recorder recorder(kSession, runtimeFolderPath());
    recorder.prepare(48000);
    setrlimit(RLIMIT_FSIZE, &before);
    CHECK(recorder.trouble().find("can't be reserved") != std::string::npos);
    CHECK(std::filesystem::is_empty(folder));
}

TEST(a_ring_whose_file_was_taken_away_is_made_anew) {
    check::freshRuntimeFolder();
    Recorder recorder(kSession, runtimeFolderPath());
    recorder.prepare(48000);
    std::filesystem::remove(recorder.ringPath());
    recorder.mend();
    recordBlock(recorder);
    CHECK(writtenFrames(recorder.ringPath()) == 64);
}

TEST(rings_whose_files_go_again_and_again_take_no_more_memory_and_go_once_audio_has_left_them) {
    check::freshRuntimeFolder();
    Recorder recorder(kSession, runtimeFolderPath());
    recorder.prepare(48000);
    for (int i = 0; i < 6; ++i) {
        std::filesystem::remove(recorder.ringPath());
        recorder.mend();
    }
    CHECK(mappedRings() == 1 + Recorder::kMaxRetired);
    recordBlock(recorder);
    recorder.mend(); // a ring with a file at last
    CHECK(mappedRings() == 2);
    recordBlock(recorder);
    recorder.mend();
    CHECK(mappedRings() == 1);
    CHECK(writtenFrames(recorder.ringPath()) == 64);
}

TEST(a_rate_that_no_ring_can_have_is_said) {
    check::freshRuntimeFolder();
    Recorder recorder(kSession, runtimeFolderPath());
    recorder.prepare(4000000000);
    CHECK(recorder.trouble() == "sample rate must be 8000..384000 Hz, not 4000000000");
}
