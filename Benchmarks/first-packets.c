// Measures what the first packet of a flow costs the host that drops it, through several hosts in turns.
//
//   first-packets ROUNDS PACKETS OWN-ADDRESS PEER-ADDRESS NAMESPACE...
//
// Each network namespace is a workload's, behind a host that forwards and drops what it is sent here: over veth pairs the
// kernel does all its work for a packet within the system call that sends it. Each packet is the first of a flow of its
// own, by its destination port, and leaves no flow behind because it is dropped. Prints a line per round: for each
// namespace, the nanoseconds of one packet, the mean of PACKETS of them.
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

static void fail(const char *what) {
    fprintf(stderr, "first-packets: %s: %s\n", what, strerror(errno));
    exit(1);
}

static socklen_t address(const char *text, struct sockaddr_storage *result) {
    struct sockaddr_in *four = (struct sockaddr_in *)result;
    struct sockaddr_in6 *six = (struct sockaddr_in6 *)result;
    memset(result, 0, sizeof *result);
    if (inet_pton(AF_INET, text, &four->sin_addr) == 1) {
        four->sin_family = AF_INET;
        return sizeof *four;
    }
    errno = EINVAL;
    if (inet_pton(AF_INET6, text, &six->sin6_addr) != 1) fail(text);
    six->sin6_family = AF_INET6;
    return sizeof *six;
}

static void set_port(struct sockaddr_storage *address, unsigned short port) {
    if (address->ss_family == AF_INET) ((struct sockaddr_in *)address)->sin_port = htons(port);
    if (address->ss_family == AF_INET6) ((struct sockaddr_in6 *)address)->sin6_port = htons(port);
}

static long long now(void) {
    struct timespec time;
    clock_gettime(CLOCK_MONOTONIC_RAW, &time);
    return time.tv_sec * 1000000000LL + time.tv_nsec;
}

int main(int count, char **arguments) {
    if (count < 6) {
        fprintf(stderr, "usage: first-packets ROUNDS PACKETS OWN PEER NETNS...\n");
        return 64;
    }
    int rounds = atoi(arguments[1]), packets = atoi(arguments[2]), hosts = count - 5;
    struct sockaddr_storage own, peer;
    socklen_t length = address(arguments[3], &own);
    address(arguments[4], &peer);
    set_port(&own, 4000);
    int sockets[hosts];
    for (int host = 0; host < hosts; host++) {
        char path[256];
        snprintf(path, sizeof path, "/run/netns/%s", arguments[5 + host]);
        int namespace = open(path, O_RDONLY | O_CLOEXEC);
        if (namespace < 0 || setns(namespace, CLONE_NEWNET) < 0) fail(path);
        close(namespace);
        sockets[host] = socket(own.ss_family, SOCK_DGRAM | SOCK_CLOEXEC, 0);
        if (sockets[host] < 0) fail("socket");
        if (bind(sockets[host], (struct sockaddr *)&own, length) < 0) fail(arguments[3]);
    }
    for (int round = 0; round < rounds; round++) {
        for (int host = 0; host < hosts; host++) {
            long long start = 0;
            // The first ones fetch what the others' turns pushed out of the caches.
            for (int packet = -packets / 4; packet < packets; packet++) {
                char data[64] = {0};
                if (packet == 0) start = now();
                set_port(&peer, 20000 + (packet + packets) % 40000);
                if (sendto(sockets[host], data, sizeof data, 0, (struct sockaddr *)&peer, length) != sizeof data) {
                    fail("send");
                }
            }
            printf("%.1f%c", (double)(now() - start) / packets, host + 1 < hosts ? ' ' : '\n');
        }
    }
    return 0;
}
