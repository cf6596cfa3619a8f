#include "clip.hpp"

#include "errors.hpp"

#include <algorithm>
#include <fstream>

#include <unistd.h>

namespace timbred {

Clip Clip::take(const std::string& path) {
    constexpr size_t kFrameBytes = kChannels * sizeof(float);
    std::ifstream file(path, std::ios::binary | std::ios::ate);
    unlink(path.c_str());
    const auto bytes = file ? static_cast<size_t>(file.tellg()) : 0;
    if (bytes == 0 || bytes % kFrameBytes != 0 || bytes / kFrameBytes > kMostFrames)
        throw PluginError("A sound must be 1.." + std::to_string(kMostFrames) + " stereo frames, not " +
                          std::to_string(bytes) + " bytes.");
    std::vector<float> samples(bytes / sizeof(float));
    file.seekg(0);
    if (!file.read(reinterpret_cast<char*>(samples.data()), static_cast<std::streamsize>(bytes)))
        throw PluginError("The sound could not be read.");
    if (!std::all_of(samples.begin(), samples.end(), [](float x) { return x >= -1.f && x <= 1.f; }))
        throw PluginError("A sound's samples must be -1..1.");
    return Clip(std::move(samples));
}

} // namespace timbred
