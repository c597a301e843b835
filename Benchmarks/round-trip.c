// Measures what an established UDP round trip costs, through several hosts in turns.
//
//   round-trip ROUNDS TRIPS WORKLOAD-ADDRESS OUTSIDE-ADDRESS [WORKLOAD-NAMESPACE OUTSIDE-NAMESPACE]...
//
// Each pair of network namespaces stands at the two sides of a host that forwards between them. One thread sends from one
// socket, receives at the other, and back: over veth pairs the kernel does all its work for a packet within the system
// call that sends it, so the time that passes is the cost. Prints a line per round: for each pair, the nanoseconds of
// one round trip, the mean of TRIPS of them. A round visits every pair, so that what else the machine does meets them all.
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <time.h>
#include <unistd.h>

enum { port = 5000 };

static void fail(const char *what) {
    fprintf(stderr, "round-trip: %s: %s\n", what, strerror(errno));
    exit(1);
}

static socklen_t address(const char *text, struct sockaddr_storage *result) {
    struct sockaddr_in *four = (struct sockaddr_in *)result;
    struct sockaddr_in6 *six = (struct sockaddr_in6 *)result;
    memset(result, 0, sizeof *result);
    if (inet_pton(AF_INET, text, &four->sin_addr) == 1) {
        four->sin_family = AF_INET;
        four->sin_port = htons(port);
        return sizeof *four;
    }
    errno = EINVAL;
    if (inet_pton(AF_INET6, text, &six->sin6_addr) != 1) fail(text);
    six->sin6_family = AF_INET6;
    six->sin6_port = htons(port);
    return sizeof *six;
}

// A socket in the namespace that talks from one address to the other.
static int talk(const char *name, const char *own, const char *peer) {
    char path[256];
    snprintf(path, sizeof path, "/run/netns/%s", name);
    int namespace = open(path, O_RDONLY | O_CLOEXEC);
    if (namespace < 0 || setns(namespace, CLONE_NEWNET) < 0) fail(path);
    close(namespace);
    struct sockaddr_storage local, remote;
    socklen_t length = address(own, &local);
    address(peer, &remote);
    int result = socket(local.ss_family, SOCK_DGRAM | SOCK_CLOEXEC, 0);
    if (result < 0) fail("socket");
    if (bind(result, (struct sockaddr *)&local, length) < 0) fail(own);
    if (connect(result, (struct sockaddr *)&remote, length) < 0) fail(peer);
    // What is lost is an error, not a wait without end.
    struct timeval limit = {.tv_sec = 2};
    if (setsockopt(result, SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof limit) < 0) fail("SO_RCVTIMEO");
    return result;
}

static void pass(int from, int to) {
    char data[64] = {0};
    if (send(from, data, sizeof data, 0) != sizeof data) fail("send");
    if (recv(to, data, sizeof data, 0) != sizeof data) fail("no packet came");
}

static long long now(void) {
    struct timespec time;
    clock_gettime(CLOCK_MONOTONIC_RAW, &time);
    return time.tv_sec * 1000000000LL + time.tv_nsec;
}

int main(int count, char **arguments) {
    if (count < 7 || count % 2 == 0) {
        fprintf(stderr, "usage: round-trip ROUNDS TRIPS WORKLOAD OUTSIDE [WORKLOAD-NETNS OUTSIDE-NETNS]...\n");
        return 64;
    }
    int rounds = atoi(arguments[1]), trips = atoi(arguments[2]), pairs = (count - 5) / 2;
    int workload[pairs], outside[pairs];
    for (int pair = 0; pair < pairs; pair++) {
        workload[pair] = talk(arguments[5 + 2 * pair], arguments[3], arguments[4]);
        outside[pair] = talk(arguments[6 + 2 * pair], arguments[4], arguments[3]);
    }
    for (int round = 0; round < rounds; round++) {
        for (int pair = 0; pair < pairs; pair++) {
            // The first ones fetch what the others' turns pushed out of the caches.
            long long start = 0;
            for (int trip = -trips / 4; trip < trips; trip++) {
                if (trip == 0) start = now();
                pass(workload[pair], outside[pair]);
                pass(outside[pair], workload[pair]);
            }
            printf("%.1f%c", (double)(now() - start) / trips, pair + 1 < pairs ? ' ' : '\n');
        }
    }
    return 0;
}
