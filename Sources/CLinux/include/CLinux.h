#pragma once

// What Swift's Glibc module does not show, each with the reason.

// eventfd(2) stands in a header that Swift's Glibc module leaves out.
#include <sys/eventfd.h>

// strerrorname_np(3) and strerrordesc_np(3) are GNU extensions, and Swift imports Glibc without _GNU_SOURCE.
// NULL for a number that is no errno.
const char *clinux_errno_name(int number);
const char *clinux_errno_description(int number);

// setns(2) to a network namespace, a GNU extension too. It moves the calling thread alone: call it only on a thread of
// your own, never on one that a pool lends. 0, or -1 with errno.
int clinux_enter_network(int namespace_descriptor);

// fcntl(2) F_SETLEASE, a GNU extension: a read lease, held until the descriptor is closed. While it is held nobody can
// open the file for writing; a writer waits. 0, or -1 with errno: EAGAIN when somebody has the file open for writing,
// another one where there are no leases (EINVAL) or none for us (EACCES: a file of another user, without CAP_LEASE).
int clinux_lease_for_reading(int descriptor);

// SO_PEERCRED (unix(7)): struct ucred is a GNU extension too. 0, or -1 with errno.
struct clinux_peer_credentials {
	int process;
	unsigned int user;
	unsigned int group;
};
int clinux_peer(int socket, struct clinux_peer_credentials *credentials);
// The option's number, for a socket that a library owns.
int clinux_peer_option(void);

// Frames of a packet socket (packet(7)): struct sockaddr_ll stands in a header that cannot be imported beside Glibc.
// A socket that sends frames and receives none, or -1 with errno. Bypassing the queues of an interface, its frames wait
// behind nobody's and hold up nobody's.
int clinux_frame_socket(int bypasses_queues);
// Sends one whole Ethernet frame through the interface; the number of octets, or -1 with errno.
long clinux_send_frame(int socket, unsigned int interface_index, const void *frame, unsigned long length);

// SO_ATTACH_FILTER (socket(7)): linux/filter.h cannot be imported beside Glibc. Netlink datagrams whose first message
// bears this address never reach the socket's queue. 0, or -1 with errno.
int clinux_discard_from_port(int socket, unsigned int port_id);

// Capabilities (capabilities(7)) of the calling thread, a bit for each. glibc has no wrappers, and setgroups(2) is an
// extension; unlike capset, glibc's setgroups is for all threads. 0, or -1 with errno.
struct clinux_capabilities {
	unsigned long long effective;
	unsigned long long permitted;
	unsigned long long inheritable;
};
int clinux_get_capabilities(struct clinux_capabilities *capabilities);
int clinux_set_capabilities(const struct clinux_capabilities *capabilities);
// Whether the bounding set has the capability: 1 or 0; -1 for a number that the kernel does not know.
int clinux_is_bounding(int capability);
// Takes it out of the bounding set; needs CAP_SETPCAP.
int clinux_drop_bounding(int capability);
// Empties the ambient set; puts one capability into it, which must be permitted and inheritable.
int clinux_clear_ambient(void);
int clinux_raise_ambient(int capability);
// no_new_privs: no program that is executed later gets more than this one has.
int clinux_has_no_new_privileges(void);
int clinux_set_no_new_privileges(void);
int clinux_set_only_group(unsigned int group);

// How glibc keeps memory (mallopt(3)): one arena for all threads, and pieces of this size or more on pages of their own,
// which go back to the kernel as soon as they are free. Before other threads allocate.
void clinux_keep_memory_together(unsigned long own_pages_from);
// Gives the kernel back what is free in between (malloc_trim(3)).
void clinux_return_free_memory(void);
