// What Swift cannot reach: namespaces, whose functions glibc hides from the importer, and libnftables as nft itself uses it.
#pragma once

/// Moves the calling thread into a network namespace of its own; 0, or -1 with errno.
int cpeers_new_network(void);
/// Moves the calling thread into the network namespace behind the descriptor; 0, or -1 with errno.
int cpeers_enter_network(int descriptor);
/// A file without a name, closed in programs that are started; its descriptor, or -1 with errno.
int cpeers_memory_file(void);
/// A socket that sends and hears IPv4's frames on the interface; its descriptor, or -1 with errno.
int cpeers_packet_socket(const char *interface);
