#define _GNU_SOURCE
#include "CLinux.h"

#include <arpa/inet.h>
#include <fcntl.h>
#include <grp.h>
#include <linux/capability.h>
#include <linux/filter.h>
#include <linux/if_packet.h>
#include <linux/netlink.h>
#include <malloc.h>
#include <sched.h>
#include <signal.h>
#include <stddef.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include <unistd.h>

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

int clinux_peer_option(void) { return SO_PEERCRED; }

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

int clinux_get_capabilities(struct clinux_capabilities *capabilities)
{
    struct __user_cap_header_struct header = {.version = _LINUX_CAPABILITY_VERSION_3};
    struct __user_cap_data_struct data[2] = {{0}};
    if (syscall(SYS_capget, &header, data) != 0) return -1;
    capabilities->effective = data[0].effective | (unsigned long long)data[1].effective << 32;
    capabilities->permitted = data[0].permitted | (unsigned long long)data[1].permitted << 32;
    capabilities->inheritable = data[0].inheritable | (unsigned long long)data[1].inheritable << 32;
    return 0;
}

int clinux_set_capabilities(const struct clinux_capabilities *capabilities)
{
    struct __user_cap_header_struct header = {.version = _LINUX_CAPABILITY_VERSION_3};
    struct __user_cap_data_struct data[2];
    for (int word = 0; word < 2; word++) {
        data[word].effective = (unsigned int)(capabilities->effective >> 32 * word);
        data[word].permitted = (unsigned int)(capabilities->permitted >> 32 * word);
        data[word].inheritable = (unsigned int)(capabilities->inheritable >> 32 * word);
    }
    return (int)syscall(SYS_capset, &header, data);
}

int clinux_is_bounding(int capability) { return prctl(PR_CAPBSET_READ, capability, 0, 0, 0); }

int clinux_drop_bounding(int capability) { return prctl(PR_CAPBSET_DROP, capability, 0, 0, 0); }

int clinux_clear_ambient(void) { return prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_CLEAR_ALL, 0, 0, 0); }

int clinux_raise_ambient(int capability) { return prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_RAISE, capability, 0, 0); }

int clinux_has_no_new_privileges(void) { return prctl(PR_GET_NO_NEW_PRIVS, 0, 0, 0, 0); }

int clinux_set_no_new_privileges(void) { return prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0); }

int clinux_set_only_group(unsigned int group)
{
    gid_t groups[1] = {group};
    return setgroups(1, groups);
}

void clinux_keep_memory_together(unsigned long own_pages_from)
{
    mallopt(M_ARENA_MAX, 1);
    // Set by hand, neither of the two grows any more with what is freed.
    mallopt(M_MMAP_THRESHOLD, (int)own_pages_from);
    mallopt(M_TRIM_THRESHOLD, (int)own_pages_from);
}

void clinux_return_free_memory(void) { malloc_trim(0); }
