#pragma once
#include <libmnl/libmnl.h>

// libmnl stops at the message; this declares what rtnetlink's messages hold. It does not reach linux/in.h, whose structs
// would collide with Glibc's.
#include <linux/rtnetlink.h>
