// A UDP socket on 127.0.0.1 with a port of its own, and a way to wake who waits on it.
#pragma once

#include "../wire.h"

#include <string>

namespace timbred {

class UdpSocket {
  public:
    // [main-thread] Binds a free port. Throws PluginError.
    UdpSocket();
    ~UdpSocket();

    UdpSocket(const UdpSocket&) = delete;
    UdpSocket& operator=(const UdpSocket&) = delete;

    // [any-thread]
    int port() const noexcept { return port_; }

    // [any-thread, not audio] Ends a wait() at once.
    void wake() noexcept;

    // [link-thread] Until a packet is there, wake() was called, or the time is over.
    void wait(int milliseconds) noexcept;

    // [link-thread] The next packet's bytes into `buffer`, or 0 where none waits. A packet too long
    // for the protocol reads as too long, and so decodes to nothing.
    size_t receive(char (&buffer)[osc::kMaxPacketBytes + 1]) noexcept;

    // [link-thread] To a port on 127.0.0.1. A packet that can't leave is lost, as UDP may.
    void send(const std::string& packet, int port) noexcept;

  private:
    int socket_ = -1;
    int waker_ = -1;
    int port_ = 0;
};

} // namespace timbred
