extension FaultyKernel {
    /// The library that stands between a program and the kernel. What it does is said by variables, once, at its start:
    ///
    /// - `FAULT_WHILE`: a file; without it every call goes through untouched.
    /// - `FAULT_CALL`, `FAULT_MATCH`, `FAULT_FIRST`, `FAULT_TIMES`: which calls meet the fault: of a kind, with these octets in
    ///   what is sent, from the so-manieth on, so many times (0: all).
    /// - `FAULT_ACTION`, `FAULT_ERRNO`, `FAULT_COMMAND`: what becomes of them.
    /// - `FAULT_KILL_AT`: the process dies of SIGKILL right before its so-manieth call of those that count.
    /// - `FAULT_LOG`: a file that gets a line for each fault and, where something dies, for each call.
    static let source = #"""
        #define _GNU_SOURCE
        #include <dlfcn.h>
        #include <errno.h>
        #include <fcntl.h>
        #include <linux/netlink.h>
        #include <signal.h>
        #include <stdarg.h>
        #include <stdio.h>
        #include <stdlib.h>
        #include <string.h>
        #include <sys/socket.h>
        #include <unistd.h>

        /* linux/netfilter/nfnetlink.h, linux/netfilter/nf_tables.h, linux/netfilter/nfnetlink_conntrack.h, linux/rtnetlink.h */
        enum { BATCH_BEGIN = 16, BATCH_END = 17, NEW_ELEMENT = 10 << 8 | 12, DELETE_ELEMENT = 10 << 8 | 14 };
        enum { DELETE_FLOW = 1 << 8 | 2, ELEMENTS = 3 };
        enum { MOST = 4096, HEADER = sizeof(struct nlmsghdr) };

        static struct {
            const char *condition, *call, *match, *action, *command, *log;
            int first, times, number, kill_at;
        } fault;

        static ssize_t (*next_sendto)(int, const void *, size_t, int, const struct sockaddr *, socklen_t);
        static ssize_t (*next_recvfrom)(int, void *, size_t, int, struct sockaddr *, socklen_t *);
        static ssize_t (*next_write)(int, const void *, size_t);
        static int (*next_open)(const char *, int, ...);

        static int number(const char *name) { const char *text = getenv(name); return text ? atoi(text) : 0; }

        __attribute__((constructor)) static void begin(void)
        {
            next_sendto = dlsym(RTLD_NEXT, "sendto");
            next_recvfrom = dlsym(RTLD_NEXT, "recvfrom");
            next_write = dlsym(RTLD_NEXT, "write");
            next_open = dlsym(RTLD_NEXT, "open");
            fault.condition = getenv("FAULT_WHILE");
            fault.call = getenv("FAULT_CALL");
            fault.match = getenv("FAULT_MATCH");
            fault.action = getenv("FAULT_ACTION");
            fault.command = getenv("FAULT_COMMAND");
            fault.log = getenv("FAULT_LOG");
            fault.first = number("FAULT_FIRST");
            fault.times = number("FAULT_TIMES");
            fault.number = number("FAULT_ERRNO");
            fault.kill_at = number("FAULT_KILL_AT");
        }

        static void tell(const char *what, const char *of)
        {
            if (!fault.log) return;
            char line[256];
            int length = snprintf(line, sizeof line, "%s %s\n", what, of);
            int file = next_open(fault.log, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0644);
            next_write(file, line, length < (int)sizeof line ? length : (int)sizeof line - 1);
            close(file);
        }

        /* The socket in whose answers the fault lies. */
        static int faulty_answers = -1;
        static unsigned refused[MOST];
        static int refusals;
        static char repeated[65536];
        static ssize_t repeatable;

        static int is_netlink(int socket)
        {
            int domain = 0;
            socklen_t size = sizeof domain;
            return getsockopt(socket, SOL_SOCKET, SO_DOMAIN, &domain, &size) == 0 && domain == AF_NETLINK;
        }

        static struct nlmsghdr *following(struct nlmsghdr *message)
        {
            return (struct nlmsghdr *)((char *)message + NLMSG_ALIGN(message->nlmsg_len));
        }

        static const char *kind(int socket, const char *bytes, size_t count)
        {
            const struct nlmsghdr *message = (const void *)bytes;
            int protocol = 0;
            socklen_t size = sizeof protocol;
            getsockopt(socket, SOL_SOCKET, SO_PROTOCOL, &protocol, &size);
            if (protocol == NETLINK_ROUTE)
                return message->nlmsg_type % 4 < 2 && !(message->nlmsg_flags & NLM_F_DUMP & ~NLM_F_ROOT) ? "routing" : "reading";
            if (message->nlmsg_type == DELETE_FLOW) return "flows";
            if (message->nlmsg_type != BATCH_BEGIN) return "reading";
            const struct nlmsghdr *last = (const void *)(bytes + count - HEADER - 4);
            if (memmem(bytes, count, "margay-probe", 12)) return "probe";
            return last->nlmsg_type == BATCH_END ? "commit" : "trial";
        }

        static int is_hit(const char *call, const void *bytes, size_t count)
        {
            static int hits;
            if (!fault.action || (fault.condition && access(fault.condition, F_OK) != 0)) return 0;
            int is_call = strcmp(call, fault.call) == 0
                || (strcmp(fault.call, "batch") == 0 && (!strcmp(call, "commit") || !strcmp(call, "trial")));
            if (!is_call || (fault.match && !memmem(bytes, count, fault.match, strlen(fault.match)))) return 0;
            int hit = __atomic_add_fetch(&hits, 1, __ATOMIC_SEQ_CST);
            return hit >= fault.first && (fault.times == 0 || hit < fault.first + fault.times);
        }

        /* One system call more; the process may not live to make it. Between two calls that change nothing it would leave
           the same: of those, the one that follows a change counts. */
        static void step(const char *call)
        {
            static int steps, was_change;
            if (!fault.kill_at || (fault.condition && access(fault.condition, F_OK) != 0)) return;
            int is_change = strcmp(call, "commit") == 0 || strcmp(call, "routing") == 0 || strcmp(call, "flows") == 0
                || strcmp(call, "parameter") == 0;
            if (!is_change && !was_change) return;
            was_change = is_change;
            int now = ++steps;
            tell("step", call);
            if (now != fault.kill_at) return;
            tell("killed before", call);
            kill(getpid(), SIGKILL);
            pause();
        }

        /* The element messages of a batch that match lose their elements and stay otherwise. */
        static size_t empty_elements(char *bytes, size_t count)
        {
            for (char *at = bytes; at < bytes + count;) {
                struct nlmsghdr *message = (void *)at;
                char *end = (char *)following(message);
                int is_meant = message->nlmsg_type == NEW_ELEMENT
                    && (!fault.match || memmem(at, end - at, fault.match, strlen(fault.match)));
                for (char *in = at + HEADER + 4; is_meant && in < end;) {
                    struct nlattr *attribute = (void *)in;
                    if ((attribute->nla_type & NLA_TYPE_MASK) == ELEMENTS) {
                        char *rest = in + NLA_ALIGN(attribute->nla_len);
                        attribute->nla_len = NLA_HDRLEN;
                        message->nlmsg_len -= rest - in - NLA_HDRLEN;
                        memmove(in + NLA_HDRLEN, rest, bytes + count - rest);
                        count -= rest - in - NLA_HDRLEN;
                        break;
                    }
                    in += NLA_ALIGN(attribute->nla_len);
                }
                at = (char *)following(message);
            }
            return count;
        }

        /* The kernel refuses the messages that match: they are of a family that it does not know. */
        static void spoil(char *bytes, size_t count)
        {
            refusals = 0;
            for (char *at = bytes; at < bytes + count; at = (char *)following((void *)at)) {
                struct nlmsghdr *message = (void *)at;
                if (message->nlmsg_type == BATCH_BEGIN || message->nlmsg_type == BATCH_END) continue;
                if (fault.match && !memmem(at, message->nlmsg_len, fault.match, strlen(fault.match))) continue;
                at[HEADER] = (char)0xfe;
                if (refusals < MOST) refused[refusals++] = message->nlmsg_seq;
            }
        }

        ssize_t sendto(int socket, const void *bytes, size_t count, int flags, const struct sockaddr *to, socklen_t size)
        {
            if (!to || to->sa_family != AF_NETLINK || count < HEADER)
                return next_sendto(socket, bytes, count, flags, to, size);
            const char *call = kind(socket, bytes, count);
            step(call);
            if (faulty_answers == socket) faulty_answers = -1;
            if (!is_hit(call, bytes, count)) return next_sendto(socket, bytes, count, flags, to, size);
            tell(fault.action, call);
            if (strcmp(fault.action, "fail-send") == 0) { errno = fault.number; return -1; }
            if (strcmp(fault.action, "before") == 0) {
                char *line;
                if (asprintf(&line, "unset LD_PRELOAD; %s", fault.command) < 0) abort();
                if (system(line) != 0) tell("failed", fault.command);
                free(line);
                return next_sendto(socket, bytes, count, flags, to, size);
            }
            char *copy = malloc(count);
            size_t length = count;
            memcpy(copy, bytes, count);
            if (strcmp(fault.action, "empty-elements") == 0) length = empty_elements(copy, count);
            else if (strcmp(fault.action, "cut") == 0) length = count - HEADER - 4;
            else {
                if (strcmp(fault.action, "refuse") == 0) spoil(copy, count);
                faulty_answers = socket;
                repeatable = 0;
            }
            ssize_t sent = next_sendto(socket, copy, length, flags, to, size);
            free(copy);
            return sent < 0 ? sent : (ssize_t)count;
        }

        /* Takes acknowledgements out of what was received, or gives refusals their errno. */
        static ssize_t alter(char *bytes, ssize_t count, int keeps)
        {
            for (char *at = bytes; at < bytes + count;) {
                struct nlmsghdr *message = (void *)at;
                char *end = (char *)following(message);
                if (message->nlmsg_type == NLMSG_ERROR) {
                    int *result = (int *)(at + HEADER);
                    for (int index = 0; index < refusals; index++)
                        if (refused[index] == message->nlmsg_seq && *result != 0) *result = -fault.number;
                    if (!keeps && *result == 0) {
                        memmove(at, end, bytes + count - end);
                        count -= end - at;
                        continue;
                    }
                }
                at = end;
            }
            return count;
        }

        ssize_t recvfrom(int socket, void *bytes, size_t count, int flags, struct sockaddr *from, socklen_t *size)
        {
            if (fault.kill_at && is_netlink(socket)) step("answer");
            if (socket != faulty_answers) return next_recvfrom(socket, bytes, count, flags, from, size);
            if (strcmp(fault.action, "lose-answers") == 0) {
                faulty_answers = -1;
                while (next_recvfrom(socket, bytes, count, flags, from, size) > 0)
                    ;
                errno = ENOBUFS;
                return -1;
            }
            if (strcmp(fault.action, "fail-receive") == 0) {
                faulty_answers = -1;
                errno = fault.number;
                return -1;
            }
            if (repeatable > 0) {
                ssize_t length = repeatable;
                repeatable = -1;
                memcpy(bytes, repeated, length);
                memset(from, 0, *size);
                from->sa_family = AF_NETLINK;
                return length;
            }
            ssize_t received = next_recvfrom(socket, bytes, count, flags, from, size);
            if (received <= 0 || received > (ssize_t)count) return received;
            if (strcmp(fault.action, "drop-acknowledgement") == 0) {
                received = alter(bytes, received, 0);
                return received > 0 ? received : recvfrom(socket, bytes, count, flags, from, size);
            }
            if (strcmp(fault.action, "refuse") == 0) return alter(bytes, received, 1);
            if (repeatable == 0 && received <= (ssize_t)sizeof repeated) {
                memcpy(repeated, bytes, received);
                repeatable = received;
            }
            return received;
        }

        /* Whether the file is a kernel parameter. */
        static int is_parameter(int file)
        {
            char link[64], path[16] = "";
            snprintf(link, sizeof link, "/proc/self/fd/%d", file);
            return readlink(link, path, sizeof path - 1) > 0 && strncmp(path, "/proc/sys/", 10) == 0;
        }

        ssize_t write(int file, const void *bytes, size_t count)
        {
            int concerns = fault.kill_at || (fault.call && strcmp(fault.call, "parameter") == 0);
            if (!next_write) begin();
            if (!concerns || !is_parameter(file)) return next_write(file, bytes, count);
            step("parameter");
            if (!is_hit("parameter", bytes, count)) return next_write(file, bytes, count);
            tell(fault.action, "parameter");
            if (strcmp(fault.action, "fail-send") == 0) { errno = fault.number; return -1; }
            return (ssize_t)count;
        }

        int open(const char *path, int flags, ...)
        {
            va_list arguments;
            va_start(arguments, flags);
            int mode = va_arg(arguments, int);
            va_end(arguments);
            if (!next_open) begin();
            if ((flags & O_ACCMODE) != O_RDONLY && strncmp(path, "/proc/sys/", 10) == 0) step("open");
            return next_open(path, flags, mode);
        }

        """#
}
