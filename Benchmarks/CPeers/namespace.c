#define _GNU_SOURCE
#include "CPeers.h"
#include <sched.h>
#include <sys/mman.h>

int cpeers_new_network(void) { return unshare(CLONE_NEWNET); }

int cpeers_enter_network(int descriptor) { return setns(descriptor, CLONE_NEWNET); }

int cpeers_memory_file(void) { return memfd_create("margay-bench", MFD_CLOEXEC); }
