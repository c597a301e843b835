// What Swift cannot reach: namespaces, whose functions glibc hides from the importer, libnftables as nft itself uses it, and
// messages written by hand, without anything of the product between them and the kernel.
#pragma once

#include <stddef.h>
#include <stdint.h>

/// Moves the calling thread into a network namespace of its own; 0, or -1 with errno.
int cpeers_new_network(void);
/// Moves the calling thread into the network namespace behind the descriptor; 0, or -1 with errno.
int cpeers_enter_network(int descriptor);
/// A file without a name, closed in programs that are started; its descriptor, or -1 with errno.
int cpeers_memory_file(void);
/// A socket that sends and hears IPv4's frames on the interface; its descriptor, or -1 with errno.
int cpeers_packet_socket(const char *interface);

/// A context of libnftables in the calling thread's network namespace, for one or many commands; NULL without memory.
void *cpeers_nftables_new(void);
/// Runs what `nft -f` would of this text; 0, or -1 after which ``cpeers_nftables_error`` has words.
int cpeers_nftables_run(void *context, const char *text);
/// What the last command complained of.
const char *cpeers_nftables_error(void *context);
void cpeers_nftables_free(void *context);

/// Has libyaml's parser go through the bytes and nothing be done with its events; how many there were, or -1.
long cpeers_yaml_events(const uint8_t *bytes, size_t count);

/// Asks over a netlink socket and takes all answers to the end of the dump, looking at their headers alone; how many objects
/// came, or -1 with errno.
long cpeers_dump(int descriptor, const void *request, size_t count);

/// Writes `RTM_NEWROUTE` (`adds`) or `RTM_DELROUTE` for one address behind an interface; the message's length.
size_t cpeers_route(uint8_t *message, int adds, int family, const uint8_t *address, uint8_t length, uint8_t type,
                    uint8_t scope, uint8_t protocol, uint32_t table, uint32_t interface, uint32_t priority);
/// The same of a permanent neighbour entry (`RTM_NEWNEIGH`, `RTM_DELNEIGH`); `mac` may be NULL for a deletion.
size_t cpeers_neighbour(uint8_t *message, int adds, int family, const uint8_t *address, const uint8_t *mac,
                        uint8_t protocol, uint32_t interface);
/// Sends messages in one call, asking for an answer to the last alone; 0, or -1 with errno, which the kernel's first refusal
/// sets as well. `last` is where that message begins.
int cpeers_send_batch(int descriptor, uint8_t *messages, size_t count, size_t last);
