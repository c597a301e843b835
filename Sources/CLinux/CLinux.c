#define _GNU_SOURCE
#include "CLinux.h"

#include <arpa/inet.h>
#include <fcntl.h>
#include <linux/filter.h>
#include <linux/if_packet.h>
#include <linux/netlink.h>
#include <sched.h>
#include <signal.h>
#include <stddef.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/time.h>

const char *clinux_errno_name(int number) { return strerrorname_np(number); }

const char *clinux_errno_description(int number) { return strerrordesc_np(number); }

int clinux_enter_network(int namespace_descriptor) { return setns(namespace_descriptor, CLONE_NEWNET); }

int clinux_lease_for_reading(int descriptor)
{
    // The kernel announces a waiting writer by a signal, SIGIO unless told otherwise, which would end the process.
    if (fcntl(descriptor, F_SETSIG, SIGURG) != 0) return -1;
    return fcntl(descriptor, F_SETLEASE, F_RDLCK);
}

int clinux_peer(int socket, struct clinux_peer_credentials *credentials)
{
    struct ucred peer;
    socklen_t length = sizeof peer;
    if (getsockopt(socket, SOL_SOCKET, SO_PEERCRED, &peer, &length) != 0) return -1;
    credentials->process = peer.pid;
    credentials->user = peer.uid;
    credentials->group = peer.gid;
    return 0;
}

int clinux_frame_socket(int bypasses_queues)
{
    // Of protocol 0 it gets no copy of anything that passes.
    int descriptor = socket(AF_PACKET, SOCK_RAW | SOCK_CLOEXEC, 0);
    if (descriptor < 0) return -1;
    // A card that does not get rid of its frames holds nobody up for long.
    struct timeval patience = {.tv_usec = 200000};
    setsockopt(descriptor, SOL_SOCKET, SO_SNDTIMEO, &patience, sizeof patience);
    // A kernel without the option (before 3.14) queues them.
    setsockopt(descriptor, SOL_PACKET, PACKET_QDISC_BYPASS, &bypasses_queues, sizeof bypasses_queues);
    return descriptor;
}

long clinux_send_frame(int socket, unsigned int interface_index, const void *frame, unsigned long length)
{
    struct sockaddr_ll address = {.sll_family = AF_PACKET, .sll_ifindex = (int)interface_index};
    const unsigned char *octets = frame;
    // Other sockets see the frame under this type.
    if (length >= 14) memcpy(&address.sll_protocol, octets + 12, sizeof address.sll_protocol);
    return sendto(socket, frame, length, MSG_NOSIGNAL, (struct sockaddr *)&address, sizeof address);
}

int clinux_discard_from_port(int socket, unsigned int port_id)
{
    // A load takes network byte order; netlink's header is in the host's.
    struct sock_filter instructions[] = {
        BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct nlmsghdr, nlmsg_pid)),
        BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, htonl(port_id), 0, 1),
        BPF_STMT(BPF_RET | BPF_K, 0),
        BPF_STMT(BPF_RET | BPF_K, 0xffffffff),
    };
    struct sock_fprog filter = {.len = sizeof instructions / sizeof *instructions, .filter = instructions};
    return setsockopt(socket, SOL_SOCKET, SO_ATTACH_FILTER, &filter, sizeof filter);
}
