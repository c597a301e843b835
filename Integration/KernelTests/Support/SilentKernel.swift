import Glibc

/// Has programs meet a kernel without a module for as long as this says so.
///
/// Modules are the machine's and not a namespace's, and may be built in. So a library that is loaded before all others
/// has a program ask for what no kernel has: the kernel looks for its module as it would for the real one's, and refuses
/// the same way.
final class SilentKernel {
    enum Module {
        /// The expression `lox` wherever a program says `log`; ENOENT.
        case logger
        /// Another subsystem of nfnetlink than conntrack's; EINVAL.
        case conntrackNetlink
        /// The same for no more than the number of flows, or the list of them.
        case conntrackCount, conntrackList
        /// None is missing, but a list of flows takes 0.3 s, as that of 150,000 does.
        case quickConntrack
        /// Tables that outlive their owner, which kernels before 6.9 do not know; EOPNOTSUPP.
        case persistentTables

        fileprivate var condition: String {
            switch self {
            case .logger: "memmem(bytes, count, &name, sizeof name) != NULL"
            case .conntrackNetlink: "count >= 16 && ((const unsigned char *)bytes)[5] == 1"
            case .conntrackCount: "count >= 16 && !memcmp((const char *)bytes + 4, (char[]){5, 1}, 2)"
            case .conntrackList, .quickConntrack: "count >= 16 && !memcmp((const char *)bytes + 4, (char[]){1, 1}, 2)"
            case .persistentTables: "memmem(bytes, count, &locked, sizeof locked) != NULL"
            }
        }

        fileprivate var change: String {
            switch self {
            case .logger:
                "for (char *at = copy; (at = memmem(at, copy + count - at, &name, sizeof name)); at += sizeof name) "
                    + "at[6] = 'x';"
            case .conntrackNetlink, .conntrackCount, .conntrackList: "copy[5] = 0x3f;"
            case .quickConntrack: "usleep(300000);"
            case .persistentTables:
                "for (char *at = copy; (at = memmem(at, copy + count - at, &locked, sizeof locked)); at += sizeof locked) "
                    + "at[23] = 0x40;"
            }
        }
    }

    private let folder: String
    private var flag: String { "\(folder)/silent" }

    init(without module: Module = .logger) throws {
        folder = "/tmp/margay-test-\(getpid())-\(String(UInt32.random(in: 0 ... .max), radix: 16))"
        guard mkdir(folder, 0o755) == 0 else { throw TestKitError("mkdir \(folder): errno \(errno)") }
        try writeFile("\(folder)/silent.c", Self.source(module))
        // The one compiler that is there wherever Swift is.
        try Command(["clang", "-shared", "-fPIC", "-O1", "-o", "\(folder)/silent.so", "\(folder)/silent.c"]).succeed()
        try silence()
    }

    deinit {
        _ = try? Command(["rm", "-rf", folder]).run()
    }

    /// For the programs that are to meet it.
    var environment: [String: String] { ["LD_PRELOAD": "\(folder)/silent.so", "SILENT_WHILE": flag] }

    func silence() throws { try writeFile(flag, "") }

    /// The module is there from now on.
    func load() throws {
        guard unlink(flag) == 0 else { throw TestKitError("unlink \(flag): errno \(errno)") }
    }

    private static func source(_ module: Module) -> String {
        """
        #define _GNU_SOURCE
        #include <dlfcn.h>
        #include <stdlib.h>
        #include <string.h>
        #include <sys/socket.h>
        #include <unistd.h>

        /* The attribute NFTA_EXPR_NAME with its header, in the order of this machine. */
        static const struct { unsigned short length, type; char name[4]; } name = {8, 1, "log"};
        /* The end of a table's name, and NFTA_TABLE_FLAGS with owner and persist. */
        static const struct { char name[16]; unsigned short length, type; char value[4]; } locked =
            {"margay-probe", 8, 2, {0, 0, 0, 6}};

        ssize_t sendto(int socket, const void *bytes, size_t count, int flags, const struct sockaddr *to, socklen_t size)
        {
            ssize_t (*next)(int, const void *, size_t, int, const struct sockaddr *, socklen_t) =
                dlsym(RTLD_NEXT, "sendto");
            const char *flag = getenv("SILENT_WHILE");
            if (!flag || access(flag, F_OK) != 0 || !(\(module.condition)))
                return next(socket, bytes, count, flags, to, size);
            char *copy = malloc(count);
            memcpy(copy, bytes, count);
            \(module.change)
            ssize_t sent = next(socket, copy, count, flags, to, size);
            free(copy);
            return sent;
        }

        """
    }
}
