#define _GNU_SOURCE
#include "CLinux.h"

#include <fcntl.h>
#include <sched.h>
#include <signal.h>
#include <string.h>
#include <sys/socket.h>

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
