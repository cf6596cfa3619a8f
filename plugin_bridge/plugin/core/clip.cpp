#include "clip.hpp"

#include "errors.hpp"

#include <algorithm>

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

namespace timbred {

namespace {

constexpr size_t kFrameBytes = Clip::kChannels * sizeof(float);

// Its bytes as samples; nothing where it is no regular file of at most so many.
std::vector<float> samplesOf(int file) {
    struct stat status {};
    if (fstat(file, &status) != 0 || !S_ISREG(status.st_mode))
        return {};
    const auto bytes = static_cast<size_t>(status.st_size);
    if (bytes % kFrameBytes != 0 || bytes / kFrameBytes > Clip::kMostFrames)
        return {};
    std::vector<float> samples(bytes / sizeof(float));
    size_t taken = 0;
    while (taken < bytes) {
        const ssize_t count = read(file, reinterpret_cast<char*>(samples.data()) + taken, bytes - taken);
        if (count <= 0)
            return {};
        taken += static_cast<size_t>(count);
    }
    return samples;
}

} // namespace

Clip Clip::take(const std::string& path) {
    const int file = open(path.c_str(), O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);
    unlink(path.c_str());
    std::vector<float> samples;
    if (file >= 0) {
        samples = samplesOf(file);
        close(file);
    }
    if (samples.empty())
        throw PluginError("A sound must be a file of 1.." + std::to_string(kMostFrames) + " stereo frames.");
    if (!std::all_of(samples.begin(), samples.end(), [](float x) { return x >= -1.f && x <= 1.f; }))
        throw PluginError("A sound's samples must be -1..1.");
    return Clip(std::move(samples));
}

} // namespace timbred
