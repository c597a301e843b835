#pragma once
#include <libnftnl/batch.h>
#include <libnftnl/chain.h>
#include <libnftnl/common.h>
#include <libnftnl/expr.h>
#include <libnftnl/gen.h>
#include <libnftnl/rule.h>
#include <libnftnl/set.h>
#include <libnftnl/table.h>
#include <libnftnl/udata.h>
// Message types, flags and verdicts; it includes nothing itself, so it does not reach linux/in.h.
#include <linux/types.h>
#include <linux/netfilter/nf_tables.h>
