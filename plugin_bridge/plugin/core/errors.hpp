// The plugin's own error: one sentence for people. Thrown and caught off the audio thread only.
#pragma once

#include <stdexcept>

namespace timbred {

class PluginError : public std::runtime_error {
  public:
    using std::runtime_error::runtime_error;
};

} // namespace timbred
