#include "udp_socket.hpp"

#include "errors.hpp"

#include <cerrno>
#include <cstring>

#include <arpa/inet.h>
#include <poll.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <unistd.h>

namespace timbred {

namespace {

sockaddr_in loopback(int port) {
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_port = htons(static_cast<uint16_t>(port));
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    return address;
}

} // namespace

UdpSocket::UdpSocket()
    : socket_(socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0)),
      waker_(eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK)) {
    sockaddr_in address = loopback(0);
    socklen_t length = sizeof address;
    auto* raw = reinterpret_cast<sockaddr*>(&address);
    if (waker_ < 0 || bind(socket_, raw, length) != 0 || getsockname(socket_, raw, &length) != 0) {
        const std::string reason = std::strerror(errno);
        close(socket_);
        close(waker_);
        throw PluginError("no UDP port on 127.0.0.1 can be bound: " + reason);
    }
    port_ = ntohs(address.sin_port);
}

UdpSocket::~UdpSocket() {
    close(socket_);
    close(waker_);
}

void UdpSocket::wake() noexcept { eventfd_write(waker_, 1); }

void UdpSocket::wait(int milliseconds) noexcept {
    pollfd files[] = {{socket_, POLLIN, 0}, {waker_, POLLIN, 0}};
    poll(files, 2, milliseconds);
    eventfd_t count;
    eventfd_read(waker_, &count);
}

size_t UdpSocket::receive(char (&buffer)[osc::kMaxPacketBytes + 1]) noexcept {
    const ssize_t count = recv(socket_, buffer, sizeof buffer, 0);
    return count > 0 ? static_cast<size_t>(count) : 0;
}

void UdpSocket::send(const std::string& packet, int port) noexcept {
    const sockaddr_in address = loopback(port);
    sendto(socket_, packet.data(), packet.size(), MSG_NOSIGNAL, reinterpret_cast<const sockaddr*>(&address),
           sizeof address);
}

} // namespace timbred
