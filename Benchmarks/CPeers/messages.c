#include "CPeers.h"
#include <errno.h>
#include <linux/neighbour.h>
#include <linux/netlink.h>
#include <linux/rtnetlink.h>
#include <string.h>
#include <sys/socket.h>

static uint8_t answers[1 << 18];

/// The first refusal among answers, as an errno; -1 when they end here.
static int read_answers(const uint8_t *bytes, size_t length, long *objects) {
    for (struct nlmsghdr *answer = (struct nlmsghdr *)bytes; NLMSG_OK(answer, length); answer = NLMSG_NEXT(answer, length)) {
        if (answer->nlmsg_type == NLMSG_DONE) return -1;
        if (answer->nlmsg_type == NLMSG_ERROR) {
            int error = ((struct nlmsgerr *)NLMSG_DATA(answer))->error;
            return error ? -error : -1;
        }
        if (objects) ++*objects;
    }
    return 0;
}

long cpeers_dump(int descriptor, const void *request, size_t count) {
    long objects = 0;
    if (send(descriptor, request, count, 0) != (ssize_t)count) return -1;
    for (;;) {
        ssize_t length = recv(descriptor, answers, sizeof answers, 0);
        if (length < 0) return -1;
        int outcome = read_answers(answers, length, &objects);
        if (outcome == -1) return objects;
        if (outcome > 0) {
            errno = outcome;
            return -1;
        }
    }
}

static void attribute(struct nlmsghdr *message, uint16_t type, const void *payload, size_t length) {
    struct rtattr *attribute = (struct rtattr *)((uint8_t *)message + message->nlmsg_len);
    attribute->rta_type = type;
    attribute->rta_len = RTA_LENGTH(length);
    memcpy(RTA_DATA(attribute), payload, length);
    message->nlmsg_len += RTA_SPACE(length);
}

static size_t octets(int family) { return family == AF_INET ? 4 : 16; }

size_t cpeers_route(uint8_t *bytes, int adds, int family, const uint8_t *address, uint8_t length, uint8_t type,
                    uint8_t scope, uint8_t protocol, uint32_t table, uint32_t interface, uint32_t priority) {
    memset(bytes, 0, 128);
    struct nlmsghdr *message = (struct nlmsghdr *)bytes;
    message->nlmsg_len = NLMSG_LENGTH(sizeof(struct rtmsg));
    message->nlmsg_type = adds ? RTM_NEWROUTE : RTM_DELROUTE;
    message->nlmsg_flags = NLM_F_REQUEST | (adds ? NLM_F_CREATE : 0);
    struct rtmsg *route = NLMSG_DATA(message);
    route->rtm_family = family;
    route->rtm_dst_len = length;
    route->rtm_type = type;
    route->rtm_scope = scope;
    route->rtm_protocol = protocol;
    route->rtm_table = table;
    attribute(message, RTA_DST, address, octets(family));
    attribute(message, RTA_TABLE, &table, 4);
    attribute(message, RTA_OIF, &interface, 4);
    if (priority) attribute(message, RTA_PRIORITY, &priority, 4);
    return message->nlmsg_len;
}

size_t cpeers_neighbour(uint8_t *bytes, int adds, int family, const uint8_t *address, const uint8_t *mac,
                        uint8_t protocol, uint32_t interface) {
    memset(bytes, 0, 128);
    struct nlmsghdr *message = (struct nlmsghdr *)bytes;
    message->nlmsg_len = NLMSG_LENGTH(sizeof(struct ndmsg));
    message->nlmsg_type = adds ? RTM_NEWNEIGH : RTM_DELNEIGH;
    message->nlmsg_flags = NLM_F_REQUEST | (adds ? NLM_F_CREATE | NLM_F_REPLACE : 0);
    struct ndmsg *entry = NLMSG_DATA(message);
    entry->ndm_family = family;
    entry->ndm_ifindex = interface;
    entry->ndm_state = NUD_PERMANENT;
    attribute(message, NDA_DST, address, octets(family));
    if (mac) {
        attribute(message, NDA_LLADDR, mac, 6);
        attribute(message, NDA_PROTOCOL, &protocol, 1);
    }
    return message->nlmsg_len;
}

int cpeers_send_batch(int descriptor, uint8_t *messages, size_t count, size_t last) {
    ((struct nlmsghdr *)(messages + last))->nlmsg_flags |= NLM_F_ACK;
    if (send(descriptor, messages, count, 0) != (ssize_t)count) return -1;
    ssize_t length = recv(descriptor, answers, sizeof answers, 0);
    if (length < 0) return -1;
    int outcome = read_answers(answers, length, NULL);
    if (outcome > 0) {
        errno = outcome;
        return -1;
    }
    return 0;
}
